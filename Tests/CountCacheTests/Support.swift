import Logging
import Synchronization
import TestSupport

@testable import CountCache

/// A clock that goes only when told to.
final class ManualClock: Sendable {
    private let time = Mutex<Int64>(1_000_000_000)

    var clock: MonotonicClock { MonotonicClock { self.time.withLock { $0 } } }

    func advance(by duration: Duration) {
        let (seconds, attoseconds) = duration.components
        time.withLock { $0 += seconds * 1_000_000_000 + attoseconds / 1_000_000_000 }
    }
}

/// A logger whose lines can be waited for.
final class LogRecorder: Sendable {
    private let recorded = Watched<[String]>([]) { $0.joined(separator: "\n") }

    var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self) } }
    var lines: [String] { recorded.value }

    /// Returns when the line has been logged so many times.
    func wait(for line: String, count: Int = 1) async throws {
        try await recorded.wait(for: "\(count) × log line '\(line)'") { lines in
            lines.count { $0.hasPrefix(line) } >= count
        }
    }

    func count(of line: String) -> Int {
        lines.count { $0.hasPrefix(line) }
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var metadataProvider: Logger.MetadataProvider?
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            recorder.recorded.update { $0.append("\(event.message) \(event.metadata ?? [:])") }
        }
    }
}

/// A cache with what can be seen of it from outside.
struct CacheUnderTest: Sendable {
    let cache: CountCache
    let log = LogRecorder()
    let metrics = MetricsSpy()

    /// Timeouts are generous unless given, for a busy machine.
    init(
        redis: String? = nil,
        commandTimeout: Duration = .seconds(60),
        clock: MonotonicClock = .system,
        change: (inout CountCacheConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = CountCacheConfiguration()
        if let redis {
            configuration.redis = RedisConfiguration(address: try RedisAddress(redis))
            configuration.redis?.commandTimeout = commandTimeout
            configuration.redis?.connectTimeout = .seconds(60)
        }
        configuration.timeToLive = .seconds(600)
        configuration.jitter = 0
        configuration.wait = .seconds(60)
        change(&configuration)
        cache = try CountCache(
            configuration: configuration,
            logger: log.logger,
            metricsFactory: metrics,
            clock: clock
        )
    }

    /// Runs the cache as a service while the body runs, which begins when it is known whether there is a Redis.
    func whileRunning(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await cache.run() }
            let result: Result<Void, any Error>
            do {
                if cache.redisState != .off { try await log.wait(for: "Redis ") }
                result = .success(try await body())
            } catch {
                result = .failure(error)
            }
            group.cancelAll()
            try await group.waitForAll()
            try result.get()
        }
    }

    /// Asks with a closure that ignores the limit.
    func count(_ key: CountKey, _ load: @escaping @Sendable () -> Int) async throws -> Count? {
        try await cache.count(for: key) { _ in load() }
    }

    /// Returns when nothing is under way.
    func quiet() async throws {
        try await waitUntil("nothing under way", last: { "\(cache.workCount) under way" }) {
            cache.workCount == 0
        }
    }

    /// Returns when so many callers wait for a key.
    func waiters(_ count: Int, for key: CountKey) async throws {
        try await waitUntil("\(count) callers wait", last: { "\(cache.waiterCount(for: key)) wait" }) {
            cache.waiterCount(for: key) >= count
        }
    }

    var loads: Int64 { metrics.value("count_cache_loads_total") }
    func hits(_ source: CountSource) -> Int64 { metrics.value("count_cache_hits_total \(source.rawValue)") }
    func leases(_ outcome: String) -> Int64 { metrics.value("count_cache_leases_total \(outcome)") }
    func errors(_ kind: CountCacheTrouble) -> Int64 {
        metrics.value("count_cache_errors_total \(kind.rawValue)")
    }
}

/// What happened, in its order.
final class Recorder<Value: Sendable>: Sendable {
    private let state = Mutex<[Value]>([])

    var values: [Value] { state.withLock { $0 } }

    func record(_ value: Value) {
        state.withLock { $0.append(value) }
    }
}
