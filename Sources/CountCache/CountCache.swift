public import Logging
public import Metrics
public import NIOCore
public import NIOPosix
public import ServiceLifecycle

/// A total that is asked for often and counted seldom: remembered by the process, then by Redis, then counted.
///
/// - Whatever happens to Redis costs a miss, a metric and now and then a log line; it never fails a call. A call
///   waits for Redis at most two command timeouts (one to ask, one to tell), and not at all while it is away.
/// - One key is looked up and counted once at a time within the process, however many callers wait for it.
/// - Nothing older than the time to live comes out of memory or Redis. Age is measured from the moment the counting
///   began and carries over from process to process: see ``CountStamp``.
///
/// Redis is used while ``run()`` runs, which owns the connection. Before and after that, or without an address of
/// Redis, the cache counts in memory.
public final class CountCache: Service {
    private let memory: MemoryTier
    private let redis: RedisTier?
    private let flights = SingleFlight<CountKey, Answer>()
    private let metrics: CountCacheMetrics
    private let troubles: TroubleReporter
    private let clock: MonotonicClock

    /// What a flight brings home. The age is worked out for each caller at the moment of answering.
    private struct Answer: Sendable {
        var entry: CountEntry
        var source: CountSource
    }

    /// - Parameters:
    ///   - logger: hears of Redis going and coming back.
    ///   - metricsFactory: gets `count_cache_hits_total{source}` (calls answered without counting),
    ///     `count_cache_loads_total` (counts taken) and `count_cache_errors_total{kind}` (``CountCacheTrouble``).
    ///   - eventLoopGroup: carries the connection to Redis.
    ///   - clock: for tests.
    /// - Throws: ``InvalidCountCacheConfiguration`` when a setting is out of its bounds.
    public init(
        configuration: CountCacheConfiguration,
        logger: Logger,
        metricsFactory: any MetricsFactory,
        eventLoopGroup: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup,
        clock: MonotonicClock = .system
    ) throws(InvalidCountCacheConfiguration) {
        try configuration.validate()
        let timeToLive = configuration.timeToLive.nanoseconds
        let metrics = CountCacheMetrics(factory: metricsFactory)
        let troubles = TroubleReporter(metrics: metrics, logger: logger, clock: clock)
        self.clock = clock
        self.metrics = metrics
        self.troubles = troubles
        memory = MemoryTier(timeToLive: timeToLive, capacity: configuration.maxKeys)
        redis = configuration.redis.map { address in
            RedisTier(
                client: RedisClient(
                    address: address,
                    configuration: configuration,
                    eventLoop: eventLoopGroup.next(),
                    logger: logger,
                    troubles: troubles
                ),
                timeToLive: timeToLive,
                troubles: troubles,
                clock: clock
            )
        }
    }

    /// Whether Redis is in use: for a health view. It is kept true without any calls, while ``run()`` runs.
    public var redisState: RedisState { redis?.client.state ?? .off }

    /// The count of a key if this process remembers it. Never waits, so it may be called on an event loop.
    public func cached(for key: CountKey) -> Count? {
        let now = clock.now()
        guard let entry = memory.entry(for: key, at: now) else { return nil }
        metrics.answered(from: .memory)
        return Count(value: entry.value, age: .nanoseconds(entry.age(at: now)), source: .memory)
    }

    /// The count of a key, from memory, from Redis, or by counting.
    ///
    /// - Parameter load: counts. It is called at most once at a time for a key within this process, with the first
    ///   caller's task-local values, and cancelled when no caller waits for it any more. What it returns reaches
    ///   Redis before the callers get it, so that who asks another process next finds it there. A negative value is
    ///   returned but not shared.
    /// - Throws: what `load` throws, to everyone who waited for it, and nothing is remembered of it;
    ///   `CancellationError` when the caller's task is cancelled.
    public func count(
        for key: CountKey,
        load: @Sendable @escaping () async throws -> Int
    ) async throws -> Count {
        if let count = cached(for: key) { return count }
        let answer = try await flights.value(for: key) {
            try await self.find(key, load: load)
        }
        metrics.answered(from: answer.source)
        let age = answer.entry.age(at: clock.now())
        return Count(value: answer.entry.value, age: .nanoseconds(age), source: answer.source)
    }

    /// Keeps the connection to Redis until graceful shutdown or cancellation, then closes it. To be run by one task
    /// at a time; it may be run again.
    public func run() async throws {
        redis?.client.start()
        do {
            try await gracefulShutdown()
        } catch is CancellationError {
            // Cancellation ends a service too, and the connection has to be closed all the same.
        }
        await redis?.client.stop()
    }

    private func find(_ key: CountKey, load: @Sendable () async throws -> Int) async throws -> Answer {
        // A flight that ended between the caller's look into memory and this one has left its count there.
        if let entry = memory.entry(for: key, at: clock.now()) {
            return Answer(entry: entry, source: .memory)
        }
        let lookup = await redis?.look(up: key)
        if let entry = lookup?.entry {
            memory.insert(entry, for: key)
            return Answer(entry: entry, source: .redis)
        }
        try Task.checkCancellation()
        let entry = try await counted(load)
        memory.insert(entry, for: key)
        if let lookup { await redis?.store(entry, for: key, after: lookup) }
        return Answer(entry: entry, source: .store)
    }

    private func counted(_ load: @Sendable () async throws -> Int) async throws -> CountEntry {
        let began = clock.now()
        metrics.loaded()
        do {
            return CountEntry(value: try await load(), countedAt: began)
        } catch {
            // When nobody waits any more, failing is what the load was asked to do.
            if !Task.isCancelled { troubles.count(.load) }
            throw error
        }
    }

    /// How many callers wait for a key: tests know by it when all have come.
    func waiterCount(for key: CountKey) -> Int {
        flights.waiterCount(for: key)
    }
}
