import TestSupport
import Testing

@testable import FeedServer

/// However a form is cut into chunks, the same comes out.
@Suite struct MultipartSplitTests {
    @Test(arguments: MultipartSample.all)
    func formsOfClients(sample: MultipartSample) async throws {
        try await checkSplits(of: sample.bytes, MultipartBoundary(contentType: sample.announcement))
    }

    @Test func malformedForms() async throws {
        let boundary = try MultipartBoundary.named()
        for (text, _) in MultipartMalformedTests.boundaries {
            try await checkSplits(of: Array(text.utf8), boundary)
        }
        for (fields, _) in MultipartMalformedTests.fields {
            try await checkSplits(of: form(fields), boundary)
        }
    }

    @Test func bodiesLikeBoundaries() async throws {
        let bodies = ["\r\n--\r\n--c", "\r\r\n-\r\n--", "--", "\r\n--a\r\n--B", "", "\r", "\r\n\r\n--x"]
        for body in bodies { try await checkSplits(of: form(body: body), .named()) }
        let sample = MultipartSample(
            name: "", boundary: "----", disposition: "name=file", body: "\r\n-----\r\n---\r\n----",
            filename: nil)
        try await checkSplits(of: sample.bytes, .named("----"))
    }

    @Test func limits() async throws {
        let boundary = try MultipartBoundary.named()
        for limit in MultipartLimitTests.cases {
            for bytes in [limit.fits, limit.exceeds] {
                let whole = try MultipartOutcome(of: bytes, boundary: boundary)
                let everywhere = Array(bytes.indices.dropFirst())
                #expect(try MultipartOutcome(of: bytes, cuts: everywhere, boundary: boundary) == whole)
                await Task.yield()
            }
        }
    }

    /// In two at every byte, byte by byte with empty chunks between, and as chance has it.
    private func checkSplits(of bytes: [UInt8], _ boundary: MultipartBoundary) async throws {
        let whole = try MultipartOutcome(of: bytes, boundary: boundary)
        let inTwo = bytes.indices.map { [$0] }
        let everywhere = bytes.indices.flatMap { [$0, $0] }
        var chance = SeededGenerator(seed: UInt64(bytes.count))
        let random = (0..<20).map { _ in bytes.indices.filter { _ in chance.next() % 5 == 0 } }
        for cuts in inTwo + [everywhere] + random {
            let split = try MultipartOutcome(of: bytes, cuts: cuts, boundary: boundary)
            if split != whole { Issue.record("cut at \(cuts) it is \(split), not \(whole)") }
        }
        await Task.yield()
    }
}
