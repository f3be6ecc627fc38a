import Testing

@testable import FeedServer

/// Work is counted, not timed: bytes looked at, for a body and one of twice its length.
@Suite struct MultipartWorkTests {
    private static let boundary = String(repeating: "-", count: MultipartBoundary.maximumLength)

    @Test(
        arguments: [
            "x", "\r", "\r\n", "\r\n-", "\r\n--", "\r\n--" + boundary.dropLast(),
            "\r\n--" + boundary.dropLast() + "\r", "\r\r\n--" + boundary.prefix(35),
        ])
    func isLinear(pattern: String) throws {
        let once = try steps(for: pattern, count: 300)
        let twice = try steps(for: pattern, count: 600)
        let thrice = try steps(for: pattern, count: 900)
        #expect(once > 300 * pattern.utf8.count)
        #expect(thrice - twice == twice - once)
        #expect(twice - once <= 2 * 300 * pattern.utf8.count)
    }

    private func steps(for pattern: String, count: Int) throws -> Int {
        let sample = MultipartSample(
            name: "", boundary: Self.boundary, disposition: "name=file",
            body: String(repeating: pattern, count: count))
        let bytes = sample.bytes
        // One length of chunk that cuts the pattern everywhere in turn.
        let cuts = Array(stride(from: 101, to: bytes.count, by: 101))
        var parser = MultipartParser(boundary: try .named(Self.boundary))
        for chunk in MultipartOutcome.chunks(of: bytes, cuts: cuts) {
            var rest = chunk
            while try parser.next(&rest) != nil {}
        }
        try parser.finish()
        return parser.steps
    }
}
