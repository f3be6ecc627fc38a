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
        var countConfiguration = CountCacheConfiguration()
        countConfiguration.timeToLive = configuration.countTTL
        if let url = configuration.redisURL {
            do {
                countConfiguration.redis = try RedisAddress(url)
            } catch {
                throw ConfigurationError(.redis, "can't be used: \(error)")
            }
        }
        let counts = try CountCache(
            configuration: countConfiguration, logger: logger, metricsFactory: metrics)
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
}
