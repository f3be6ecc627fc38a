import Testing

@testable import FeedServer

@Suite struct MultipartFileTests {
    private static let file = "Content-Disposition: form-data; name=\"file\"; filename=\"x\""
    private static let missing = MultipartFileError.part(
        name: "file", detail: "is missing; choose a file")

    @Test(arguments: MultipartSample.all.filter { $0.filename != "" })
    func comesOutOfTheFormsOfClients(sample: MultipartSample) throws {
        let boundary = try MultipartBoundary(contentType: sample.announcement)
        for length in [1, 7, sample.bytes.count] {
            #expect(try gather(sample.bytes, boundary, chunk: length) == Array(sample.body.utf8))
        }
    }

    @Test func noFileChosen() throws {
        let sample = try #require(MultipartSample.all.first { $0.filename == "" })
        let boundary = try MultipartBoundary(contentType: sample.announcement)
        #expect(throws: Self.missing) { try gather(sample.bytes, boundary) }
    }

    @Test func noPart() throws {
        #expect(throws: Self.missing) { try gather(Array("--b--\r\n".utf8), .named()) }
    }

    @Test func anEmptyFileIsAFile() throws {
        #expect(try gather(form(Self.file, body: ""), .named()) == [])
    }

    @Test func aFileWithoutANameIsAFile() throws {
        let fields = "Content-Disposition: form-data; name=\"file\"; filename=\"\""
        #expect(try gather(form(fields, body: "abc"), .named()) == Array("abc".utf8))
    }

    @Test func theMaximum() throws {
        let bytes = form(body: "0123456789")
        for length in [1, 3, bytes.count] {
            #expect(try gather(bytes, .named(), maximumBytes: 10, chunk: length).count == 10)
            #expect(throws: MultipartFileError.tooLarge(maximumBytes: 9)) {
                try gather(bytes, .named(), maximumBytes: 9, chunk: length)
            }
        }
        #expect(BodyLimits.picture == 5_242_880)
    }

    /// It is refused while it comes, not when it is there.
    @Test func tooLargeIsSeenAtOnce() throws {
        var file = MultipartFile(boundary: try .named(), maximumBytes: 4)
        try file.append(ArraySlice("--b\r\n\(Self.file)\r\n\r\n0123".utf8))
        let tooLarge = MultipartFileError.tooLarge(maximumBytes: 4)
        #expect(throws: tooLarge) { try file.append(ArraySlice("4".utf8)) }
        #expect(throws: tooLarge) { try file.append(ArraySlice("\r\n--b--".utf8)) }
        #expect(throws: tooLarge) { try file.finish() }
    }

    @Test(
        arguments: [
            ("Content-Disposition: form-data; name=\"title\"", "title"),
            ("Content-Disposition: form-data; name=\"File\"; filename=\"x\"", "File"),
            ("Content-Disposition: form-data; name=\"\"", ""),
            ("Content-Disposition: form-data; name=\"a%0D%0Ab\u{85}c\"", "a  b c"),
            (
                "Content-Disposition: form-data; name=\"\(String(repeating: "ü", count: 50))\"",
                String(repeating: "ü", count: 50)
            ),
            (
                "Content-Disposition: form-data; name=\"\(String(repeating: "ü", count: 51))\"",
                String(repeating: "ü", count: 50) + "…"
            ),
        ])
    func unknownParts(fields: String, name: String) throws {
        let known = "--b\r\n\(Self.file)\r\n\r\nabc\r\n"
        for bytes in [form(fields), Array(known.utf8) + form(fields)] {
            #expect(
                throws: MultipartFileError.part(name: name, detail: "is unknown; send only file")
            ) {
                try gather(bytes, .named())
            }
        }
    }

    @Test func givenTwice() throws {
        let part = "--b\r\n\(Self.file)\r\n\r\nabc\r\n"
        let twice = MultipartFileError.part(
            name: "file", detail: "is given more than once; send one file")
        #expect(throws: twice) { try gather(Array(part.utf8) + form(Self.file), .named()) }
    }

    @Test func notAFile() throws {
        let fields = "Content-Disposition: form-data; name=\"file\""
        let refusal = MultipartFileError.part(
            name: "file", detail: "is not a file: it has no filename")
        #expect(throws: refusal) { try gather(form(fields), .named()) }
    }

    @Test func malformed() throws {
        #expect(throws: MultipartFileError.malformed(.truncated)) { try gather([], .named()) }
        #expect(throws: MultipartFileError.malformed(.truncated)) {
            try gather(form(Self.file).dropLast(5), .named())
        }
        var file = MultipartFile(boundary: try .named(), maximumBytes: 1_000)
        let preamble = MultipartFileError.malformed(.preamble)
        #expect(throws: preamble) { try file.append([0]) }
        #expect(throws: preamble) { try file.append(ArraySlice(form(Self.file))) }
        #expect(throws: preamble) { try file.finish() }
    }

    /// The first mistake counts, so that it doesn't depend on the chunks which is told.
    @Test func theFirstMistakeCounts() throws {
        let large = form(Self.file, body: "0123456789", after: "junk")
        #expect(throws: MultipartFileError.tooLarge(maximumBytes: 3)) {
            try gather(large, .named(), maximumBytes: 3)
        }
        #expect(throws: MultipartFileError.malformed(.boundaryLine)) { try gather(large, .named()) }
    }

    private func gather(
        _ bytes: some Collection<UInt8>, _ boundary: MultipartBoundary, maximumBytes: Int = 1024,
        chunk length: Int = .max
    ) throws -> [UInt8] {
        var file = MultipartFile(boundary: boundary, maximumBytes: maximumBytes)
        var rest = ArraySlice(bytes)
        repeat {
            try file.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        } while !rest.isEmpty
        return try file.finish()
    }
}
