import Foundation
import TestSupport
import Testing

@testable import FeedServer

/// What is JSON by RFC 8259, and what only looks like it.
@Suite struct JSONReaderTests {
    private static func members(_ text: some StringProtocol) throws -> [JSONReader.Member] {
        try JSONReader.members(of: text.utf8)
    }

    private static func failure(_ text: some StringProtocol) -> JSONReader.Failure? {
        do {
            _ = try JSONReader.members(of: text.utf8)
            return nil
        } catch {
            return error
        }
    }

    /// The value that an object gives a name.
    private static func value(_ json: String) -> JSONReader.Value? {
        // What fails is `nil`, as it says.
        (try? members("{\"a\":\(json)}"))?.first?.value
    }

    // MARK: Values

    @Test func membersAreInTheirOrder() throws {
        let members = try Self.members("\t{ \"b\" :\"\" ,\r\n\"a\":1,\"\":null}\n")
        #expect(members.map(\.name) == ["b", "a", ""])
        #expect(members.map(\.value) == [.text(""), .other, .other])
        #expect(try Self.members("{}").isEmpty && Self.members(" { } ").isEmpty)
    }

    /// Section 6.
    @Test func numbers() {
        for number in [
            "0", "-0", "1", "10", "-12", "0.0", "1.50", "1e5", "1E+5", "0e-0", "1.5e10", "1e999",
            String(repeating: "9", count: 1_000),
        ] {
            #expect(Self.value(number) == .other, "\(number)")
        }
        for number in [
            "-", "+1", "01", "-01", "1.", ".5", "1.e5", "1e", "1e+", "0x1", "1_0", "1 0", "NaN", "Infinity",
            "-Infinity", "٣", "1e5.0", "--1", "00",
        ] {
            #expect(Self.value(number) == nil, "\(number)")
        }
    }

    /// Section 3.
    @Test func words() {
        for word in ["true", "false", "null"] { #expect(Self.value(word) == .other) }
        for word in ["True", "TRUE", "tru", "truee", "nul", "nil", "undefined", "falsé", "true\u{301}"] {
            #expect(Self.value(word) == nil, "\(word)")
        }
    }

    @Test func nestedValues() {
        for value in ["[]", "[ ]", "[1,\"a\",[],{}]", "{\"a\":{\"a\":[null]}}", "[{\"a\":1},{\"a\":1}]"] {
            #expect(Self.value(value) == .other, "\(value)")
        }
        for value in [
            "[", "]", "[,]", "[1,]", "[1 2]", "[1,,2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}",
            "{1:1}", "[}", "{]", "[1}", "{\"a\":1]", "",
        ] {
            #expect(Self.value(value) == nil, "\(value)")
        }
    }

    /// Section 2.
    @Test func spaceIsFourCharacters() {
        #expect(Self.failure(" \t\r\n{ \t\r\n\"a\" \t\r\n: \t\r\n1 \t\r\n} \t\r\n") == nil)
        for space in ["\u{0B}", "\u{0C}", "\u{A0}", "\u{2028}", "\u{FEFF}", "\u{3000}", "/**/", "//\n"] {
            #expect(Self.failure(space + "{}") == .notJSON)
            #expect(Self.failure("{\(space)}") == .notJSON)
            #expect(Self.failure("{}" + space) == .notJSON)
        }
    }

    // MARK: The document

    @Test func aDocumentIsOneObject() {
        for document in ["1", "\"a\"", "null", "true", "[]", "[{\"a\":1}]"] {
            #expect(Self.failure(document) == .noObject, "\(document)")
        }
        for document in ["", " ", "{}{}", "{},", "{} 1", "[] []", "[1,]", "a", "\u{0}{}", "{}\u{0}"] {
            #expect(Self.failure(document) == .notJSON, "\(document)")
        }
    }

    @Test func aNameIsGivenOnce() {
        for document in [
            #"{"a":1,"a":1}"#, #"{"a":1,"b":1,"a":1}"#, #"{"a":1,"\u0061":1}"#, #"{"":1,"":1}"#,
            #"{"b":{"a":1,"a":1}}"#, #"[{"a":1,"a":1}]"#, #"{"🎈":1,"\ud83c\udf88":1}"#,
        ] {
            #expect(Self.failure(document) == .nameRepeated, "\(document)")
        }
        // Equal to `String`, and not the same.
        #expect(Self.failure("{\"é\":1,\"e\u{301}\":1,\"K\":1,\"\u{212A}\":1}") == nil)
    }

    @Test func thereAreBounds() {
        let members = (0..<JSONReader.maximumMembers).map { "\"\($0)\":[]" }.joined(separator: ",")
        #expect(Self.failure("{\(members)}") == nil)
        #expect(Self.failure("{\(members),\"a\":[]}") == .tooManyMembers)
        let list = Array(repeating: "{\"a\":1}", count: 10_000).joined(separator: ",")
        #expect(Self.value("[\(list)]") == .other)
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            func nested(_ depth: Int) -> String {
                String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
            }
            // The document is one of them.
            #expect(Self.failure("{\"a\":\(nested(JSONReader.maximumDepth - 1))}") == nil)
            #expect(Self.failure("{\"a\":\(nested(JSONReader.maximumDepth))}") == .tooDeep)
            #expect(Self.failure(String(repeating: open, count: 1_000_000 / open.utf8.count)) == .tooDeep)
        }
    }

