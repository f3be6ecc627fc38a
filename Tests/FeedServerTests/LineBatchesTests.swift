import Foundation
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import FeedServer

/// What becomes of the lines of a log whose reader is too slow.
@Suite struct LineBatchesTests {
    @Test func linesThatDoNotFitAreCountedAndToldOf() async throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: "some.log")
        try Data().write(to: file)
        let metrics = PrometheusRegistry()
        let lines = LineBatches(
            name: "some", output: try FileHandle(forWritingTo: file), metrics: metrics)
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
}
