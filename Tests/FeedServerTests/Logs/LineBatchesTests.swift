import Foundation
import Logging
import TestSupport
import Testing

@testable import FeedServer

/// What becomes of the lines of logs: whose reader is too slow or gone, and that go to one place.
@Suite struct LineBatchesTests {
    private static let dropped = "log_dropped_lines_total{log=\"some\"}"

    private func text(_ metrics: PrometheusRegistry) -> String {
        var text = ""
        metrics.render(into: &text)
        return text
    }

    private func file(in folder: TemporaryFolder) throws -> URL {
        let file = folder.url.appending(path: "some.log")
        try Data().write(to: file)
        return file
    }

    @Test func linesThatDoNotFitAreCountedAndToldOf() async throws {
        let pipe = LogPipe()
        let metrics = PrometheusRegistry()
        let output = LogOutput(pipe.writer)
        let lines = LineBatches(name: "some", output: output, metrics: metrics)
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: (1 << 20) - 1)
        lines.add { $0 += line }
        // On its way, and nobody reads.
        try await pipe.isFull()
        let fitting = LineBatches.maximumPending >> 20
        for _ in 0..<fitting + 3 { lines.add { $0 += line } }
        #expect(text(metrics).contains("\(Self.dropped) 3\n"))

        let reading = Task { try await pipe.read() }
        try await output.flush()
        try pipe.closeWriter()
        let written = try await reading.value.split(separator: UInt8(ascii: "\n"))
        #expect(written.count == 1 + fitting + 1)
        for whole in written.dropLast() { #expect(whole.count == line.count) }
        let last = written.last.map { String(decoding: $0, as: UTF8.self) }
        #expect(last == "3 lines of the some log were dropped")
        #expect(text(metrics).contains("\(Self.dropped) 3\n"))
    }

    /// Nobody who adds lines or waits for their end learns of it but by the metric.
    @Test func linesThatCannotBeWrittenAreCountedAndToldOf() async throws {
        let folder = try TemporaryFolder()
        let file = try file(in: folder)
        let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
        let metrics = PrometheusRegistry()
        let output = LogOutput(full)
        let lines = LineBatches(name: "some", output: output, metrics: metrics)
        for _ in 0..<3 { lines.add("lost") }
        try await output.flush()
        #expect(text(metrics).contains("\(Self.dropped) 3\n"))

        // The disk has room again.
        let free = try FileHandle(forWritingTo: file)
        #expect(dup2(free.fileDescriptor, full.fileDescriptor) >= 0)
        for _ in 0..<2 {
            lines.add("written")
            try await output.flush()
        }
        #expect(
            try String(contentsOf: file, encoding: .utf8)
                == "written\n3 lines of the some log were dropped\nwritten\n")
        #expect(text(metrics).contains("\(Self.dropped) 3\n"))
    }

    @Test func linesOfAReaderThatIsGoneAreCounted() async throws {
        let pipe = LogPipe()
        try pipe.closeReader()
        let metrics = PrometheusRegistry()
        let output = LogOutput(pipe.writer)
        let lines = LineBatches(name: "some", output: output, metrics: metrics)
        for count in 1...3 {
            lines.add("lost")
            try await output.flush()
            #expect(text(metrics).contains("\(Self.dropped) \(count)\n"))
        }
    }

    @Test func nobodyWaitsForAReaderLongerThanHeWants() async throws {
        let pipe = LogPipe()
        let output = LogOutput(pipe.writer)
        let lines = LineBatches(name: "some", output: output)
        lines.add(String(repeating: "x", count: 1 << 20))
        try await pipe.isFull()
        lines.add("last")
        let isInTime = try await onThread("waiting") { output.flush(within: .milliseconds(1)) }
        #expect(!isInTime)

        let reading = Task { try await pipe.read() }
        try await output.flush()
        try pipe.closeWriter()
        #expect(try await reading.value.suffix(6) == Array("\nlast\n".utf8))
        // Nothing waits.
        #expect(output.flush(within: .zero))
    }

    /// A pipe takes what is longer than `PIPE_BUF` in parts, and another's between them.
    @Test func logsThatGoToOnePlaceAreNotMixed() async throws {
        let pipe = LogPipe()
        let output = LogOutput(pipe.writer)
        let letters = [UInt8(ascii: "a"), UInt8(ascii: "b")]
        let length = 5 * LineWriter.maximumPiece
        let count = 100
        let reading = Task { try await pipe.read() }
        await withTaskGroup { group in
            for letter in letters {
                let log = LineBatches(name: "some", output: output)
                group.addTask {
                    for _ in 0..<count { log.add { $0 += [UInt8](repeating: letter, count: length) } }
                }
            }
        }
        try await output.flush()
        try pipe.closeWriter()

        let lines = try await reading.value.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == letters.count * count)
        for line in lines { #expect(line.count == length && Set(line).count == 1) }
    }

    @Test func aMessageIsOneLine() async throws {
        let folder = try TemporaryFolder()
        let file = try file(in: folder)
        let output = LogOutput(try FileHandle(forWritingTo: file))
        let logger = Logger(label: "feed-server", lines: LineBatches(name: "server", output: output))
        logger.debug("not at this level")
        logger.warning("one\ntwo", metadata: ["key": "value"])
        logger.info("three")
        try await output.flush()
        let written = try String(contentsOf: file, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(written.count == 3 && written.last == "")
        #expect(written[0].hasSuffix(" one two"), "\(written)")
        #expect(written[0].contains(" warning feed-server: key=value "))
        #expect(written[1].contains(" info feed-server: ") && written[1].hasSuffix(" three"))
    }

    /// Nothing is left of one that nobody writes to any more: no thread, no open file.
    @Test func anOutputEndsWithWhoWritesToIt() async throws {
        let folder = try TemporaryFolder()
        let file = try file(in: folder)
        weak var output: LogOutput?
        do {
            let own = LogOutput(try FileHandle(forWritingTo: file))
            output = own
            LineBatches(name: "some", output: own).add("the last")
        }
        try await waitUntil("the end of an output") { output == nil }
        #expect(try String(contentsOf: file, encoding: .utf8) == "the last\n")
    }
}
