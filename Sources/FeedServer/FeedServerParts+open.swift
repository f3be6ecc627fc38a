import CountCache
public import FeedStore
import Foundation
public import Logging

extension FeedServerParts {
    /// Opens the parts that a configuration names.
    ///
    /// - Parameters:
    ///   - pictureWorker: the program that decodes pictures; `nil` where there is none, and every
    ///     picture is refused as unavailable. This process never decodes one itself.
    ///   - metrics: where all parts count, and maybe the logger.
    /// - Returns: the parts, and the store by its own type, to be closed when the server has ended.
    /// - Throws: `StoreError` or ``ConfigurationError`` when one can't be used.
    public static func open(
        _ configuration: ServerConfiguration, pictureWorker: PictureWorkerProgram? = nil, logger: Logger,
        metrics: PrometheusRegistry = PrometheusRegistry()
    ) async throws -> (parts: FeedServerParts, store: SQLiteStore) {
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
        storeConfiguration.logger = logger
        let store = try SQLiteStore(path: configuration.databasePath, configuration: storeConfiguration)
        let secret = try configuration.secret ?? ServerSecret.load(besides: store.path)
        let cursors = PageCursorCodec(
            secret: secret, previousSecret: configuration.previousSecret,
            lifetime: configuration.cursorLifetime)
        let tokens = await AccessTokens(
            secret: secret, previousSecret: configuration.previousSecret,
            lifetime: Int64(configuration.accounts.tokenLifetime))
        let parts = FeedServerParts(
            store: store, accounts: store, counts: counts, metrics: metrics, cursors: cursors, tokens: tokens,
            workshop: try workshop(
                configuration, store, pictureWorker, PictureMetrics(factory: metrics), logger: logger),
            audit: AuditLog(
                lines: configuration.logsAccounts
                    ? LineBatches(name: "audit", output: .standardError, metrics: metrics) : nil,
                secret: secret))
        return (parts, store)
    }

    private static func workshop(
        _ configuration: ServerConfiguration, _ store: SQLiteStore, _ pictureWorker: PictureWorkerProgram?,
        _ metrics: PictureMetrics, logger: Logger
    ) throws -> Workshop {
        let scrypt = ScryptParameters(
            log2N: configuration.accounts.scryptCost, parallelism: ScryptParameters.standard.parallelism)
        let folder = configuration.mediaPath ?? ServerConfiguration.mediaPath(of: store.path)
        do {
            return Workshop(
                passwords: PasswordHasher(parameters: scrypt),
                portraits: PortraitMaker(pictureWorker, metrics: metrics, logger: logger),
                pictures: try PictureFolder(path: folder) { try await store.isImageFileUsed($0.description) },
                hasUsers: { try await store.count(.users, limit: 1) > 0 },
                logger: logger)
        } catch {
            throw ConfigurationError(.media, "can't be used: \(error)")
        }
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
