import Logging
import Synchronization

/// Counts every trouble and writes some of them to the log: at most one line a minute of each kind, so that a key
/// with a bad value, asked for a thousand times a second, does not fill a disk.
final class TroubleReporter: Sendable {
    /// Nanoseconds between two lines of one kind.
    static let quietTime: Int64 = 60 * 1_000_000_000

    private let metrics: CountCacheMetrics
    private let logger: Logger
    private let clock: MonotonicClock
    private let lastLines = Mutex<[CountCacheTrouble: Int64]>([:])

    init(metrics: CountCacheMetrics, logger: Logger, clock: MonotonicClock) {
        self.metrics = metrics
        self.logger = logger
        self.clock = clock
    }

    /// Counts a trouble that the log hears of in another way.
    func count(_ trouble: CountCacheTrouble) {
        metrics.failed(trouble)
    }

    /// Counts a trouble with one key, and logs it if its kind was quiet for ``quietTime``.
    ///
    /// - Parameter error: what the closure that counts has thrown.
    func report(
        _ trouble: CountCacheTrouble, key: CountKey, _ message: Logger.Message, _ error: (any Error)? = nil
    ) {
        metrics.failed(trouble)
        let now = clock.now()
        let isDue = lastLines.withLock { lines in
            if let last = lines[trouble], now - last < Self.quietTime { return false }
            lines[trouble] = now
            return true
        }
        guard isDue else { return }
        var metadata: Logger.Metadata = ["kind": "\(trouble.rawValue)", "key": "\(key.redisKey)"]
        if let error { metadata["error"] = "\(String(reflecting: error))" }
        logger.warning(message, metadata: metadata)
    }
}
