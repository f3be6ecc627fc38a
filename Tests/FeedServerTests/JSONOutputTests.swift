import FeedStore
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import FeedServer

@Suite struct JSONOutputTests {
    @Test func everyTextComesBack() throws {
        var generator = SeededGenerator(seed: 3)
        let pieces = [
            "\"", "\\", "/", "\n", "\r", "\t", "\u{8}", "\u{c}", "\u{0}", "\u{1f}", "\u{7f}", "é", "🎈",
            "\u{2028}",
            "<script>", "שלום", "a", "plain text of eight and more",
        ]
        for _ in 0..<5_000 {
            let text = (0..<Int.random(in: 0...12, using: &generator))
                .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            #expect(try decoded(text) == text)
        }
        let long = String(repeating: "\"quoted\" ", count: 6_000)
        #expect(try decoded(long) == long)
    }

    @Test(arguments: [0, 1, -1, 9, 10, 99, 1_000, Int64.max, Int64.min])
    func integers(number: Int64) {
        #expect(
            written(capacity: JSONOutput.maximumIntegerLength) { $0.write(integer: number) } == "\(number)")
    }

    @Test func aReversedPageIsTheSameRowsTheOtherWayRound() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: folder)
        let store = try SQLiteStore(path: database)
        let query = PageQuery(collection: .posts, order: .newest, start: .first, pageSize: 5)
        var encoder = try await store.page(query, visitor: RowEncoder(opening: "[")).visitor
        let rows = try ids(encoder)
        encoder.reverse()
        #expect(try ids(encoder) == rows.reversed())
        encoder.reverse()
        #expect(try ids(encoder) == rows)
    }

    private func ids(_ encoder: RowEncoder) throws -> [Int] {
        var buffer = encoder.finish()
        buffer.writeString("]")
        let json = try JSONSerialization.jsonObject(with: Data(buffer.readableBytesView))
        return (json as? [[String: Any]] ?? []).compactMap { $0["id"] as? Int }
    }

    private func decoded(_ text: String) throws -> String {
        let bytes = Array(text.utf8)
        let json = written(capacity: JSONOutput.escapedBound(bytes.span) + 2) { output in
            output.write("\"")
            output.write(escaping: bytes.span)
            output.write("\"")
        }
        let value = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
        return value as? String ?? ""
    }

    private func written(capacity: Int, _ body: (inout JSONOutput) -> Void) -> String {
        withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { memory in
            var output = JSONOutput(memory)
            body(&output)
            return String(decoding: memory[..<output.count], as: UTF8.self)
        }
    }
}
