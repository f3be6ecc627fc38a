import Foundation
import Testing

@testable import FeedStore

/// `docs/concurrency.md` repeats the limits that are constants of the code.
@Suite struct ConcurrencyDocumentTests {
    @Test func theGuideHasTheLimitsOfTheCode() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/concurrency.md").standardized
        let words = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isWhitespace)
        let text = words.joined(separator: " ")
        let rules = WriteAheadLog.Rules()
        let limits = [
            "| for bounded reads | \(ReaderPool.boundedThreads) |",
            "| for other reads | \(ReaderPool.slowThreads) |",
            "up to \(grouped(GroupCommit.maximumBatch)) of them",
            "\(grouped(rules.checkpointPages)) pages of log (\(mebibytes(rules.checkpointPages)) MiB)",
            "another attempt every \(grouped(rules.retryPages)) pages",
            "\(grouped(rules.maximumPages)) pages (\(mebibytes(rules.maximumPages)) MiB)",
            "waited for, up to \(WriteAheadLog.wait) ms",
            "keeps its length, up to \(SQLiteConnection.logBytes >> 20) MiB",
        ]
        for limit in limits { #expect(text.contains(limit), "\(limit)") }
    }

    /// As the documents write numbers: 1 000.
    private func grouped(_ number: Int) -> String {
        let digits = String(number)
        return digits.count > 3 ? "\(digits.dropLast(3)) \(digits.suffix(3))" : digits
    }

    private func mebibytes(_ pages: Int) -> Int {
        Int((Double(pages * SQLiteConnection.pageBytes) / Double(1 << 20)).rounded())
    }
}
