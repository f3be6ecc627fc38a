import Logging
import NIOCore
import Synchronization

/// Redis for everyone: passes commands to the driver on its event loop, and knows from any thread whether that is
/// worth while.
final class RedisClient: Sendable {
    private let eventLoop: any EventLoop
    private let driver: NIOLoopBoundBox<RedisConnectionDriver?>
    private let status: Status
    private let makeDriver: @Sendable () throws -> RedisConnectionDriver

    init(
        address: RedisAddress,
        configuration: CountCacheConfiguration,
        eventLoop: any EventLoop,
        logger: Logger,
        troubles: TroubleReporter
    ) {
        let status = Status(address: address, logger: logger, troubles: troubles)
        self.status = status
        self.eventLoop = eventLoop
        driver = .makeBoxSendingValue(nil, eventLoop: eventLoop)
        makeDriver = {
            try RedisConnectionDriver(
                address: address,
                configuration: configuration,
                eventLoop: eventLoop,
                report: status.note
            )
        }
    }

    var state: RedisState {
        status.isUsable == .yes ? .ok : .away
    }

    /// Connects, and keeps connecting until ``stop()``.
    func start() {
        eventLoop.execute {
            guard self.driver.value == nil else { return }
            self.status.begin()
            do {
                let driver = try self.makeDriver()
                self.driver.value = driver
                driver.start()
            } catch {
                self.status.note(.trouble(.overload))
                self.status.note(.isAway(because: .overload))
            }
        }
    }

    /// Closes the connection; who still waits gets no answer.
    func stop() async {
        let stopped = eventLoop.flatSubmit {
            self.status.end()
            let driver = self.driver.value
            self.driver.value = nil
            return driver?.stop() ?? self.eventLoop.makeSucceededVoidFuture()
        }
        do {
            try await stopped.get()
        } catch {
            // Only an event loop that has ended fails this, and with it the connection.
            status.end()
        }
    }

    /// Sends commands together; one reply for each, or `nil` if Redis cannot be had, at once if that is known.
    func execute(_ commands: [RedisCommand]) async -> [RedisReply]? {
        guard status.isUsable != .no else { return nil }
        let replies = eventLoop.flatSubmit { () -> EventLoopFuture<[RedisReply]?> in
            guard let driver = self.driver.value else { return self.eventLoop.makeSucceededFuture(nil) }
            let promise = self.eventLoop.makePromise(of: [RedisReply]?.self)
            driver.execute(commands, promise)
            return promise.futureResult
        }
        do {
            return try await replies.get()
        } catch {
            // The driver never fails a promise. An event loop that has ended does: that is as good as away.
            return nil
        }
    }
}

extension RedisClient {
    /// Whether Redis is usable, for every thread to read, and the log lines about its going and coming.
    final class Status: Sendable {
        enum Usable: Sendable {
            /// Not connected yet for the first time: worth waiting for, a command timeout long.
            case perhaps
            case yes
            case no
        }

        private let usable = Mutex(Usable.no)
        private let wasAway = Mutex(false)
        private let address: RedisAddress
        private let logger: Logger
        private let troubles: TroubleReporter

        init(address: RedisAddress, logger: Logger, troubles: TroubleReporter) {
            self.address = address
            self.logger = logger
            self.troubles = troubles
        }

        var isUsable: Usable { usable.withLock { $0 } }

        func begin() {
            usable.withLock { $0 = .perhaps }
        }

        func end() {
            usable.withLock { $0 = .no }
        }

        @Sendable func note(_ effect: RedisSession.Effect) {
            switch effect {
            case .trouble(let trouble):
                troubles.count(trouble)
            case .isOk:
                usable.withLock { $0 = .yes }
                let isReturn = wasAway.withLock { away in
                    defer { away = false }
                    return away
                }
                logger.notice(
                    isReturn ? "Redis is back" : "Redis is in use",
                    metadata: ["redis": "\(address)"]
                )
            case .isAway(let trouble):
                usable.withLock { $0 = .no }
                wasAway.withLock { $0 = true }
                logger.warning(
                    "Redis away, counting in memory",
                    metadata: ["redis": "\(address)", "kind": "\(trouble.rawValue)"]
                )
            case .connect, .send, .close, .answer:
                break
            }
        }
    }
}
