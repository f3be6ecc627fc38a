import Testing

@testable import FeedServer

@Suite struct MultipartMalformedTests {
    static let disposition = "Content-Disposition: form-data; name=\"n\""

    static let boundaries: [(String, MultipartError)] = [
        ("", .truncated), ("-", .truncated), ("\r\n--", .truncated), ("--b", .truncated),
        ("--b\r\n", .truncated), ("--b-", .truncated), ("--b--\r", .truncated),
        ("--b\r\n\(disposition)\r\n\r\nabc", .truncated),
        ("--b\r\n\(disposition)\r\n\r\nabc\r\n--b", .truncated),
        ("--b\r\n\(disposition)\r\n\r\nabc\r\n--b-", .truncated),
        ("--b\r\n\(disposition)\r\n\r\nabc\r\n--b\r\n", .truncated),
        ("--b\r\n\(disposition)\r\n\r\nabc--b--\r\n", .truncated),
        ("--b\r\n\(disposition)\r\n\r\nabc\n--b--\n", .truncated),
        (" --b--", .preamble), ("preamble\r\n--b--", .preamble), ("\r\n\r\n--b--", .preamble),
        ("\n--b--", .preamble), ("\r--b--", .preamble), ("b--", .preamble), ("--c--", .preamble),
        ("--B--", .preamble), ("----b--", .preamble), ("-b--", .preamble), ("{\"file\":1}", .preamble),
        ("--bc\r\n", .boundaryLine), ("--b c\r\n", .boundaryLine), ("--b\n", .boundaryLine),
        ("--b\rx", .boundaryLine), ("--b-x", .boundaryLine), ("--b- -", .boundaryLine),
        ("--b --", .boundaryLine), ("--b---", .boundaryLine), ("--b--x", .boundaryLine),
        ("--b-- \n", .boundaryLine), ("--b--\rx", .boundaryLine), ("--b\r\r\n", .boundaryLine),
        ("--b\r\n\(disposition)\r\n\r\n\r\n--bb\r\n--b--", .boundaryLine),
        ("--b\r\n\(disposition)\r\n\r\n--b0\r\n--b--", .boundaryLine),
    ]

