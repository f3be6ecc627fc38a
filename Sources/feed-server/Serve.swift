import ArgumentParser
import FeedServer
import FeedStore
import Foundation
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// `feed-server serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the feed over HTTP.",
        discussion: """
            Each option can be set in the environment and in a file .env as well: --max-skip is \
            FEED_MAX_SKIP there. Arguments win over the environment, and that wins over .env.
            """)

    @Option(name: .customLong("host"), help: .init(.host))
    var host: String?

    @Option(name: .customLong("port"), help: .init(.port))
    var port: String?

    @Option(name: .customLong("operations-address"), help: .init(.operationsAddress))
    var operationsAddress: String?

    @Option(name: .customLong("hosts"), help: .init(.hosts))
    var hosts: String?

    @Option(name: .customLong("database"), help: .init(.database))
    var database: String?

    @Option(name: .customLong("redis"), help: .init(.redis))
    var redis: String?

    @Option(name: .customLong("redis-trust-roots"), help: .init(.redisTrustRoots))
    var redisTrustRoots: String?

    @Option(name: .customLong("secret"), help: .init(.secret))
    var secret: String?

    @Option(name: .customLong("previous-secret"), help: .init(.previousSecret))
    var previousSecret: String?

    @Option(name: .customLong("cursor-lifetime"), help: .init(.cursorLifetime))
    var cursorLifetime: String?

    @Option(name: .customLong("posts-per-page"), help: .init(.postsPerPage))
    var postsPerPage: String?

    @Option(name: .customLong("max-skip"), help: .init(.maximumSkip))
    var maximumSkip: String?

    @Option(name: .customLong("count-ttl"), help: .init(.countTTL))
    var countTTL: String?

    @Option(name: .customLong("count-soft-ttl"), help: .init(.countSoftTTL))
    var countSoftTTL: String?

    @Option(name: .customLong("count-wait"), help: .init(.countWait))
    var countWait: String?

    @Option(name: .customLong("count-max-stale"), help: .init(.countMaximumStale))
    var countMaximumStale: String?

    @Option(name: .customLong("count-share"), help: .init(.countShare))
    var countShare: String?

    @Option(name: .customLong("read-deadline"), help: .init(.readDeadline))
    var readDeadline: String?

    @Option(name: .customLong("max-connections"), help: .init(.maximumConnections))
    var maximumConnections: String?

    @Option(name: .customLong("max-connections-per-address"), help: .init(.maximumConnectionsPerAddress))
    var maximumConnectionsPerAddress: String?

    @Option(name: .customLong("max-body-memory"), help: .init(.maximumBodyMemory))
    var maximumBodyMemory: String?

    @Option(name: .customLong("head-timeout"), help: .init(.headTimeout))
    var headTimeout: String?

    @Option(name: .customLong("body-timeout"), help: .init(.bodyTimeout))
    var bodyTimeout: String?

    @Option(name: .customLong("write-timeout"), help: .init(.writeTimeout))
    var writeTimeout: String?

    @Option(name: .customLong("media"), help: .init(.media))
    var media: String?

    @Option(name: .customLong("token-lifetime"), help: .init(.tokenLifetime))
    var tokenLifetime: String?

    @Option(name: .customLong("session-lifetime"), help: .init(.sessionLifetime))
    var sessionLifetime: String?

    @Option(name: .customLong("secure-cookies"), help: .init(.secureCookies))
    var secureCookies: String?

    @Option(name: .customLong("scrypt-cost"), help: .init(.scryptCost))
    var scryptCost: String?

    @Option(name: .customLong("attempts-per-account"), help: .init(.attemptsPerAccount))
    var attemptsPerAccount: String?

    @Option(name: .customLong("attempts-per-address"), help: .init(.attemptsPerAddress))
    var attemptsPerAddress: String?

    @Option(name: .customLong("trusted-proxies"), help: .init(.trustedProxies))
    var trustedProxies: String?

    @Option(name: .customLong("drain-delay"), help: .init(.drainDelay))
    var drainDelay: String?

    @Option(name: .customLong("shutdown-timeout"), help: .init(.shutdownTimeout))
    var shutdownTimeout: String?

    @Option(name: .customLong("access-log"), help: .init(.accessLog))
    var accessLog: String?

    @Option(name: .customLong("audit-log"), help: .init(.auditLog))
    var auditLog: String?

    @Option(name: .customLong("log-level"), help: .init(.logLevel))
    var logLevel: String?

    func run() async throws {
        let configuration: ServerConfiguration
        do {
            configuration = try await ServerConfiguration(arguments: arguments)
        } catch {
            throw CommandFailure.exit(error)
        }
        do {
            try await serve(configuration)
        } catch let error as IOError {
            throw CommandFailure.exit(
                error, context: "can't serve on \(configuration.host):\(configuration.port)")
        } catch {
            throw CommandFailure.exit(error)
        }
    }

    /// The server's own log, on standard error.
    static func logger(_ configuration: ServerConfiguration, metrics: PrometheusRegistry) -> Logger {
        var logger = Logger(
            label: "feed-server",
            lines: LineBatches(name: "server", output: .standardError, metrics: metrics))
        logger.logLevel = configuration.logLevel
        return logger
    }

    private func serve(_ configuration: ServerConfiguration) async throws {
        let metrics = PrometheusRegistry()
        let logger = Self.logger(configuration, metrics: metrics)
        try DescriptorBudget.raiseLimit(for: configuration)
        let (parts, store) = try await FeedServerParts.open(
            configuration, pictureWorker: .thisProgram, logger: logger, metrics: metrics)
        var configuration = configuration
        let room = try DescriptorBudget.current().bound(&configuration)
        let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
        let server = try buildFeedServer(
            configuration: configuration, parts: parts, logger: logger,
            onListening: {
                StandardStreams.say("Listening on http://\(host):\($0)", metrics: metrics)
                logger.log(level: room.isShort ? .warning : .info, "\(room)")
            },
            onOperationsListening: { StandardStreams.say("Operations on http://\($0)", metrics: metrics) })
        let timeout = configuration.drainDelay + configuration.shutdownTimeout
        var group = ServiceGroupConfiguration(
            // They are asked to end in the opposite order.
            services: [server, ShutdownDeadline(requests: timeout)],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = timeout
        // The group tells of each service's start and end.
        group.logger.logLevel = max(logger.logLevel, .warning)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch is CancellationError {
            // By the group alone: the time for requests is over, and those that were left have been cut off. That is
            // what the operator has asked for, and no failure.
        } catch {
            try await store.close()
            throw error
        }
        try await store.close()
        logger.info("Stopped")
    }

    /// The options that were given, by their keys.
    private var arguments: [ConfigurationKey: String] {
        let options: [(ConfigurationKey, String?)] = [
            (.host, host),
            (.port, port),
            (.operationsAddress, operationsAddress),
            (.hosts, hosts),
            (.database, database),
            (.redis, redis),
            (.redisTrustRoots, redisTrustRoots),
            (.secret, secret),
            (.previousSecret, previousSecret),
            (.cursorLifetime, cursorLifetime),
            (.postsPerPage, postsPerPage),
            (.maximumSkip, maximumSkip),
            (.countTTL, countTTL),
            (.countSoftTTL, countSoftTTL),
            (.countWait, countWait),
            (.countMaximumStale, countMaximumStale),
            (.countShare, countShare),
            (.readDeadline, readDeadline),
            (.maximumConnections, maximumConnections),
            (.maximumConnectionsPerAddress, maximumConnectionsPerAddress),
            (.maximumBodyMemory, maximumBodyMemory),
            (.headTimeout, headTimeout),
            (.bodyTimeout, bodyTimeout),
            (.writeTimeout, writeTimeout),
            (.media, media),
            (.tokenLifetime, tokenLifetime),
            (.sessionLifetime, sessionLifetime),
            (.secureCookies, secureCookies),
            (.scryptCost, scryptCost),
            (.attemptsPerAccount, attemptsPerAccount),
            (.attemptsPerAddress, attemptsPerAddress),
            (.trustedProxies, trustedProxies),
            (.drainDelay, drainDelay),
            (.shutdownTimeout, shutdownTimeout),
            (.accessLog, accessLog),
            (.auditLog, auditLog),
            (.logLevel, logLevel),
        ]
        return options.reduce(into: [:]) { arguments, option in arguments[option.0] = option.1 }
    }
}

extension ArgumentHelp {
    fileprivate init(_ key: ConfigurationKey) {
        let standard = key.standard.isEmpty ? "" : " (default: \(key.standard))"
        self.init("\(key.help)\(standard)", valueName: "value")
    }
}
