import Logging
import Metrics
import Synchronization

/// Whether commits succeed, as far as the last one tells.
///
/// While they fail, a small write of the store's own is tried again and again, so that a store that nobody writes to
/// finds out as well that it can be written to.
final class CommitHealth: Sendable {
    /// How long after a failure it is tried again.
    static let probeInterval = Duration.seconds(1)

    private struct State {
        var isFailing = false
        var isClosed = false
        var probe: (@Sendable () async throws -> Void)?
        var probing: Task<Void, Never>?
    }

    private let interval: Duration
    private let logger: Logger
    private let failures: Counter
    private let state = Mutex(State())

    init(probeInterval: Duration = CommitHealth.probeInterval, metrics: any MetricsFactory, logger: Logger) {
        interval = probeInterval
        self.logger = logger
        failures = Counter(label: "feed_store_commit_failures_total", factory: metrics)
    }

    var writes: StoreStatus.Writes { state.withLock { $0.isFailing } ? .failing : .ok }

    /// To be called once, before the first commit.
    ///
    /// - Parameter probe: makes a commit that writes something; how that ends is told to this object like that of any
    ///   other.
    func probe(with probe: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.probe = probe }
    }

    /// A commit has written something, and it is on the disk.
    func committed() {
        let hasChanged = state.withLock { state in
            defer { state.isFailing = false }
            state.probing?.cancel()
            state.probing = nil
            return state.isFailing
        }
        if hasChanged { logger.notice("store: commits succeed again") }
    }

    /// A commit has failed.
    func failed(_ error: any Error) {
        failures.increment()
        let hasChanged = state.withLock { state in
            if state.isFailing || state.isClosed { return false }
            state.isFailing = true
            state.probing = Task { [weak self, interval] in
                while !Task.isCancelled {
                    // It fails where it is cancelled: it is over then.
                    try? await Task.sleep(for: interval)
                    guard !Task.isCancelled, let probe = self?.state.withLock({ $0.probe }) else { return }
                    // What it fails with has been told like that of any commit.
                    try? await probe()
                }
            }
            return true
        }
        if hasChanged { logger.error("store: commits fail, nothing can be written: \(error)") }
    }

    /// Ends what is tried. To be called before the writer is closed.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.probing?.cancel()
            state.probing = nil
            state.probe = nil
        }
    }
}
