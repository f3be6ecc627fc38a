import Logging
import NIOCore
import NIOPosix

/// Carries out what a ``RedisSession`` decides: one connection, one timer. Everything in here happens on one event
/// loop; it is not `Sendable`, and ``RedisClient`` holds it bound to that loop.
final class RedisConnectionDriver {
    private let address: RedisAddress
    private let connectTimeout: TimeAmount
    private let maxReplyBytes: Int
    private let eventLoop: any EventLoop
    private let report: (RedisSession.Effect) -> Void

    private var session: RedisSession
    private var channel: (any Channel)?
    private var timer: (deadline: NIODeadline, task: Scheduled<Void>)?
    private var callers: [UInt64: EventLoopPromise<[RedisReply]?>] = [:]
    private var lastID: UInt64 = 0

    /// - Parameter report: hears of troubles and of Redis going and coming.
    init(
        address: RedisAddress,
        configuration: CountCacheConfiguration,
        eventLoop: any EventLoop,
        report: @escaping (RedisSession.Effect) -> Void
    ) throws(CountCacheTrouble) {
        self.address = address
        self.eventLoop = eventLoop
        self.report = report
        connectTimeout = TimeAmount(configuration.connectTimeout)
        maxReplyBytes = configuration.maxReplyBytes
        // TIME and PING: the one says that we may read the clock, the other fails while Redis is loading.
        let probe = [RedisCommand("TIME"), RedisCommand("PING")]
        session = RedisSession(
            limits: .init(commandTimeout: TimeAmount(configuration.commandTimeout)),
            handshake: try Self.request(Self.introduction(to: address) + probe),
            probe: try Self.request(probe)
        )
    }

    func start() {
        eventLoop.assertInEventLoop()
        perform(session.start())
    }

    /// - Returns: succeeds when the connection is closed.
    func stop() -> EventLoopFuture<Void> {
        eventLoop.assertInEventLoop()
        let closed = channel?.closeFuture
        perform(session.stop())
        return closed ?? eventLoop.makeSucceededVoidFuture()
    }

    /// Sends commands together. The promise gets one reply for each, or `nil` if Redis cannot be had.
    func execute(_ commands: [RedisCommand], _ promise: EventLoopPromise<[RedisReply]?>) {
        eventLoop.assertInEventLoop()
        lastID += 1
        do {
            let request = try Self.request(commands, id: lastID)
            callers[lastID] = promise
            perform(session.submit(request, now: .now()))
        } catch {
            report(.trouble(error))
            promise.succeed(nil)
        }
    }

    func received(_ reply: RedisReply, attempt: UInt64) {
        perform(session.received(reply, attempt: attempt, now: .now()))
    }

    func failed(_ trouble: CountCacheTrouble, attempt: UInt64) {
        perform(session.failed(trouble, attempt: attempt, now: .now()))
    }

    private static func introduction(to address: RedisAddress) -> [RedisCommand] {
        var commands: [RedisCommand] = []
        if let password = address.password {
            commands.append(
                address.user.map { RedisCommand("AUTH", $0, password) } ?? RedisCommand("AUTH", password)
            )
        }
        if address.database != 0 { commands.append(RedisCommand("SELECT", "\(address.database)")) }
        return commands
    }

    private static func request(
        _ commands: [RedisCommand],
        id: UInt64 = 0
    ) throws(CountCacheTrouble) -> RedisSession.Request {
        var bytes = ByteBuffer()
        for command in commands { try command.encode(into: &bytes) }
        return RedisSession.Request(id: id, bytes: bytes, replyCount: commands.count)
    }

    private func perform(_ effects: [RedisSession.Effect]) {
        for effect in effects {
            switch effect {
            case .connect(let attempt):
                connect(attempt: attempt)
            case .send(let bytes):
                // A write that fails closes the channel, and of that the handler tells.
                channel?.writeAndFlush(bytes, promise: nil)
            case .close:
                // Closing twice is the only error there can be, and is what we want anyway.
                channel?.close(promise: nil)
                channel = nil
            case .answer(let id, let replies):
                callers.removeValue(forKey: id)?.succeed(replies)
            case .trouble, .isOk, .isAway:
                report(effect)
            }
        }
        keepTime()
    }

    private func connect(attempt: UInt64) {
        let driver = NIOLoopBound(self, eventLoop: eventLoop)
        let maxReplyBytes = maxReplyBytes
        ClientBootstrap(group: eventLoop)
            .connectTimeout(connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try RedisChannelHandler(
                        driver: driver.value,
                        attempt: attempt,
                        maxReplyBytes: maxReplyBytes
                    )
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: address.host, port: address.port)
            .hop(to: eventLoop)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    self.adopt(channel, attempt: attempt)
                case .failure:
                    // The kind says enough; the error itself names host and port in many words.
                    self.failed(.connect, attempt: attempt)
                }
            }
    }

    private func adopt(_ channel: any Channel, attempt: UInt64) {
        self.channel = channel
        let effects = session.connected(attempt: attempt, now: .now())
        if effects.isEmpty {
            // Given up meanwhile: nobody waits for this connection any more.
            self.channel = nil
            channel.close(promise: nil)
        }
        perform(effects)
    }

    private func keepTime() {
        let deadline = session.nextDeadline
        guard deadline != timer?.deadline else { return }
        timer?.task.cancel()
        timer = deadline.map { deadline in
            let task = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
                self.timer = nil
                self.perform(self.session.timePassed(now: .now()))
            }
            return (deadline, task)
        }
    }
}
