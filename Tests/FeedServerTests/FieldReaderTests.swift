import Foundation
import NIOCore
import Testing

@testable import FeedServer

/// What a body's fields may be, and that everything wrong with them is told at once.
@Suite struct FieldReaderTests {
    private enum Colour: String, CaseIterable {
        case red, blue
    }

    // MARK: JSON

    @Test func jsonIsTextByName() throws {
        var fields = try Self.json(#" { "title" : "a\u00e9\ud83c\udf88\n\"\/", "content": "🎈" } "#)
        #expect(fields.text(.title) == "aé🎈\n\"/")
        #expect(fields.text(.content) == "🎈")
        try fields.finish()
    }

    @Test(arguments: [
        "1", "-1.5e3", "1e999", "true", "false", "null", "[]", #"["a"]"#, "{}", #"{"title":"a"}"#,
    ])
    func whatIsNoTextIsRefused(value: String) throws {
        var fields = try Self.json(#"{"title":\#(value)}"#)
        #expect(fields.text(.title) == "")
        #expect(fields.optionalText(.title) == nil)
        #expect(fields.choice("title", of: Colour.self) == nil)
        #expect(Self.issues(&fields).map(\.parameter) == ["title"])
        #expect(fields.issues.first?.detail.hasPrefix("must be text") == true)
    }

    @Test(arguments: [
        "", " ", "{", "}", #"{"title"}"#, #"{"title":}"#, #"{"title":"a"}{}"#,
        #"{'title':'a'}"#, "{title:1}", #"{"title":"a"} // b"#, #"{"title":"a" /* b */}"#, #"{"title":"a"#,
        #"{"title":"\x"}"#, #"{"title":"\ud83c"}"#, #"{"title":"\ud83cx"}"#, #"{"title":"\udf88\ud83c"}"#,
        #"{"title":"\u12"}"#, "{\"title\":\"a\u{1}\"}", "{\"title\":\"a\nb\"}", #"{"title":NaN}"#,
        #"{"title":+1}"#, "title=a", "<title>a</title>", #"{"title":"a",}"#, #"{"title":["a",]}"#, "{,}",
        "\u{FEFF}{}",
    ])
    func whatIsNotJSONIsMalformed(body: String) {
        #expect(Self.problem { try Self.json(body) }?.code == .malformedRequest, "\(body)")
    }

    @Test func bytesThatAreNoUTF8AreMalformed() {
        let bodies: [[UInt8]] = [
            Array(#"{"title":""#.utf8) + [0xFF] + Array(#""}"#.utf8),
            // '/' in two bytes, and half a surrogate pair.
            Array(#"{"title":""#.utf8) + [0xC0, 0xAF] + Array(#""}"#.utf8),
            Array(#"{"title":""#.utf8) + [0xED, 0xA0, 0x80] + Array(#""}"#.utf8),
            Array(#"{"title":"a"#.utf8) + [0] + Array(#""}"#.utf8), Array(#"{"title":"a"}"#.utf8) + [0],
        ]
        for body in bodies {
            let problem = Self.problem { try FieldReader(json: ByteBuffer(bytes: body)) }
            #expect(problem?.code == .malformedRequest, "\(body)")
        }
    }

    @Test(arguments: [
        String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf16, .utf32LittleEndian, .utf32BigEndian,
    ])
    func otherEncodingsAreMalformed(encoding: String.Encoding) throws {
        let body = try #require(#"{"title":"a"}"#.data(using: encoding))
        let problem = Self.problem { try FieldReader(json: ByteBuffer(bytes: body)) }
        #expect(problem?.code == .malformedRequest)
        #expect(problem?.detail.contains("UTF-8") == true)
    }

    @Test(arguments: ["[]", #"["title"]"#, #""title""#, "1", "true", "null"])
    func whatIsNoObjectIsSaidSo(body: String) {
        let problem = Self.problem { try Self.json(body) }
        #expect(problem?.code == .validation)
        #expect(problem?.issues == [.init(parameter: "body", detail: "must be a JSON object")])
    }

    @Test(arguments: [#"{"title":"#, "[", #"{"a":["#, #"[{"title":"#])
    func depthIsNoTrouble(opening: String) {
        for depth in [1_000, 10_000, BodyLimits.json / opening.utf8.count] {
            let body = #"{"title":"# + String(repeating: opening, count: depth)
            #expect(Self.problem { try Self.json(body) }?.code == .malformedRequest, "\(depth)")
        }
        let closed =
            #"{"title":"# + String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
            + "}"
        #expect(Self.problem { try Self.json(closed) }?.code == .malformedRequest)
    }

    /// RFC 8259, section 4, leaves open which of them counts: so readers disagree.
    @Test(arguments: [
        #"{"title":"first","title":"second"}"#, #"{"title":"a","\u0074itle":"a"}"#, #"{"a":1,"b":2,"a":1}"#,
        #"{"title":{"a":1,"a":1}}"#,
    ])
    func aNameThatIsRepeatedIsMalformed(body: String) {
        #expect(Self.problem { try Self.json(body) }?.code == .malformedRequest, "\(body)")
    }

    @Test func aNULInTextIsRefused() throws {
        var fields = try Self.json(#"{"title":"a\u0000b","content":"\u0000"}"#)
        _ = fields.text(.title)
        _ = fields.text(.content)
        #expect(
            Self.issues(&fields) == [
                .init(parameter: "title", detail: "must not hold U+0000"),
                .init(parameter: "content", detail: "must not hold U+0000"),
            ])
    }

    /// Twelve bytes for each character at the most.
    @Test func thePostOfAllBoundsIsTakenHoweverItIsEscaped() throws {
        let escape = #"\ud83c\udf88"#
        let title = String(repeating: escape, count: TextRule.title.length.upperBound)
        let content = String(repeating: escape, count: TextRule.content.length.upperBound)
        let body = #"{"title":"\#(title)","content":"\#(content)","status":"published"}"#
        #expect(body.utf8.count <= BodyLimits.json)
        var fields = try Self.json(body)
        #expect(fields.text(.title).unicodeScalars.count == TextRule.title.length.upperBound)
        #expect(fields.text(.content).hasPrefix("🎈🎈"))
        _ = fields.raw("status")
        try fields.finish()
    }

    // MARK: Forms

    @Test func aFormIsDecoded() throws {
        var fields = try Self.form("title=a+b%2B%26%3D%c3%a9=c&content=%0D%0A&note")
        #expect(fields.text(.title) == "a b+&=é=c")
        #expect(fields.raw("content")?.unicodeScalars.elementsEqual("\r\n".unicodeScalars) == true)
        #expect(fields.raw("note") == "")
        #expect(fields.raw("absent") == nil)
        try fields.finish()
    }

    /// The name of a form's field may be as long as the form.
    @Test func aRepeatedNameIsNotSentBackWhole() throws {
        let name = String(repeating: "%CC%81", count: 1_000)
        var fields = try Self.form("\(name)=a&\(name)=b")
        let issue = try #require(Self.issues(&fields).first)
        #expect(issue.detail == "is given more than once")
        #expect(issue.parameter.unicodeScalars.count == 64)
    }

    @Test func anEmptyFormHasNoFields() throws {
        var fields = try Self.form("")
        #expect(fields.raw("title") == nil)
        try fields.finish()
    }

    @Test func aRepeatedFieldIsRefused() throws {
        var fields = try Self.form("title=a&content=c&title=a&title=b")
        _ = (fields.text(.title), fields.text(.content))
        #expect(
            Self.issues(&fields) == [.init(parameter: "title", detail: "is given more than once")])
    }

    @Test(arguments: [
        "title=%", "title=%z1", "title=%1", "title=a%00b", "%00=a", "title=%FF", "title=%C0%AF",
    ])
    func aFormThatCanNotBeDecodedIsMalformed(body: String) {
        let problem = Self.problem { try Self.form(body) }
        #expect(problem?.code == .malformedRequest && problem?.detail.contains("form") == true)
    }

    @Test func bytesOfAFormThatAreNoUTF8AreMalformed() {
        for body in [[0x61, 0x3D, 0xFF], [0x61, 0x3D, 0x00], [0xC3]] as [[UInt8]] {
            let problem = Self.problem { try FieldReader(form: ByteBuffer(bytes: body)) }
            #expect(problem?.code == .malformedRequest, "\(body)")
        }
    }

    @Test func aFormHasAFewFields() throws {
        let fields = (0...QueryString.maximumParameters).map { "f\($0)=" }
        var full = try Self.form(fields.dropLast().joined(separator: "&"))
        for number in 0..<QueryString.maximumParameters { #expect(full.raw("f\(number)") == "") }
        try full.finish()
        #expect(
            Self.problem { try Self.form(fields.joined(separator: "&")) }?.code == .malformedRequest)
    }

    // MARK: What is wrong

    @Test func everythingWrongIsToldAtOnce() throws {
        var fields = try Self.json(
            #"{"username":"a b","email":7,"colour":"green","zeal":"","age":1}"#)
        #expect(fields.text(.username) == "a b", "what was sent, to be shown again")
        #expect(fields.text(.email) == "")
        #expect(fields.text(.password) == "")
        #expect(fields.choice("colour", of: Colour.self) == nil)
        let issues = Self.issues(&fields)
        #expect(issues.map(\.parameter) == ["username", "email", "password", "colour", "age", "zeal"])
        let hint = TextRule.username.hint
        #expect(issues[0].detail == "must be \(hint)")
        #expect(issues[1].detail == "must be text")
        #expect(issues[2].detail == "is missing; it must be 8 to 128 characters")
        #expect(issues[3].detail == "must be red or blue")
        #expect(issues[4].detail == "is unknown; known are colour, email, password, username")
    }

    @Test func whatIsOptionalMayBeAbsent() throws {
        var fields = try Self.json(#"{"colour":"red"}"#)
        #expect(fields.optionalText(.title) == nil)
        #expect(fields.choice("colour", of: Colour.self) == .red)
        #expect(fields.choice("other", of: Colour.self) == nil)
        try fields.finish()
        #expect(fields.issues.isEmpty)
    }

    @Test(arguments: ["", "RED", "Red", "red ", "reds", "red\u{301}"])
    func aChoiceIsOneOfItsWords(text: String) throws {
        var fields = try Self.json(#"{"colour":"\#(text)"}"#)
        #expect(fields.choice("colour", of: Colour.self) == nil)
        #expect(Self.issues(&fields).map(\.parameter) == ["colour"])
    }

    @Test func namesAreTakenAsTheyAre() throws {
        var fields = try Self.json(#"{"Title":"a"," title":"a","title ":"a","tit\u0000le":"a"}"#)
        #expect(fields.optionalText(.title) == nil)
        #expect(Self.issues(&fields).count == 4)
        var same = try Self.json(#"{"\u0074itle":"a"}"#)
        #expect(same.text(.title) == "a")
        try same.finish()
    }

    @Test func theFirstFaultOfAFieldStands() throws {
        var fields = try Self.json(#"{"title":""}"#)
        _ = fields.text(.title)
        fields.refuse("title", "must be something else")
        #expect(Self.issues(&fields).map(\.detail) == ["must be 1 to 100 characters"])
    }

    /// A body has room for tens of thousands of names, or for one that is as long as itself: neither costs much,
    /// nor is it sent back.
    @Test func unknownFieldsAreNamedUpToABound() throws {
        let names = (0..<JSONReader.maximumMembers).map { #""\#(String($0, radix: 36))":1"# }
        var many = try Self.json("{\(names.joined(separator: ","))}")
        #expect((1...16).contains(Self.issues(&many).count))
        let tooMany = names + [#""one more":1"#]
        let problem = Self.problem { try Self.json("{\(tooMany.joined(separator: ","))}") }
        #expect(problem?.code == .malformedRequest)
        for letter in ["a", "e\u{301}", "a" + String(repeating: "\u{301}", count: 1_000)] {
            var long = try Self.json(
                "{\"\(String(repeating: letter, count: 100_000 / letter.utf8.count))\":1}")
            let issue = try #require(Self.issues(&long).first)
            #expect(issue.parameter.unicodeScalars.count <= 64)
        }
    }

    // MARK: Line ends

    @Test(arguments: [
        ("a\r\nb", "a\nb"), ("\r\n\r\n", "\n\n"), ("\r\r\n\n", "\r\n\n"), ("a\rb\nc", "a\rb\nc"), ("", ""),
        ("\r\n\u{301}", "\n\u{301}"),
    ])
    func newlinesAreNormalized(typed: String, kept: String) throws {
        let escaped = try #require(typed.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        var fields = try Self.form("content=\(escaped)&title=\(escaped)")
        fields.normalizeNewlines(of: "content")
        fields.normalizeNewlines(of: "absent")
        #expect(fields.raw("content")?.unicodeScalars.elementsEqual(kept.unicodeScalars) == true)
        #expect(fields.raw("title")?.unicodeScalars.elementsEqual(typed.unicodeScalars) == true)
    }

    // MARK: Given

    private static func json(_ text: String) throws -> FieldReader {
        try FieldReader(json: ByteBuffer(string: text))
    }

    private static func form(_ text: String) throws -> FieldReader {
        try FieldReader(form: ByteBuffer(string: text))
    }

    private static func problem(_ body: () throws -> FieldReader) -> Problem? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? Problem
        }
    }

    /// What the reader says in the end.
    private static func issues(_ fields: inout FieldReader) -> [Problem.Issue] {
        do {
            try fields.finish()
            return []
        } catch {
            return error.code == .validation ? error.issues : []
        }
    }
}
