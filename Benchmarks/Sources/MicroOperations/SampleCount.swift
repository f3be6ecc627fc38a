public import CountCache
import Logging
import Metrics

/// Totals that have been counted already.
public enum SampleCount {
    /// A count cache that remembers the total of a key for longer than any benchmark runs.
    static func inMemory() async throws -> (cache: CountCache, key: CountKey) {
        let cache = try makeCache(CountCacheConfiguration())
        let key = try CountKey(collection: "a", namespace: "benchmark")
        _ = try await cache.count(for: key) { _ in 42 }
        return (cache, key)
    }

    /// A count cache that remembers one key of the two that it is asked for, so that it finds each in Redis as
    /// long as they are asked for in turn.
    ///
    /// Its connection is kept until the process ends.
    public static func inRedis(_ address: String) async throws -> (cache: CountCache, keys: [CountKey]) {
        var configuration = CountCacheConfiguration(
            redis: RedisConfiguration(address: try RedisAddress(address)))
        configuration.maxKeys = 1
        let cache = try makeCache(configuration)
        Task { try await cache.run() }
        while cache.redisState != .ok { try await Task.sleep(for: .milliseconds(1)) }
        let keys = try ["a", "b"].map { try CountKey(collection: $0, namespace: "benchmark") }
        for key in keys { _ = try await cache.count(for: key) { _ in 42 } }
        return (cache, keys)
    }

    private static func makeCache(_ configuration: CountCacheConfiguration) throws -> CountCache {
        var configuration = configuration
        configuration.timeToLive = .seconds(86_400)
        return try CountCache(
            configuration: configuration, logger: Logger(label: "benchmark"),
            metricsFactory: NOOPMetricsHandler.instance)
    }
}
