import Foundation
import HTTPTypes
import Testing

@testable import FeedServer

/// Texts are the same if their bytes are, and nothing is taken apart at what only looks like a separator.
@Suite struct TextBytesTests {
    private enum Word: String, CaseIterable {
        case kelvin, red
    }

    @Test func textsAreTheSameIfTheirBytesAre() {
        #expect("é".utf8.isText("é") && !"é".utf8.isText("e\u{301}"))
        #expect("" == "" && "".utf8.isText("") && !"a".utf8.isText("") && !"".utf8.isText("a"))
        #expect("abc".utf8.dropFirst().isText("bc"))
    }

    /// U+212A, KELVIN SIGN, is K to `String`; U+0130 and U+017F are letters that other cases are of ASCII.
    @Test func onlyASCIIHasCases() {
        #expect("CHUNKED".utf8.isText(inAnyCase: "chunked") && "chunked".utf8.isText(inAnyCase: "ChUnKeD"))
        for text in ["\u{212A}elvin", "\u{212A}elvi", "kelv\u{130}n", "kelvin\u{301}"] {
            #expect(!text.utf8.isText(inAnyCase: "kelvin"), "\(text)")
            #expect(Word(named: text) == nil)
        }
        // Canonically equal to it, each in its way.
        for text in ["\u{212A}", "\u{37E}", "\u{1FEF}"] {
            let ascii = text.precomposedStringWithCanonicalMapping
            #expect(text == ascii && ascii.utf8.count == 1)
            #expect(!text.isWord(ascii) && !ascii.isWord(text) && ascii.isWord(ascii))
        }
        #expect(!"me\u{17F}\u{17F}age".utf8.isText(inAnyCase: "message"))
        #expect(!"@[".utf8.isText(inAnyCase: "`{"), "the neighbours of the letters")
        #expect(Word(named: "kelvin") == .kelvin)
    }

    @Test func blanksAreSpacesAndTabs() {
        #expect(" \t a b\t ".utf8[...].withoutBlanks.isText("a b"))
        #expect(" \t".utf8[...].withoutBlanks.isEmpty)
        #expect("\u{A0}a\n".utf8[...].withoutBlanks.isText("\u{A0}a\n"))
    }

    @Test func aTextIsShortenedToSoManyScalars() {
        #expect("e\u{301}\u{316}x".shortened(to: 2).utf8.isText("e\u{301}"))
        #expect("ab".shortened(to: 64) == "ab")
    }

    // MARK: Fields of a head

    /// A mark behind a separator makes one `Character` of the two.
    @Test func aListIsTakenApartAtItsCommas() {
        let tag = "\"0123456789abcdef\""
        #expect(EntityTag.list("\"a\", \(tag)", contains: tag))
        #expect(EntityTag.list("\"a\",\u{301}, W/\(tag)", contains: tag))
        #expect(EntityTag.list(" * ", contains: tag))
        #expect(!EntityTag.list("\(tag)\u{301}", contains: tag))
        #expect(!EntityTag.list("w/\(tag)", contains: tag))
    }

    @Test func theMostSpecificRangeCounts() {
        func allows(_ accept: String) -> Bool {
            var head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/")
            head.headerFields[.accept] = accept
            return AcceptField.allows("application/json", in: head)
        }
        for accept in [
            "*/*", "", "Application/JSON", "application/*;Q=0.1", "text/html,\u{301}, application/json ; q=1",
            "*/*;q=0, application/json",
        ] {
            #expect(allows(accept), "\(accept)")
        }
        for accept in [
            "text/html", "application/json;q=0", "*/*, application/json;q=0.0", "application/json\u{301}",
        ] {
            #expect(!allows(accept), "\(accept)")
        }
    }
}
