import FeedStore
import Testing

@testable import SampleData

@Suite struct BulkTextTests {
    private static let posts = copyPosts(seed: 11, posts: 60_000, users: 1000)
    private var posts: [CopiedPost] { Self.posts }

    @Test func everyTextIsValidUTF8WithinTheBounds() throws {
        for post in posts {
            let title = try #require(String(validating: post.title, as: UTF8.self))
            let content = try #require(String(validating: post.content, as: UTF8.self))
            // Counted in scalars, which are never fewer than characters.
            #expect((1...100).contains(title.unicodeScalars.count))
            #expect((1...50_000).contains(content.unicodeScalars.count))
        }
    }

    @Test func titlesReachTheLargestLength() {
        #expect(BulkPhrases.awkwardTitles.map { "\($0)".unicodeScalars.count }.max() == 100)
    }

    @Test func textHasAnOrdinaryLength() {
        let titles = average { $0.title.count }
        let contents = average { $0.content.count }
        #expect((26...34).contains(titles), "\(titles)")
        #expect((75...90).contains(contents), "\(contents)")
    }

    /// The size that a page is measured at: with the author object, about 100 bytes more.
    @Test func aPostWithoutItsAuthorIsAbout260BytesOfJSON() {
        let size = average { jsonSize(of: $0) }
        #expect((250...270).contains(size), "\(size)")
    }

    @Test func aFewTextsNeedEscaping() {
        let awkward = posts.count { ($0.title + $0.content).contains(where: isAwkward) }
        let share = Double(awkward) / Double(posts.count)
        #expect((0.025...0.035).contains(share), "\(share)")
    }

    @Test(arguments: [
        "\"", "\\", "\n", "\t", "\r\n", "\u{0C}", "\u{1B}", "\u{2028}", "\u{2029}", "🎉", "👨‍👩‍👧‍👦", "שלום", "مرحبا",
        "<script>", "&",
    ])
    func everyKindOfAwkwardTextOccurs(text: String) {
        let bytes = Array(text.utf8)
        #expect(posts.contains { contains(bytes, in: $0.title) || contains(bytes, in: $0.content) })
    }

    private func average(_ size: (CopiedPost) -> Int) -> Double {
        Double(posts.reduce(0) { $0 + size($1) }) / Double(posts.count)
    }

    /// Whether JSON or HTML has to escape a byte, or it is part of a character beyond ASCII.
    private func isAwkward(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte >= 0x80 || #""\<>&"#.utf8.contains(byte)
    }

    private func contains(_ part: [UInt8], in whole: [UInt8]) -> Bool {
        whole.indices.contains { whole[$0...].starts(with: part) }
    }

    private func jsonSize(of post: CopiedPost) -> Int {
        let date = "2025-08-06T14:30:00.123456Z"
        let updatedAt = post.updatedAt == nil ? "null" : "\"\(date)\""
        let frame = """
            {"id":\(post.id),"user_id":\(post.userID),"title":"","content":"","status":"\(post.status)",\
            "date_posted":"\(date)","updated_at":\(updatedAt)}
            """
        return frame.utf8.count + escapedSize(of: post.title) + escapedSize(of: post.content)
    }

    /// The bytes of a text within a JSON string (RFC 8259, section 7).
    private func escapedSize(of text: [UInt8]) -> Int {
        text.reduce(0) { size, byte in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x08, 0x09, 0x0A, 0x0C, 0x0D: size + 2
            case ..<0x20: size + 6
            default: size + 1
            }
        }
    }
}
