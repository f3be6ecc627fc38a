import Foundation
import Synchronization
import TestSupport

/// A running `count-worker`, whose lines can be waited for.
final class CountWorkerProcess: Sendable {
    private struct State {
        var text = Data()
        var lines: [String] = []
        var isEnded = false
        var waiters:
            [(isReady: @Sendable ([String]) -> Bool, continuation: CheckedContinuation<Void, Never>)] =
                []
    }

    private let process: Process
    private let input = Pipe()
    private let state = Mutex(State())

    /// - Parameter environment: more variables for the process.
    init(_ task: CountWorkerTask, environment: [String: String] = [:]) throws {
        process = Process()
        process.executableURL = try ChildProcess.product("count-worker")
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = input
        let output = Pipe()
        process.standardOutput = output
        try ChildProcess.run(process)
        OutputReader.start(output.fileHandleForReading) { [self] in read($0) }
        try write(String(decoding: try JSONEncoder().encode(task), as: UTF8.self))
    }

    deinit {
        kill()
    }

    var lines: [String] { state.withLock { $0.lines } }

    /// The times at which counts began, in milliseconds of the machine's monotonic clock.
    var counts: [Double] {
        lines.filter { $0.hasPrefix("began ") }.compactMap { Double($0.dropFirst("began ".count)) }
    }

    /// Lets the callers begin.
    func go() throws {
        try write("go")
    }

    private func write(_ line: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data("\(line)\n".utf8))
    }

    func kill() {
        // Its own child, which it has not waited for: no other process can have the number.
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    }

    /// Returns when so many lines have begun with a text, or the process has ended.
    func wait(for prefix: String, count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isReady: @Sendable ([String]) -> Bool = { lines in
                lines.count { $0.hasPrefix(prefix) } >= count
            }
            let isThere = state.withLock { state in
                if state.isEnded || isReady(state.lines) { return true }
                state.waiters.append((isReady, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// What the callers got, when they have all been answered.
    func report() async throws -> CountWorkerTask.Report {
        await wait(for: "done ")
        guard let line = lines.last(where: { $0.hasPrefix("done ") }) else {
            throw CocoaError(.fileReadUnknown)
        }
        return try JSONDecoder().decode(
            CountWorkerTask.Report.self, from: Data(line.dropFirst("done ".count).utf8))
    }

    private func read(_ data: Data) {
        let ready = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.text.append(data)
            state.isEnded = data.isEmpty
            while let end = state.text.firstIndex(of: UInt8(ascii: "\n")) {
                state.lines.append(String(decoding: state.text[state.text.startIndex..<end], as: UTF8.self))
                state.text.removeSubrange(state.text.startIndex...end)
            }
            let ready = state.waiters.filter { state.isEnded || $0.isReady(state.lines) }
            let lines = state.lines
            let isEnded = state.isEnded
            state.waiters.removeAll { isEnded || $0.isReady(lines) }
            return ready.map(\.continuation)
        }
        for continuation in ready { continuation.resume() }
    }
}
