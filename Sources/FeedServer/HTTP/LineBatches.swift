import FeedStore
import Metrics
import NIOPosix
import ServiceLifecycle
import Synchronization

/// The lines of one log, written in batches.
///
/// A line written when it comes costs more than a tenth of a feed page: a system call, and a lock that
/// all threads share. Here it is a few bytes in a buffer, which is written out some times a second and
/// at the end, on a thread of its own: whoever reads the log too slowly holds up no request.
///
/// What is lost is told: lines that don't fit into the buffer are dropped, counted in `log_dropped_lines_total` and, once
/// the reader goes on, in a line of the log. A process that is killed loses what has come since the last batch. Where
/// nothing can be written any more, the server ends.
final class LineBatches: Service {
    /// How long a line waits for its batch at the most.
    private static let interval = Duration.milliseconds(100)

    /// Bytes that wait at the most.
    static let maximumPending = 8 << 20

    static let droppedName = "log_dropped_lines_total"

    private struct State {
        var pending: [UInt8] = []
        var dropped = 0
    }

    private let name: String
    private let state = Mutex(State())
    private let output: LogOutput
    private let dropped: Counter

    /// - Parameters:
    ///   - name: of the log: `access`.
    ///   - output: shared by all logs that go there.
    ///   - metrics: makes `log_dropped_lines_total{log}`.
    init(name: String, output: LogOutput, metrics: any MetricsFactory) {
        self.name = name
        self.output = output
        dropped = Counter(label: Self.droppedName, dimensions: [("log", name)], factory: metrics)
    }

    /// Writes the batches until the server has stopped.
    func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            // It ends early with the shutdown, and what waits is written below.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) }
            try await flush()
        }
        try await flush()
    }

    /// Adds a line.
    ///
    /// - Parameter write: appends it without its end. It holds no line feed.
    func add(_ write: (inout [UInt8]) -> Void) {
        let isAdded = state.withLock { state in
            guard state.pending.count < Self.maximumPending else {
                state.dropped += 1
                return false
            }
            write(&state.pending)
            state.pending.append(UInt8(ascii: "\n"))
            return true
        }
        if !isAdded { dropped.increment() }
    }

    /// Writes what waits now, whether the task is cancelled or not: at the end of a shutdown that takes too long it is.
    func flush() async throws {
        let (batch, dropped) = state.withLock { state in
            defer {
                state.pending.removeAll(keepingCapacity: state.pending.count < Self.maximumPending / 64)
                state.dropped = 0
            }
            return (state.pending, state.dropped)
        }
        guard !batch.isEmpty else { return }
        let note = dropped > 0 ? "\(dropped) lines of the \(name) log were dropped\n" : ""
        // `runIfActive` would do nothing in a task that is cancelled.
        try await withCheckedThrowingContinuation { continuation in
            NIOThreadPool.singleton.submit { [output] _ in
                continuation.resume(with: Result { try output.write(batch + note.utf8) })
            }
        }
    }
}

extension [UInt8] {
    /// Appends the time, as it begins the line of a log.
    mutating func appendTime(_ time: Timestamp) {
        withUnsafeTemporaryAllocation(byteCount: Timestamp.rfc3339Length, alignment: 1) { text in
            time.writeRFC3339(into: text)
            append(contentsOf: text)
        }
    }
}
