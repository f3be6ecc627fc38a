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
        let counts: CountCache
        do {
            counts = try CountCache(
                configuration: countConfiguration(configuration), logger: logger, metricsFactory: metrics)
        } catch let error as InvalidCountCacheConfiguration {
            throw ConfigurationError(key(of: error), "must be \(error.bounds)")
        }
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

    /// The key that sets what the count cache refuses. All else has been checked by its own bounds.
    private static func key(of error: InvalidCountCacheConfiguration) -> ConfigurationKey {
        switch error.setting {
        case "trustRoots": .redisTrustRoots
        case "softTimeToLive": .countSoftTTL
        default: .redis
        }
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
            if let path = configuration.redisTrustRootsPath {
                guard redis.address.usesTLS else {
                    throw ConfigurationError(.redisTrustRoots, "is for a rediss:// address only")
                }
                redis.trustRoots = .file(path)
            }
            counts.redis = redis
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw ConfigurationError(.redis, "can't be used: \(error)")
        }
        return counts
    }
}
