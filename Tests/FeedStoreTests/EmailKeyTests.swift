import Testing

@testable import FeedStore

/// Which addresses are the same: the store and everybody else say the same of it.
@Suite struct EmailKeyTests {
    @Test func lettersOfASCIIMayBeOfEitherCase() {
        #expect(EmailKey("Ann.Kay@EXAMPLE.com") == EmailKey("ann.kay@example.COM"))
        #expect(EmailKey("Ann@example.com").text == "ann@example.com")
        for other in ["\u{212A}ay", "ka\u{FF39}", "kaÿ", "kay\u{301}", "kay ", "k\u{430}y", "", "@ay", "`ay"]
        {
            #expect(EmailKey(other) != EmailKey("kay"), "\(other)")
        }
        #expect(EmailKey("\u{E9}") != EmailKey("e\u{301}"), "equal as texts, and other bytes")
        #expect(EmailKey("\u{C9}") != EmailKey("\u{E9}"))
    }

    /// An address is taken exactly if another of its key is, whatever the character.
    @Test func theStoreSaysTheSame() async throws {
        let fixture = try StoreFixture()
        let ascii = (UInt32(1)..<128).compactMap(Unicode.Scalar.init)
        let others = [
            "\u{212A}", "\u{17F}", "\u{130}", "\u{131}", "\u{E9}", "\u{C9}", "e\u{301}", "\u{FF2B}",
        ]
        var accounts: [EmailKey: Account] = [:]
        for (number, text) in (ascii.map { String($0) } + others).enumerated() {
            let email = "a\(text)@example.com"
            let key = EmailKey(email)
            #expect(try await fixture.store.account(email: email) == accounts[key], "\(email)")
            if accounts[key] == nil {
                accounts[key] = try await fixture.store.createUser(
                    username: "user\(number)", email: email, passwordHash: nil)
            } else {
                let error = await #expect(throws: StoreError.self) {
                    try await fixture.store.createUser(
                        username: "user\(number)", email: email, passwordHash: nil)
                }
                #expect(error?.code == .conflict && error?.field == "email")
            }
        }
        #expect(accounts.count == ascii.count - 26 + others.count)
    }
}
