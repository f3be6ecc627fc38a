import Logging
import Metrics
import NIOCore

/// Redis for everyone: runs scripts from any thread, over one connection for each node, and knows without waiting
/// whether that is worth while.
///
/// - Calls are pipelined. The usual one takes one round trip and two changes of threads.
/// - A call is answered within the command timeout, whatever happens to Redis, and at once while the circuit breaker
///   is not closed. See ``RedisBreaker`` and, for what is decided when, ``RedisSwitchboard``.
/// - Redirects are followed where the address names a cluster. Sentinel is not spoken.
///
/// The event loop must outlive the client. One that was started must be stopped.
final class RedisClient: Sendable {
    private let eventLoop: any EventLoop
    private let driver: NIOLoopBoundBox<RedisDriver>
    private let reachability: RedisReachability

    /// - Parameter random: spreads the attempts of many processes to come back.
    /// - Throws: ``InvalidCountCacheConfiguration`` for a setting out of its bounds, or trust roots that cannot be
    ///   read.
    init(
        configuration: RedisConfiguration,
        eventLoop: any EventLoop,
        logger: Logger,
        troubles: TroubleReporter,
        metricsFactory: any MetricsFactory,
        random: any RandomNumberGenerator & Sendable
    ) throws(InvalidCountCacheConfiguration) {
        try configuration.validate()
        let limits = RedisSession.Limits(
            connectTimeout: TimeAmount(configuration.connectTimeout),
            commandTimeout: TimeAmount(configuration.commandTimeout),
            probeInterval: TimeAmount(configuration.probeInterval)
        )
        let tls =
            configuration.address.usesTLS
            ? try RedisTLS(trustRoots: configuration.trustRoots, shutdownTimeout: limits.commandTimeout) : nil
        let reachability = RedisReachability()
        let driver = RedisDriver(
            address: configuration.address,
            connector: RedisConnector(
                eventLoop: eventLoop,
                tls: tls,
                connectTimeout: limits.connectTimeout,
                maxReplyBytes: configuration.maxReplyBytes
            ),
            switchboard: try Self.switchboard(configuration.address, limits, random),
            observers: .init(
                reachability: reachability,
                metrics: RedisMetrics(factory: metricsFactory),
                troubles: troubles,
                logger: logger
            )
        )
        self.eventLoop = eventLoop
        self.reachability = reachability
        self.driver = .makeBoxSendingValue(driver, eventLoop: eventLoop)
    }

    /// Whether the connection to the address stands and Redis answers on it: ``RedisState/ok`` or
    /// ``RedisState/away``. Kept true without any calls, within the probe interval and a command timeout.
    var state: RedisState {
        reachability.current == .inUse ? .ok : .away
    }

    /// Connects, and keeps connecting until ``stop()``. Calls that come after this wait for the first connection.
    func start() {
        reachability.startIfStopped()
        eventLoop.execute { self.driver.value.start() }
    }

    /// Closes all connections, and returns when nothing is left of them. Who still waits gets no answer. The client
    /// may be started again.
    func stop() async {
        do {
            try await eventLoop.flatSubmit { self.driver.value.stop() }.get()
        } catch {
            // Only an event loop that has ended fails this, and with it the connections.
            reachability.set(.away)
        }
    }

    /// Runs a script. The completion is called exactly once: with the reply, or with `nil` if Redis cannot be had,
    /// which has been reported then. An error reply that concerns this call alone is passed through. It is called on
    /// the event loop and must not block it, or at once on this thread when Redis is known to be away.
    func run(_ call: RedisScriptCall, completion: @escaping @Sendable (RedisReply?) -> Void) {
        guard reachability.current != .away else {
            completion(nil)
            return
        }
        if eventLoop.inEventLoop {
            driver.value.run(call, completion)
        } else {
            eventLoop.execute { self.driver.value.run(call, completion) }
        }
    }

    /// What is left to be ended, for tests.
    func remainder() async throws -> RedisDriver.Remainder {
        try await eventLoop.submit { self.driver.value.remainder }.get()
    }

    private static func switchboard(
        _ address: RedisAddress,
        _ limits: RedisSession.Limits,
        _ random: any RandomNumberGenerator & Sendable
    ) throws(InvalidCountCacheConfiguration) -> RedisSwitchboard {
        do {
            return try RedisSwitchboard(address: address, limits: limits, random: random)
        } catch {
            // Not an address of a few hundred bytes, then: there is no memory left.
            throw InvalidCountCacheConfiguration(setting: "address", bounds: "the memory that is left")
        }
    }
}
