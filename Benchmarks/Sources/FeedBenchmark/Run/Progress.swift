import Foundation
import Synchronization

/// Tells on standard error what is being done: one line that changes on a terminal, one line a step elsewhere.
final class Progress: Sendable {
    /// How often the line changes.
    private static let interval = Duration.milliseconds(200)

    private struct State {
        var step = ""
        var shown = ContinuousClock.now
        var hasOpenLine = false
    }

    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let began = ContinuousClock.now
    private let state = Mutex(State())

    init() {}

    /// Begins a step: "depth: over HTTP".
    func begin(_ step: String) {
        state.withLock { state in
            closeLine(&state)
            state.step = step
            write(line(step) + (isTerminal ? "" : "\n"))
            state.hasOpenLine = isTerminal
        }
    }

    /// What is being done.
    var step: String { state.withLock { $0.step } }

    /// How far the step has come.
    func update(done: Int, of total: Int) {
        guard isTerminal, total > 0 else { return }
        state.withLock { state in
            guard .now - state.shown >= Self.interval else { return }
            state.shown = .now
            write("\r\u{1B}[K" + line("\(state.step) \(done * 100 / total) %"))
            state.hasOpenLine = true
        }
    }

    /// Ends the last step.
    func end() {
        state.withLock { closeLine(&$0) }
    }

    /// Says something that stays.
    func say(_ message: String) {
        state.withLock { state in
            closeLine(&state)
            write(message + "\n")
        }
    }

    private func line(_ text: String) -> String {
        let seconds = Int((ContinuousClock.now - began).components.seconds)
        let minutes = String(seconds / 60)
        let rest = String(seconds % 60)
        return "[\(minutes):\(rest.count == 1 ? "0" : "")\(rest)] \(text)"
    }

    private func closeLine(_ state: inout State) {
        if state.hasOpenLine { write("\n") }
        state.hasOpenLine = false
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
