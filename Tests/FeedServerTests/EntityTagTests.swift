import NIOCore
import Testing

@testable import FeedServer

@Suite struct EntityTagTests {
    /// The specification's own examples, and others computed by its reference implementation.
    @Test(
        arguments: [
            ("", 0xef46_db37_51d8_e999), ("a", 0xd24e_c4f1_a98c_6e5b), ("abc", 0x44bc_2cf5_ad77_0999),
            ("message digest", 0x066e_d728_fcee_b3be),
            ("abcdefghijklmnopqrstuvwxyz", 0xcfe1_f278_fa89_835c),
            ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 0xaaa4_6907_d304_7814),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                0xe04a_477f_19ee_145d
            ),
        ] as [(String, UInt64)])
    func hash(text: String, value: UInt64) {
        #expect(Array(text.utf8).withUnsafeBytes { XXH64.hash($0) } == value)
    }

    @Test func everyAlteredBitGivesAnotherTag() {
        let page = Array(repeating: UInt8(ascii: "x"), count: 203)
        var tags: Set<String> = [EntityTag.strong(of: ByteBuffer(bytes: page))]
        for index in page.indices {
            for bit in 0..<8 {
                var altered = page
                altered[index] ^= 1 << UInt8(bit)
                tags.insert(EntityTag.strong(of: ByteBuffer(bytes: altered)))
            }
            tags.insert(EntityTag.strong(of: ByteBuffer(bytes: page[..<index])))
        }
        #expect(tags.count == 1 + page.count * 9)
        #expect(tags.allSatisfy { $0.utf8.count == 18 && $0.hasPrefix("\"") && $0.hasSuffix("\"") })
    }
}
