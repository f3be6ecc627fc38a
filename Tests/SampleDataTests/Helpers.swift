import FeedStore
import SampleData

/// 1…50 of letters, digits, `_`, `-`, `.`, as the contract has it.
func isValidUsername(_ name: String) -> Bool {
    (1...50).contains(name.count)
        && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) }
}

/// A copy of a generated post that outlives the closure it was lent to.
struct CopiedPost: Equatable {
    let id: Int64
    let userID: Int64
    let status: PostStatus
    let datePosted: Timestamp
    let updatedAt: Timestamp?
    let title: [UInt8]
    let content: [UInt8]

    init(_ post: borrowing BulkPost) {
        id = post.id
        userID = post.userID
        status = post.status
        datePosted = post.datePosted
        updatedAt = post.updatedAt
        title = post.title.withUnsafeBufferPointer { Array($0) }
        content = post.content.withUnsafeBufferPointer { Array($0) }
    }
}

/// All posts of a data set.
func copyPosts(seed: UInt64, posts: Int, users: Int, now: Timestamp = BulkData.epoch) -> [CopiedPost] {
    var generator = BulkPostGenerator(seed: seed, posts: posts, users: users, now: now)
    var copies: [CopiedPost] = []
    while generator.next({ copies.append(CopiedPost($0)) }) {}
    return copies
}

/// The 64-bit FNV-1a hash of G. Fowler, L. C. Noll and K.-P. Vo.
struct FNV1a {
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func combine(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3
        }
    }

    /// Combines the eight bytes of `number`, the lowest first.
    mutating func combine(_ number: Int64) {
        combine((0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) })
    }
}
