import Foundation
import Logging
import Metrics
import ServiceLifecycle
import TestSupport
import Testing

@testable import FeedServer

/// What becomes of the lines of logs: whose reader is too slow, that go to one place, and that come last.
@Suite struct LineBatchesTests {
    @Test func linesThatDoNotFitAreCountedAndToldOf() async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: "some.log")
        try Data().write(to: file)
        let metrics = PrometheusRegistry()
        let lines = LineBatches(
            name: "some", output: LogOutput(try FileHandle(forWritingTo: file)), metrics: metrics)
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: (1 << 20) - 1)
        // Nobody writes yet.
        for _ in 0..<(LineBatches.maximumPending >> 20) + 3 { lines.add { $0 += line } }

        let group = ServiceGroup(
            configuration: .init(
                services: [lines], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        let running = Task { try await group.run() }
        await group.triggerGracefulShutdown()
        try await running.value

        let written = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"))
        #expect(written.count == 9)
        for whole in written.dropLast() { #expect(whole.count == line.count) }
        let last = written.last.map { String(decoding: $0, as: UTF8.self) }
        #expect(last == "3 lines of the some log were dropped")
        var text = ""
        metrics.render(into: &text)
        #expect(text.contains("log_dropped_lines_total{log=\"some\"} 3\n"))
    }

    /// As where a shutdown takes too long.
    @Test func aTaskThatIsCancelledWritesTheLastBatch() async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: "some.log")
        try Data().write(to: file)
        let lines = LineBatches(
            name: "some", output: LogOutput(try FileHandle(forWritingTo: file)),
            metrics: NOOPMetricsHandler.instance)
        lines.add { $0 += "the last".utf8 }

        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await lines.run()
        }
        try await task.value

        #expect(String(decoding: try Data(contentsOf: file), as: UTF8.self) == "the last\n")
    }

    /// A pipe takes what is longer than `PIPE_BUF` in parts, and another's between them.
    @Test func logsThatGoToOnePlaceAreNotMixed() async throws {
        let pipe = Pipe()
        let (reader, writer) = (pipe.fileHandleForReading, pipe.fileHandleForWriting)
        let output = LogOutput(writer)
        let letters = [UInt8(ascii: "a"), UInt8(ascii: "b")]
        let length = 5 * LogOutput.maximumPiece
        let count = 100
        let reading = Task {
            try await onThread("reading logs") {
                var all = Data()
                while let part = try reader.read(upToCount: 1 << 16), !part.isEmpty { all += part }
                return all
            }
        }
        try await withThrowingTaskGroup { group in
            for letter in letters {
                let log = LineBatches(name: "some", output: output, metrics: NOOPMetricsHandler.instance)
                for _ in 0..<count { log.add { $0 += [UInt8](repeating: letter, count: length) } }
                group.addTask { try await log.flush() }
            }
            try await group.waitForAll()
        }
        try writer.close()

        let lines = try await reading.value.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == letters.count * count)
        for line in lines { #expect(line.count == length && Set(line).count == 1) }
    }

    @Test func linesAreWrittenWholeAndAsManyAsAPipeTakesAtOnce() {
        let most = LogOutput.maximumPiece
        func lines(_ lengths: [Int]) -> [UInt8] {
            lengths.flatMap { [UInt8](repeating: UInt8(ascii: "x"), count: $0 - 1) + [UInt8(ascii: "\n")] }
        }
        for (lengths, pieces) in [
            ([], []), ([10, 20], [30]), ([most], [most]), ([most - 1, 1, 1], [most, 1]),
            ([most, 7], [most, 7]), ([1, most], [1, most]), ([1, most + 1, 2, 3], [1, most + 1, 5]),
            ([3 * most, 3 * most], [3 * most, 3 * most]), ([1_000, 3_000, 90, 7], [4_090, 7]),
        ] {
            let text = lines(lengths)
            let written = LogOutput.pieces(of: text)
            #expect(written.map(\.count) == pieces, "\(lengths)")
            #expect(written.flatMap(\.self) == text)
        }
        // Nobody writes such, and nothing of it is lost.
        #expect(LogOutput.pieces(of: lines([9]) + [1, 2]).flatMap(\.self) == lines([9]) + [1, 2])
    }
}
