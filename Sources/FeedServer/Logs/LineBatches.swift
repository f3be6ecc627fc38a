import FeedStore
public import Metrics
import Synchronization

/// The lines of one log, written in batches by its ``LogOutput``.
///
/// A line written when it comes costs more than a tenth of a feed page: a system call, and a lock that
/// all threads share. Here it is a few bytes in a buffer, and whoever adds it waits for nobody.
///
/// What is lost is told: lines that don't fit into the buffer, because the reader is too slow, and lines that can't be
/// written, because it is gone or the disk is full, are dropped, counted in `log_dropped_lines_total` and, once something
/// can be written again, in a line of the log. A process that is killed loses what has come since the last batch.
public final class LineBatches: Sendable {
    /// Bytes that wait at the most; as many may be on their way.
    static let maximumPending = 8 << 20

    static let droppedName = "log_dropped_lines_total"

    private struct State {
        var pending: [UInt8] = []
        /// Since that was told in a line.
        var dropped = 0
        /// Whether the output knows that there are lines.
        var isQueued = false
    }

    private let name: String
    private let state = Mutex(State())
    private let output: LogOutput
    private let dropped: Counter

    /// - Parameters:
    ///   - name: of the log: `access`.
    ///   - output: shared by all logs that go there.
    ///   - metrics: makes `log_dropped_lines_total{log}`.
    public init(
        name: String, output: LogOutput, metrics: any MetricsFactory = NOOPMetricsHandler.instance
    ) {
        self.name = name
        self.output = output
        dropped = Counter(label: Self.droppedName, dimensions: [("log", name)], factory: metrics)
    }

    /// Adds a text as one line: what breaks it becomes a space.
    public func add(_ text: String) {
        let lineFeed = UInt8(ascii: "\n")
        let end = text.utf8.last == lineFeed ? text.utf8.dropLast() : text.utf8[...]
        add { $0.append(contentsOf: end.lazy.map { $0 == lineFeed ? UInt8(ascii: " ") : $0 }) }
    }

    /// Adds a line.
    ///
    /// - Parameter write: appends it without its end. It holds no line feed.
    func add(_ write: (inout [UInt8]) -> Void) {
        enum Outcome { case added, first, dropped }
        let outcome: Outcome = state.withLock { state in
            guard state.pending.count < Self.maximumPending else {
                state.dropped += 1
                return .dropped
            }
            write(&state.pending)
            state.pending.append(UInt8(ascii: "\n"))
            defer { state.isQueued = true }
            return state.isQueued ? .added : .first
        }
        switch outcome {
        case .added: break
        case .first: output.enqueue(self)
        case .dropped: dropped.increment()
        }
    }

    /// Hands over what waits. For the output.
    ///
    /// - Parameter write: writes lines, and returns how many of them it could not.
    func writePending(_ write: ([UInt8]) -> Int) {
        let (batch, missing) = state.withLock { state in
            defer {
                state.pending.removeAll(keepingCapacity: state.pending.count < Self.maximumPending / 64)
                state.isQueued = false
            }
            return (state.pending, state.dropped)
        }
        let lost = write(batch)
        if lost > 0 { dropped.increment(by: lost) }
        // Where these could not be written, neither could that.
        let isTold =
            lost == 0 && missing > 0
            && write(Array("\(missing) lines of the \(name) log were dropped\n".utf8)) == 0
        state.withLock { $0.dropped += lost - (isTold ? missing : 0) }
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
