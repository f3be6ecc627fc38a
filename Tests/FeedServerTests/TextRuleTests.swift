import Foundation
import Testing

@testable import FeedServer

/// What a text that clients write may be.
@Suite struct TextRuleTests {
    private static let all: [TextRule] = [
        .username, .email, .password, .title, .content,
    ]

    /// One Unicode scalar each, more bytes, more UTF-16 code units; and one character of many scalars.
    private static let letters = ["a", "é", "א", "\u{FFFD}", "🎈", " ", "\n", "\u{1}", "\u{7F}"]

    private static let validAddresses = [
        "ann@example.com", "ANN@EXAMPLE.COM", "a@b", "a@b.c", "a.b.c@example.com", "a+b@example.com",
        "1@2.3", "!#$%&'*+/=?^_`{|}~-@example.com", ".@example.com", "a..b@example.com", "a@1.2.3.4",
        "a@xn--bcher-kva.example", "a@b-c.example", "a@\(String(repeating: "b", count: 63)).c",
        "\(String(repeating: "a", count: 108))@example.com",
    ]

    private static let invalidAddresses = [
        "", "a", "ann", "@", "a@", "@b", "@b.c", "a@b@c", "a b@example.com", "ann@exa mple.com",
        " ann@example.com", "ann@example.com ", "ann@example.com\n", "ann@example.com\r\n",
        "\nann@example.com",
        "a\nb@example.com", "ann@-example.com", "ann@example-.com", "ann@example..com", "ann@.example.com",
        "ann@example.com.", "ann@exam_ple.com", "ann@[127.0.0.1]", "\"ann\"@example.com",
        "ann(a)@example.com",
        "Ann <ann@example.com>", "ann,bob@example.com", "ann;@example.com", "ann\\@example.com",
        "änn@example.com", "ann@exämple.com", "ann@example.com\u{301}", "a\u{301}@example.com",
        // Canonically equivalent to K, ` and ;.
        "\u{212A}@example.com", "\u{1FEF}@example.com", "ann@\u{212A}.example", "a\u{37E}@example.com",
        "a@\(String(repeating: "b", count: 64)).c", "\(String(repeating: "a", count: 109))@example.com",
    ]