    // MARK: Texts

    /// Section 7.
    @Test func escapes() {
        #expect(Self.value(#""\"\\\/\b\f\n\r\t\u0041\u00e9\u00E9""#) == .text("\"\\/\u{8}\u{C}\n\r\tAéé"))
        for letter in UInt8.min ... .max where !"\"\\/bfnrtu".utf8.contains(letter) && letter < 0x80 {
            #expect(Self.value("\"\\\(Character(UnicodeScalar(letter)))\"") == nil, "\(letter)")
        }
        for escape in [#"\u"#, #"\u1"#, #"\u12"#, #"\u123"#, #"\u123g"#, #"\u+123"#, #"\U0041"#, #"\u{41}"#] {
            #expect(Self.value("\"\(escape)\"") == nil, "\(escape)")
        }
    }

    @Test func controlCharactersAreEscaped() {
        for code in UInt8(0)..<0x20 {
            #expect(Self.value("\"\(Character(UnicodeScalar(code)))\"") == nil, "\(code)")
        }
        #expect(Self.value("\"\u{7F}\u{2028}\"") == .text("\u{7F}\u{2028}"))
        #expect(Self.value(#""\u0000""#) == .text("\0"))
    }

    /// Alone, a code unit stands for a character unless it is half of one.
    @Test func everyCodeUnit() {
        for unit in UInt16.min ... .max {
            let digits = String(unit, radix: 16)
            let escape = "\"\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)\""
            let expected = Unicode.Scalar(unit).map { JSONReader.Value.text(String($0)) }
            // Not `#expect` for each: that would take the time of the suite.
            guard Self.value(escape) == expected else {
                Issue.record("\(escape)")
                return
            }
        }
    }

    @Test func pairsOfSurrogates() {
        for (pair, scalar) in [
            (#"\ud800\udc00"#, "\u{10000}"), (#"\uDBFF\uDFFF"#, "\u{10FFFF}"), (#"\ud83c\udf88"#, "🎈"),
        ] {
            #expect(Self.value("\"\(pair)\"") == .text(scalar))
            #expect(Self.value("\"a\(pair)\(pair)b\"") == .text("a\(scalar)\(scalar)b"))
        }
        for broken in [
            #"\ud83c"#, #"\udf88"#, #"\ud83cx"#, #"\ud83c\n"#, #"\ud83c\ud83c"#, #"\udf88\ud83c"#,
            #"\ud83c\u0041"#, #"\ud83c \udf88"#, #"\ud83cudf88"#, #"\ud83c\\udf88"#,
        ] {
            #expect(Self.value("\"\(broken)\"") == nil, "\(broken)")
        }
    }

    /// A document that ends anywhere is none, least of all within an escape or between two surrogates.
    @Test func everyBeginningIsMalformed() {
        let document = #"{"a\u00e9\ud83c\udf88":"\\\"\ud83c\udf88é🎈","b":[1.5e-3,{"c":null}],"d":true}"#
        #expect(Self.failure(document) == nil)
        let bytes = Array(document.utf8)
        for end in bytes.indices {
            #expect(throws: JSONReader.Failure.notJSON) { try JSONReader.members(of: bytes[..<end]) }
        }
    }

    /// What is taken, another reader takes for the same.
    @Test func mutationsAreTakenAsFoundationTakesThem() throws {
        let document = Array(
            #"{"title":"a\u00e9\ud83c\udf88\n","n":[-1.5e3,{"c":null}],"t":true,"e":{},"s":"é🎈"}"#.utf8)
        let alphabet = Array(#"{}[]:,"\/u0019abcdeftrnl.+- "#.utf8)
        var generator = SeededGenerator(seed: 11)
        var taken = 0
        for _ in 0..<20_000 {
            var bytes = document
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = byte
                case 1: bytes.insert(byte, at: place)
                default: bytes.remove(at: place)
                }
            }
            guard String(validating: bytes, as: UTF8.self) != nil,
                // What is not taken is what the other tests are about.
                let members = try? JSONReader.members(of: bytes)
            else { continue }
            taken += 1
            let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
            let other = try #require(object, "\(String(decoding: bytes, as: UTF8.self))")
            #expect(members.count == other.count)
            for member in members {
                let text = other[member.name] as? String
                #expect(member.value == (text.map { .text($0) } ?? .other))
            }
        }
        #expect(taken > 1_000)
    }
}