    static let fields: [(String, MultipartError)] = [
        ("Content-Type: a/b", .dispositionMissing), ("X-Other: x", .dispositionMissing),
        (disposition + "\n", .lineEnd), (disposition + "\rX: y", .lineEnd),
        ("\(disposition)\nX: y", .lineEnd), ("\(disposition)\r\r", .lineEnd),
        (disposition + "\u{0}", .controlCharacter), ("X: \u{1B}\r\n" + disposition, .controlCharacter),
        (disposition + "; filename=\"\u{7F}\"", .controlCharacter),
        ("Content-Disposition: form-data;\r\n name=\"n\"", .foldedField), (" " + disposition, .foldedField),
        ("\t" + disposition, .foldedField), (disposition + "\r\n ", .foldedField),
        ("junk", .notAField), (": x", .notAField), ("Content-Disposition : form-data; name=n", .notAField),
        ("Content Disposition: form-data; name=n", .notAField), ("--c", .notAField), ("ü: x", .notAField),
        ("--b--\r\n", .notAField),
        (disposition + "\r\n" + disposition, .fieldRepeated),
        (disposition + "\r\nContent-Type: a/b\r\ncontent-type: a/b", .fieldRepeated),
        (
            "Content-Transfer-Encoding: 8bit\r\nContent-Transfer-Encoding: 8bit\r\n" + disposition,
            .fieldRepeated
        ),
        ("Content-Disposition:", .dispositionType),
        ("Content-Disposition: attachment; name=n", .dispositionType),
        ("Content-Disposition: \"form-data\"; name=n", .dispositionType),
        ("Content-Disposition: form-data2; name=n", .dispositionType),
        ("Content-Disposition: form-data", .nameMissing),
        ("Content-Disposition: form-data; filename=\"n\"", .nameMissing),
        (disposition + "; name=\"n\"", .parameterRepeated), (disposition + "; NAME=x", .parameterRepeated),
        (disposition + "; filename=x; filename=x", .parameterRepeated),
        (disposition + "; x=1; x=2", .parameterRepeated),
        (disposition + "; filename*=UTF-8''x", .extendedParameter),
        (disposition + "; filename=x; Filename*=UTF-8''x", .extendedParameter),
        ("Content-Disposition: form-data; name*=UTF-8''x", .extendedParameter),
        (disposition + ";", .dispositionParameters), (disposition + ";; x=1", .dispositionParameters),
        (disposition + " x", .dispositionParameters), (disposition + ", x=1", .dispositionParameters),
        ("Content-Disposition: form-data name=n", .dispositionParameters),
        ("Content-Disposition: form-data; name", .dispositionParameters),
        ("Content-Disposition: form-data; name=", .dispositionParameters),
        ("Content-Disposition: form-data; =n", .dispositionParameters),
        ("Content-Disposition: form-data; name =n", .dispositionParameters),
        ("Content-Disposition: form-data; name= n", .dispositionParameters),
        ("Content-Disposition: form-data; name=\"n", .dispositionParameters),
        ("Content-Disposition: form-data; name=\"n\\\"", .dispositionParameters),
        ("Content-Disposition: form-data; name=\"n\\", .dispositionParameters),
        ("Content-Disposition: form-data; name=\"n\"x", .dispositionParameters),
        ("Content-Disposition: form-data; name=ü", .dispositionParameters),
        ("Content-Disposition: form-data; name='n m'", .dispositionParameters),
        (disposition + "\r\nContent-Type:", .contentType),
        (disposition + "\r\nContent-Type: ü", .contentType),
        (disposition + "\r\nContent-Transfer-Encoding: base64", .transferEncoding),
        (disposition + "\r\nContent-Transfer-Encoding: quoted-printable", .transferEncoding),
        (disposition + "\r\nContent-Transfer-Encoding:", .transferEncoding),
    ]

    @Test(arguments: boundaries)
    func aroundTheParts(text: String, error: MultipartError) throws {
        #expect(try MultipartOutcome(of: Array(text.utf8), boundary: .named()).error == error)
    }

    @Test(arguments: fields)
    func headerFields(text: String, error: MultipartError) throws {
        let outcome = try MultipartOutcome(of: form(text), boundary: .named())
        #expect(outcome.error == error)
        #expect(outcome.parts.isEmpty)
    }

    @Test func aPartWithoutHeaderFields() throws {
        let outcome = try MultipartOutcome(of: Array("--b\r\n\r\nabc\r\n--b--".utf8), boundary: .named())
        #expect(outcome == (try MultipartOutcome(of: Array("--b\r\n\r\n".utf8), boundary: .named())))
        #expect(outcome.error == .dispositionMissing)
    }

    @Test(
        arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
    func textThatIsNotUTF8(bytes: [UInt8]) throws {
        for mark in ["filename=\"!\"", "x=1\r\nX-Other: !"] {
            let parts = form("\(Self.disposition); \(mark)").split(separator: UInt8(ascii: "!"), maxSplits: 1)
            let outcome = try MultipartOutcome(of: parts[0] + bytes + parts[1], boundary: .named())
            #expect(outcome.error == .notUTF8)
        }
    }

    @Test func everyMistakeHasItsSentence() {
        let sentences = MultipartError.allCases.map(\.detail)
        #expect(Set(sentences).count == sentences.count)
        #expect(sentences.allSatisfy { $0.hasSuffix(".") || $0.hasSuffix("…") })
        let tested = Set((Self.boundaries + Self.fields).map(\.1))
        let elsewhere: Set<MultipartError> = [
            .notFormData, .contentTypeParameters, .boundaryMissing, .boundaryRepeated, .boundaryInvalid,
            .padding,
            .tooManyParts, .epilogueTooLong, .headersTooLong, .tooManyFields, .notUTF8,
        ]
        #expect(tested.union(elsewhere) == Set(MultipartError.allCases))
    }
}
