import Dispatch
import Foundation
import Synchronization

/// Where logs are written: one for all that go to the same file, terminal or pipe.
///
/// It has a thread of its own, and nobody else ever waits for what that writes to: a reader that is slow, or stands still,
/// or is gone, a disk that is full or hangs, hold up no request and end no server. The thread writes at once what comes
/// after a pause, and then in batches, so that many lines cost few system calls.
public final class LogOutput: Sendable {
    public static let standardOutput = LogOutput(.standardOutput)
    public static let standardError = LogOutput(.standardError)

    /// Seconds between two batches.
    private static let interval = 0.1

    private struct State {
        /// Those that have lines, in the order in which they have got them.
        var waiting: [LineBatches] = []
        var isWriting = false
        /// Each waits for what came before it.
        var flushes: [DispatchSemaphore] = []

        mutating func take() -> [LineBatches] {
            defer { waiting = [] }
            return waiting
        }

        mutating func takeFlushes() -> [DispatchSemaphore] {
            defer { flushes = [] }
            return flushes
        }
    }

    private let state = Mutex(State())
    private let writer: Mutex<LineWriter>
    /// Open as long as it is written to.
    private let file: FileHandle
    /// Something waits.
    private let work = DispatchSemaphore(value: 0)
    /// Somebody waits for it to be written.
    private let hurry = DispatchSemaphore(value: 0)

    init(_ file: FileHandle) {
        writer = Mutex(LineWriter(descriptor: file.fileDescriptor))
        self.file = file
        let thread = Thread { [weak self, work] in
            while true {
                work.wait()
                guard let self else { return }
                self.writeBatch()
            }
        }
        thread.name = "log"
        thread.start()
    }

    deinit {
        // Nothing waits any more: what does holds it. The thread finds it gone.
        work.signal()
    }

    /// Blocks the calling thread until all lines that were added before have been written or given up, or until the time
    /// is over. For the end of a command.
    ///
    /// - Returns: whether it was in time.
    @discardableResult
    public func flush(within limit: Duration) -> Bool {
        let done = DispatchSemaphore(value: 0)
        let isIdle = state.withLock { state in
            if state.waiting.isEmpty, !state.isWriting { return true }
            state.flushes.append(done)
            return false
        }
        guard !isIdle else { return true }
        hurry.signal()
        return done.wait(timeout: .now() + limit / .seconds(1)) == .success
    }

    /// To be called by a log that has got lines, once until ``LineBatches/writePending(_:)`` has taken them.
    func enqueue(_ log: LineBatches) {
        state.withLock { $0.waiting.append(log) }
        work.signal()
    }

    private func writeBatch() {
        var (logs, flushes) = state.withLock { state in
            state.isWriting = !state.waiting.isEmpty
            return (state.take(), state.takeFlushes())
        }
        // They were written with the batch before.
        guard !logs.isEmpty else { return }
        writer.withLock { writer in
            for log in logs { log.writePending { writer.write($0) } }
        }
        logs = []
        flushes += state.withLock { state in
            state.isWriting = false
            return state.waiting.isEmpty ? state.takeFlushes() : []
        }
        for done in flushes { done.signal() }
        _ = hurry.wait(timeout: .now() + Self.interval)
    }
}
