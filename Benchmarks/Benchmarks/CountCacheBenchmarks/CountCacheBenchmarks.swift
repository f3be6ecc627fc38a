import Benchmark
import CountCache
import Foundation
import Logging
import Metrics
import NIOPosix

/// What a total costs that has been counted already: from memory, and from a Redis on the loopback interface, whose
/// address is in `BENCHMARK_REDIS`.
let benchmarks: @Sendable () -> Void = {
    // One sample is a thousand calls, one after the other, and the figures are divided by that: a clock is too
    // coarse for one call of the first kind, and what is done between two samples disturbs those of the last.
    let oneOfAThousand = Benchmark.Configuration(
        metrics: [.wallClock], scalingFactor: .kilo, maxDuration: .seconds(5))

    Benchmark("current, fresh in memory", configuration: oneOfAThousand) { benchmark in
        let (cache, keys) = try await counted(redis: nil)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            blackHole(cache.current(for: keys[0], load: { _ in 1 }))
        }
        benchmark.stopMeasurement()
    }

    Benchmark("count, fresh in memory", configuration: oneOfAThousand) { benchmark in
        let (cache, keys) = try await counted(redis: nil)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            blackHole(try await cache.count(for: keys[0]) { _ in 1 })
        }
        benchmark.stopMeasurement()
    }

    // What a change of threads and back costs on the machine, to which the figures below have to be held.
    Benchmark(
        "to an event loop and back", configuration: oneOfAThousand
    ) { benchmark in
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        for _ in benchmark.scaledIterations {
            await withCheckedContinuation { continuation in
                eventLoop.execute { continuation.resume() }
            }
        }
    }

    guard let redis = ProcessInfo.processInfo.environment["BENCHMARK_REDIS"] else { return }
    let shared = SharedCache(redis: redis)
    // A cache that remembers one key, asked for two in turn, finds each in Redis.
    Benchmark(
        "count, fresh in Redis", configuration: oneOfAThousand
    ) { benchmark in
        let (cache, keys) = try await shared.value()
        benchmark.startMeasurement()
        for index in benchmark.scaledIterations {
            let count = try await cache.count(for: keys[index % 2]) { _ in 1 }
            precondition(count?.source == .redis, "measured something else: \(String(describing: count))")
        }
        benchmark.stopMeasurement()
    }
}

private func counted(redis: String?) async throws -> (CountCache, [CountKey]) {
    var configuration = CountCacheConfiguration()
    configuration.timeToLive = .seconds(86_400)
    if let redis {
        configuration.redis = RedisConfiguration(address: try RedisAddress(redis))
        configuration.maxKeys = 1
    }
    let cache = try CountCache(
        configuration: configuration, logger: Logger(label: "benchmark"),
        metricsFactory: NOOPMetricsHandler.instance)
    let keys = try ["a", "b"].map { try CountKey(collection: $0, namespace: "benchmark") }
    if redis != nil {
        // It runs until the process ends.
        Task { try await cache.run() }
        while cache.redisState != .ok { try await Task.sleep(for: .milliseconds(1)) }
    }
    for key in keys { _ = try await cache.count(for: key) { _ in 42 } }
    return (cache, keys)
}

/// Connected once, for all samples.
private actor SharedCache {
    private let redis: String
    private var made: (CountCache, [CountKey])?

    init(redis: String) {
        self.redis = redis
    }

    func value() async throws -> (CountCache, [CountKey]) {
        if let made { return made }
        let cache = try await counted(redis: redis)
        made = cache
        return cache
    }
}