    @Test func theBoundsAreThoseOfTheContract() {
        #expect(TextRule.username.length == 1...50)
        #expect(TextRule.email.length.upperBound == 120)
        #expect(TextRule.password.length == 8...128)
        #expect(TextRule.title.length == 1...100)
        #expect(TextRule.content.length == 1...50_000)
        #expect(
            Self.all.map(\.name) == [
                "username", "email", "password", "title", "content",
            ])
    }

    @Test(arguments: [TextRule.password, .title, .content], letters)
    func lengthsAreCountedInScalars(rule: TextRule, letter: String) {
        func issue(_ count: Int) -> String? { rule.issue(with: String(repeating: letter, count: count)) }
        #expect(issue(rule.length.lowerBound) == nil)
        #expect(issue(rule.length.upperBound) == nil)
        for count in [rule.length.lowerBound - 1, rule.length.upperBound + 1] {
            #expect(issue(count) == "must be \(rule.hint)")
        }
    }

    /// One character for a reader, and many for whoever counts bytes: neither is counted.
    @Test func aCharacterOfManyScalarsIsMany() {
        let accented = "e\u{301}"
        #expect(accented.count == 1)
        #expect(TextRule.title.issue(with: String(repeating: accented, count: 50)) == nil)
        #expect(TextRule.title.issue(with: String(repeating: accented, count: 50) + "e") != nil)
        let family = "👨‍👩‍👧‍👦"
        #expect(family.unicodeScalars.count == 7)
        #expect(TextRule.password.issue(with: family) != nil)
        #expect(TextRule.password.issue(with: family + "1") == nil)
        let stack = "a" + String(repeating: "\u{301}", count: 99)
        #expect(TextRule.title.issue(with: stack) == nil)
        #expect(TextRule.title.issue(with: stack + "\u{301}") != nil)
        // A line end as browsers send it is two.
        #expect(TextRule.title.issue(with: String(repeating: "\r\n", count: 50)) == nil)
        #expect(TextRule.title.issue(with: String(repeating: "\r\n", count: 51)) != nil)
    }

    @Test(arguments: all)
    func noTextHoldsNUL(rule: TextRule) {
        for text in ["\0", "abcdefgh\0", "\0abcdefgh", "a@b.c\0defgh", String(repeating: "\0", count: 200)] {
            #expect(rule.issue(with: text) == "must not hold U+0000")
        }
        #expect(rule.issue(with: "") == "must be \(rule.hint)")
    }

    @Test(arguments: all)
    func everyPatternCompiles(rule: TextRule) throws {
        _ = try Regex(rule.pattern)
        // JSON Schema does not anchor a pattern.
        #expect(rule.pattern.hasPrefix("^") && rule.pattern.hasSuffix("$"))
    }

    /// What the document says is what is checked.
    @Test(arguments: validAddresses + invalidAddresses)
    func thePatternSaysTheSame(text: String) throws {
        let pattern = try Regex(TextRule.email.pattern).matchingSemantics(.unicodeScalar)
        let isMatch = try pattern.wholeMatch(in: text) != nil
        let isOfLength = TextRule.email.length.contains(text.unicodeScalars.count)
        #expect((TextRule.email.issue(with: text) == nil) == (isMatch && isOfLength), "\(text)")
    }

    @Test func aUsernameIsOfFewLetters() {
        let good =
            (UnicodeScalar("a")...UnicodeScalar("z")).scalars
            + (UnicodeScalar("A")...UnicodeScalar("Z")).scalars
            + (UnicodeScalar("0")...UnicodeScalar("9")).scalars + ["_", "-", "."]
        for scalar in (UInt32(1)...0x24F).compactMap(UnicodeScalar.init) {
            let isGood = good.contains(scalar)
            #expect((TextRule.username.issue(with: "\(scalar)") == nil) == isGood, "U+\(scalar.value)")
            #expect((TextRule.username.issue(with: "a\(scalar)b") == nil) == isGood, "U+\(scalar.value)")
        }
        // Canonically equivalent to K, other digits, a joined letter, and what looks empty.
        for text in [
            "\u{212A}", "a\u{212A}", "١", "２", "a\u{301}", "a\u{200D}b", "a\n", "\na", "a\r\nb", "a b",
        ] {
            #expect(TextRule.username.issue(with: text) != nil, "\(text)")
        }
        #expect(TextRule.username.issue(with: String(repeating: "a", count: 50)) == nil)
        #expect(TextRule.username.issue(with: String(repeating: "a", count: 51)) != nil)
    }

    @Test(arguments: validAddresses)
    func anEmailAddressIsValid(text: String) {
        #expect(TextRule.email.issue(with: text) == nil)
    }

    @Test(arguments: invalidAddresses)
    func anEmailAddressIsNotValid(text: String) {
        #expect(TextRule.email.issue(with: text) == "must be \(TextRule.email.hint)", "\(text)")
    }

    /// What a pattern that tries too much would take years for.
    @Test func aPatternNeverTriesForLong() {
        let length = TextRule.email.length.upperBound
        for text in [
            String(repeating: "a", count: length), String(repeating: "a@", count: length / 2),
            "a@" + String(repeating: "b", count: length - 3) + "!",
            "a@" + String(repeating: "b-", count: length / 2 - 1),
            "a@" + String(repeating: "b.", count: length / 2 - 1),
            "a@" + String(repeating: "bb.", count: 38) + "-",
        ] {
            #expect(TextRule.email.issue(with: text) != nil)
        }
        // Too long to be tried at all.
        #expect(TextRule.email.issue(with: String(repeating: "a", count: 1 << 20)) != nil)
    }

    /// The longest texts fit into the bodies that are taken, whatever they are written in.
    @Test func theLongestTextFitsIntoItsBody() {
        let longest = TextRule.title.length.upperBound + TextRule.content.length.upperBound
        let names = "title=&content=&status=published".utf8.count
        // Four bytes of UTF-8, each percent-encoded.
        #expect(longest * 12 + names <= BodyLimits.postForm)
        // Two escapes of six characters for each.
        #expect(longest * 12 + 100 <= BodyLimits.json)
    }
}

extension ClosedRange<UnicodeScalar> {
    fileprivate var scalars: [UnicodeScalar] {
        (lowerBound.value...upperBound.value).compactMap(UnicodeScalar.init)
    }
}
