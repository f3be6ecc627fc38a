import Testing

@testable import CountCache

@Suite struct StrictDecimalTests {
    @Test(arguments: ["0", "7", "10", "9223372036854775807"])
    func isRead(text: String) {
        #expect(StrictDecimal.number(text.utf8) == Int64(text))
        #expect(StrictDecimal.number(Array(text.utf8)[...]) == Int64(text))
    }

    @Test(arguments: [
        "", " ", "-", "-1", "-0", "+1", "00", "01", "1 ", " 1", "1_0", "1.0", "1e3", "0x1", "a", "\u{661}",
        "9223372036854775808", "9223372036854775810", "18446744073709551617", "99999999999999999999999999",
    ])
    func isRefused(text: String) {
        #expect(StrictDecimal.number(text.utf8) == nil)
    }
}
