import Testing

@testable import FeedServer

@Suite struct MultipartParserTests {
    @Test(arguments: MultipartSample.all)
    func formsOfClients(sample: MultipartSample) throws {
        let boundary = try MultipartBoundary(contentType: sample.announcement)
        let outcome = try MultipartOutcome(of: sample.bytes, boundary: boundary)
        #expect(outcome.error == nil)
        #expect(outcome.parts == [sample.part])
    }

    @Test func severalParts() throws {
        let text =
            "--b\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nHello\r\n"
            + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n\r\n--b--"
        let outcome = try MultipartOutcome(of: Array(text.utf8), boundary: .named())
        #expect(outcome.error == nil)
        #expect(outcome.parts.map(\.head.name) == ["title", "file"])
        #expect(outcome.parts.map(\.head.filename) == [nil, "x"])
        #expect(outcome.parts.map(\.body) == [Array("Hello".utf8), []])
    }

    /// What the grammar allows around the parts, and what browsers send of a form without a control.
    @Test(
        arguments: [
            ("\r\n--b \t\r\nContent-Disposition: form-data; name=x\r\n\r\n\r\n--b--", 1),
            ("--b\r\nContent-Disposition: form-data; name=x\r\n\r\n--b-- \t", 1),
            (
                "--b\r\nContent-Disposition: form-data; name=x\r\n\r\n\r\n--b\t\r\n"
                    + "Content-Disposition: form-data; name=x\r\n\r\n\r\n--b--\t\r\nbye\r\n--b\r\n", 2
            ),
            ("--b--\r\n", 0), ("\r\n--b--", 0),
        ])
    func framing(text: String, parts: Int) throws {
        let outcome = try MultipartOutcome(of: Array(text.utf8), boundary: .named())
        #expect(outcome.error == nil)
        #expect(outcome.parts.count == parts)
        #expect(outcome.parts.allSatisfy { $0.body.isEmpty && $0.isComplete })
    }

    @Test(
        arguments: [
            ("CONTENT-DISPOSITION:Form-Data;NAME=\"n\"", "n", nil),
            ("Content-Disposition: \t form-data \t;\tname=\"n\" \t", "n", nil),
            ("Content-Disposition: form-data; name=\"\"", "", nil),
            ("Content-Disposition: form-data; name=\"%22%0D%0A%0d%%2\"", "\"\r\n%0d%%2", nil),
            ("Content-Disposition: form-data; name=\"\\\"\\\\\\x\\\\\"", "\"\\\\x\\", nil),
            ("Content-Disposition: form-data; name=\"ü😀\"; size=3", "ü😀", nil),
            ("Content-Disposition: form-data; filename=\"a\tb\"; name=n", "n", "a\tb"),
            ("Content-Length: 3\r\nContent-Disposition: form-data; name=n\r\nX-Other:", "n", nil),
            ("Content-Transfer-Encoding: Binary\r\nContent-Disposition: form-data; name=n", "n", nil),
        ] as [(String, String, String?)])
    func headerFields(fields: String, name: String, filename: String?) throws {
        let outcome = try MultipartOutcome(of: form(fields), boundary: .named())
        #expect(outcome.error == nil)
        #expect(outcome.parts.first?.head == MultipartPart(name: name, filename: filename, contentType: nil))
        #expect(outcome.parts.first?.body == Array("abc".utf8))
    }

    /// All but the boundary at the beginning of a line is the body's.
    @Test(
        arguments: [
            "", "\r\n", "\r", "\n", "-", "--", "\r\n--", "\r\n-", "\r\r\n--a", "--c", "b--\r\n", "\n--b",
            "\r--b",
            "\r\n --b", "x--b--\r\n", "\r\n\r\n-\r\n--", "\r\n--\r\n--\r\n--", "\r\n--B", "\r\n---b",
            "\r\r\r\n",
        ])
    func bodies(text: String) throws {
        let outcome = try MultipartOutcome(of: form(body: text), boundary: .named())
        #expect(outcome.error == nil)
        #expect(outcome.parts.map(\.body) == [Array(text.utf8)])
    }

    @Test func everyByteCanBeInABody() throws {
        let body = (0...UInt8.max).flatMap { byte -> [UInt8] in [byte, 0x0D, byte, 0x0D, 0x0A, byte, 0x2D] }
        let head = MultipartPart(name: "file", filename: "\\\"%", contentType: "a/b")
        let part = MultipartOutcome.Part(head: head, body: body, isComplete: true)
        let boundary = try MultipartBoundary.named("a:b c")
        let outcome = try MultipartOutcome(of: MultipartProperty.write([part], boundary), boundary: boundary)
        #expect(outcome.error == nil)
        #expect(outcome.parts == [part])
    }

    /// What is the body's is handed on without being copied, but for what was held back.
    @Test func bytesAreSlicesOfTheChunk() throws {
        let bytes = form(body: "0123456789")
        var parser = MultipartParser(boundary: try .named())
        var slices: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while let event = try parser.next(&rest) {
            if case .bytes(let slice) = event { slices.append(slice) }
        }
        try parser.finish()
        let slice = try #require(slices.first)
        #expect(slices.count == 1)
        #expect(slice == bytes[slice.indices])
        #expect(
            slice.withUnsafeBytes { $0.baseAddress }
                == bytes[slice.indices].withUnsafeBytes { $0.baseAddress })
    }
}
