import Testing

@testable import FeedServer

@Suite struct MultipartLimitTests {
    private static let limits = MultipartLimits()
    private static let disposition = "Content-Disposition: form-data; name=\"n\""

    /// Exactly at a limit, and one beyond.
    struct Case: CustomTestStringConvertible {
        var error: MultipartError
        var fits: [UInt8]
        var exceeds: [UInt8]

        var testDescription: String { "\(error)" }

        init(_ error: MultipartError, at limit: Int, _ form: (Int) -> [UInt8]) {
            self.error = error
            fits = form(limit)
            exceeds = form(limit + 1)
        }
    }

    static let cases = [
        Case(.tooManyParts, at: limits.parts, parts),
        Case(.headersTooLong, at: limits.headerBytes, headers),
        Case(.headersTooLong, at: limits.headerBytes, headersOfTwoParts),
        Case(.tooManyFields, at: limits.headerFields, fields),
        Case(.contentType, at: limits.contentTypeBytes, type),
        Case(.padding, at: limits.paddingBytes, padding),
        Case(.padding, at: limits.paddingBytes, closingPadding),
        Case(.epilogueTooLong, at: limits.epilogueBytes, epilogue),
    ]

    @Test(arguments: cases)
    func limit(of limit: Case) throws {
        let boundary = try MultipartBoundary.named()
        #expect(try MultipartOutcome(of: limit.fits, boundary: boundary).error == nil)
        #expect(try MultipartOutcome(of: limit.exceeds, boundary: boundary).error == limit.error)
    }

    /// Nothing waits for an end that doesn't come.
    @Test func headersWithoutEnd() throws {
        var parser = MultipartParser(boundary: try .named())
        let endless = Array(repeating: UInt8(ascii: "x"), count: 1024)
        var first = ArraySlice("--b\r\n".utf8)
        #expect(try parser.next(&first) == nil)
        for _ in 0..<Self.limits.headerBytes / endless.count {
            var chunk = endless[...]
            #expect(try parser.next(&chunk) == nil)
        }
        #expect(throws: MultipartError.headersTooLong) {
            var chunk = endless[...]
            _ = try parser.next(&chunk)
        }
    }

    @Test func theLongestBoundary() throws {
        let boundary = String(repeating: "-", count: MultipartBoundary.maximumLength)
        let sample = MultipartSample(
            name: "", boundary: boundary, disposition: "name=file; filename=x",
            body: "\r\n--" + boundary.dropLast(), filename: "x")
        let outcome = try MultipartOutcome(of: sample.bytes, boundary: .named(boundary))
        #expect(outcome.parts == [sample.part])
        #expect(outcome.error == nil)
    }

    private static func parts(_ count: Int) -> [UInt8] {
        let part = "--b\r\n\(disposition)\r\n\r\n\r\n"
        return Array((String(repeating: part, count: count) + "--b--").utf8)
    }

    /// All lines with their ends, and the empty one.
    private static func headers(_ byteCount: Int) -> [UInt8] {
        let rest = byteCount - "\(disposition)\r\nX: \r\n\r\n".utf8.count
        return form("\(disposition)\r\nX: " + String(repeating: "x", count: rest))
    }

    private static func headersOfTwoParts(_ byteCount: Int) -> [UInt8] {
        headers(limits.headerBytes).dropLast("--b--\r\n".utf8.count) + headers(byteCount)
    }

    private static func fields(_ count: Int) -> [UInt8] {
        form(disposition + String(repeating: "\r\nX: y", count: count - 1))
    }

    private static func type(_ byteCount: Int) -> [UInt8] {
        form("\(disposition)\r\nContent-Type: " + String(repeating: "x", count: byteCount))
    }

    private static func padding(_ byteCount: Int) -> [UInt8] {
        form(after: String(repeating: " ", count: byteCount) + "\r\n\(disposition)\r\n\r\n\r\n--b--")
    }

    private static func closingPadding(_ byteCount: Int) -> [UInt8] {
        form(after: "--" + String(repeating: "\t", count: byteCount))
    }

    private static func epilogue(_ byteCount: Int) -> [UInt8] {
        form(after: "--\r\n" + String(repeating: "\n", count: byteCount))
    }
}
