import CountCache
public import FeedStore
public import Logging

extension FeedServerParts {
    /// Opens the parts that a configuration names.
    ///
    /// - Returns: the parts, and the store by its own type, to be closed when the server has ended.
    /// - Throws: `StoreError` or ``ConfigurationError`` when one can't be used.
    public static func open(
        _ configuration: ServerConfiguration, logger: Logger
    ) throws -> (parts: FeedServerParts, store: SQLiteStore) {
        let metrics = PrometheusRegistry()
        let counts = try CountCache(
            configuration: countConfiguration(configuration), logger: logger, metricsFactory: metrics)
        var storeConfiguration = SQLiteStore.Configuration()
        storeConfiguration.readDeadline = configuration.readDeadline
        storeConfiguration.metrics = metrics
        let store = try SQLiteStore(path: configuration.databasePath, configuration: storeConfiguration)
        let secret = try configuration.secret ?? ServerSecret.load(besides: store.path)
        let cursors = PageCursorCodec(
            secret: secret, previousSecret: configuration.previousSecret,
            lifetime: configuration.cursorLifetime)
        return (FeedServerParts(store: store, counts: counts, metrics: metrics, cursors: cursors), store)
    }

    private static func countConfiguration(
        _ configuration: ServerConfiguration
    ) throws -> CountCacheConfiguration {
        let counting = configuration.counting
        var counts = CountCacheConfiguration()
        counts.timeToLive = counting.timeToLive
        counts.softTimeToLive = counting.softTimeToLive
        counts.wait = counting.wait
        counts.maxStaleAge = counting.maximumStaleAge
        counts.share = counting.share
        // The store gives up first, and says why.
        counts.loadTimeLimit = configuration.readDeadline + .seconds(1)
        guard let url = configuration.redisURL else { return counts }
        do {
            var redis = RedisConfiguration(address: try RedisAddress(url))
            if let path = configuration.redisTrustRootsPath { redis.trustRoots = .file(path) }
            counts.redis = redis
        } catch {
            throw ConfigurationError(.redis, "can't be used: \(error)")
        }
        return counts
    }
}
