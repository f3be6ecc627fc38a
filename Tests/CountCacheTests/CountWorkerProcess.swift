import Foundation
import TestSupport

/// A running `count-worker`, whose lines can be waited for.
final class CountWorkerProcess: Sendable {
    private let process: ChildProcess

    static func start(_ task: CountWorkerTask) async throws -> CountWorkerProcess {
        let process = try await ChildProcess.start(try ChildProcess.product("count-worker"))
        let worker = CountWorkerProcess(process)
        try await worker.write(String(decoding: try JSONEncoder().encode(task), as: UTF8.self))
        return worker
    }

    private init(_ process: ChildProcess) {
        self.process = process
    }

    var lines: [Substring] { process.report.lines }

    /// When counts began and ended, in their order: `true` is a beginning. By the machine's monotonic clock, in
    /// milliseconds.
    var counts: [(time: Double, isBeginning: Bool)] {
        lines.compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 2, words[0] == "began" || words[0] == "ended" else { return nil }
            return Double(words[1]).map { ($0, words[0] == "began") }
        }
    }

    var countNumber: Int { counts.count(where: \.isBeginning) }

    /// Lets the callers begin.
    func go() async throws {
        try await write("go")
    }

    /// Lets callers end that repeat.
    func stop() async throws {
        try await write("stop")
    }

    private func write(_ line: String) async throws {
        try await process.write("\(line)\n")
    }

    func kill() async throws {
        try await process.killed()
    }

    /// Returns when so many lines have begun with a text.
    func wait(for prefix: String, count: Int = 1) async throws {
        try await process.wait(for: "\(count) × \(prefix)") { report in
            report.lines.count { $0.hasPrefix(prefix) } >= count
        }
    }

    /// What the callers got, when they have all been answered.
    func report() async throws -> CountWorkerTask.Report {
        try await wait(for: "done ")
        guard let line = lines.last(where: { $0.hasPrefix("done ") }) else {
            throw CocoaError(.fileReadUnknown)
        }
        return try JSONDecoder().decode(
            CountWorkerTask.Report.self, from: Data(line.dropFirst("done ".count).utf8))
    }
}
