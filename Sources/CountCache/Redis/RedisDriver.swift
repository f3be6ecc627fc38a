import Logging
import NIOCore

/// Carries out what a ``RedisSwitchboard`` decides: connections, one timer, and answers. Everything in here happens
/// on one event loop; it is not `Sendable`, and ``RedisClient`` holds it bound to that loop.
final class RedisDriver {
    /// Names a connection, or the attempt to make it.
    struct ConnectionID: Sendable {
        let node: RedisRouter.NodeID
        let attempt: UInt64
    }

    /// What is left to be ended: all zero after ``stop()``.
    struct Remainder: Equatable, Sendable {
        var calls = 0
        var attempts = 0
        var channels = 0
        var timers = 0
    }

    /// What everybody else hears.
    struct Observers: Sendable {
        let reachability: RedisReachability
        let metrics: RedisMetrics
        let troubles: TroubleReporter
        let logger: Logger
    }

    typealias Completion = @Sendable (RedisReply?) -> Void

    private let address: RedisAddress
    private let connector: RedisConnector
    private let eventLoop: any EventLoop
    private let observers: Observers

    private var switchboard: RedisSwitchboard
    private var announcer = RedisAnnouncer()
    private var isRunning = false
    private var hasWarnedOfRedirects = false
    /// Connections that stand.
    private var links: [RedisRouter.NodeID: any Channel] = [:]
    /// All that is open, attempts included.
    private var channels: [ObjectIdentifier: (node: RedisRouter.NodeID, channel: any Channel)] = [:]
    private var attemptCount = 0
    private var endWaiters: [EventLoopPromise<Void>] = []
    private var timer: (deadline: NIODeadline, task: Scheduled<Void>)?
    private var callers: [UInt64: (completion: Completion, began: NIODeadline)] = [:]
    private var lastID: UInt64 = 0
    private var effects = CircularBuffer<RedisSwitchboard.Effect>()
    private var isPerforming = false

    init(
        address: RedisAddress,
        connector: RedisConnector,
        switchboard: RedisSwitchboard,
        observers: Observers
    ) {
        self.address = address
        self.connector = connector
        self.switchboard = switchboard
        self.observers = observers
        eventLoop = connector.eventLoop
    }

    var remainder: Remainder {
        Remainder(
            calls: callers.count + switchboard.callCount,
            attempts: attemptCount,
            channels: channels.count,
            timers: timer == nil ? 0 : 1
        )
    }

    func start() {
        eventLoop.assertInEventLoop()
        guard !isRunning else { return }
        isRunning = true
        announcer = RedisAnnouncer()
        observers.reachability.set(.unknown)
        perform(switchboard.start(now: .now()))
    }

    /// - Returns: succeeds when every connection is closed and every attempt over.
    func stop() -> EventLoopFuture<Void> {
        eventLoop.assertInEventLoop()
        isRunning = false
        observers.reachability.set(.away)
        perform(switchboard.stop(now: .now()))
        observers.metrics.breakerTurned(nil)
        let promise = eventLoop.makePromise(of: Void.self)
        endWaiters.append(promise)
        tellIfEnded()
        return promise.futureResult
    }

    func run(_ call: RedisScriptCall, _ completion: @escaping Completion) {
        eventLoop.assertInEventLoop()
        lastID += 1
        let now = NIODeadline.now()
        callers[lastID] = (completion, now)
        perform(switchboard.run(call, id: lastID, now: now))
    }

    func securing(_ connection: ConnectionID) {
        perform(switchboard.securing(connection.node, attempt: connection.attempt, now: .now()))
    }

    func connected(_ connection: ConnectionID) {
        observers.metrics.connected()
        perform(switchboard.connected(connection.node, attempt: connection.attempt, now: .now()))
    }

    func received(_ reply: RedisReply, _ connection: ConnectionID) {
        perform(
            switchboard.received(reply, from: connection.node, attempt: connection.attempt, now: .now()))
    }

    func failed(_ trouble: CountCacheTrouble, _ connection: ConnectionID) {
        perform(
            switchboard.failed(trouble, at: connection.node, attempt: connection.attempt, now: .now()))
    }

    /// Carries out effects in the order of what caused them. One that is carried out may cause others at once, such
    /// as a channel that tells of its end while it is being closed: they come after those that are on their way.
    private func perform(_ more: [RedisSwitchboard.Effect]) {
        effects.append(contentsOf: more)
        guard !isPerforming else { return }
        isPerforming = true
        while let effect = effects.popFirst() { perform(effect) }
        isPerforming = false
        keepTime()
    }

    private func perform(_ effect: RedisSwitchboard.Effect) {
        switch effect {
        case .connect(let node, let attempt, let endpoint):
            connect(ConnectionID(node: node, attempt: attempt), to: endpoint)
        case .send(let node, let bytes):
            // A write that fails closes the channel, and of that the handler tells.
            links[node]?.writeAndFlush(bytes, promise: nil)
        case .close(let node):
            links[node] = nil
            // Closing twice is the only error there can be, and is what we want anyway.
            for (owner, channel) in channels.values where owner == node { channel.close(promise: nil) }
        case .answer(let id, let reply):
            guard let (completion, began) = callers.removeValue(forKey: id) else { return }
            if reply != nil { observers.metrics.replied(afterNanoseconds: (.now() - began).nanoseconds) }
            completion(reply)
        case .trouble(let trouble):
            observers.troubles.count(trouble)
            if trouble == .redirect { warnOfRedirects() }
        case .redirected:
            observers.metrics.redirected()
        case .turned(let breaker, let reason):
            turned(breaker, because: reason)
        }
    }

    private func turned(_ breaker: RedisBreaker, because reason: CountCacheTrouble?) {
        observers.metrics.breakerTurned(breaker)
        switch breaker {
        case .closed:
            observers.reachability.set(.inUse)
            log(announcer.isInUse(now: .now()))
        case .open:
            observers.reachability.set(.away)
            if let reason { log(announcer.isAway(because: reason, now: .now())) }
        case .halfOpen:
            break
        }
    }

    /// Tells once what an operator whose Redis is a cluster has to do.
    private func warnOfRedirects() {
        guard !address.isCluster, !hasWarnedOfRedirects else { return }
        hasWarnedOfRedirects = true
        observers.logger.warning(
            "Redis redirects to other nodes, which are not connected to: name a cluster as redis+cluster://",
            metadata: ["redis": "\(address)"])
    }

    private func log(_ line: RedisAnnouncer.Line?) {
        switch line {
        case .inUse:
            observers.logger.notice("Redis is in use", metadata: ["redis": "\(address)"])
        case .back:
            observers.logger.notice("Redis is back", metadata: ["redis": "\(address)"])
        case .away(let trouble):
            observers.logger.warning(
                "Redis away, counting in memory",
                metadata: ["redis": "\(address)", "kind": "\(trouble.rawValue)"]
            )
        case nil:
            break
        }
    }

    private func connect(_ connection: ConnectionID, to endpoint: RedisEndpoint) {
        attemptCount += 1
        connector
            .connect(connection, to: endpoint, for: self) { channel in
                guard self.isCurrent(connection) else { return false }
                self.keep(channel, for: connection.node)
                return true
            }
            .assumeIsolated()
            .whenComplete { result in
                self.attemptCount -= 1
                switch result {
                case .success(let channel):
                    self.adopt(channel, connection)
                case .failure(let error):
                    // The kind says enough; the error itself names host and port in many words.
                    self.failed(error as? CountCacheTrouble ?? .connect, connection)
                }
                self.tellIfEnded()
            }
    }

    private func isCurrent(_ connection: ConnectionID) -> Bool {
        switchboard.isCurrent(connection.node, attempt: connection.attempt)
    }

    private func keep(_ channel: any Channel, for node: RedisRouter.NodeID) {
        let id = ObjectIdentifier(channel)
        channels[id] = (node, channel)
        channel.closeFuture.assumeIsolated().whenComplete { _ in
            self.channels[id] = nil
            self.tellIfEnded()
        }
    }

    private func adopt(_ channel: any Channel, _ connection: ConnectionID) {
        guard isCurrent(connection) else {
            // Given up meanwhile: nobody waits for this connection any more.
            channel.close(promise: nil)
            return
        }
        do {
            let handler = try channel.pipeline.syncOperations.handler(type: RedisChannelHandler.self)
            links[connection.node] = channel
            handler.adopt()
        } catch {
            // A channel that was closed already has lost its handlers.
            failed(.closed, connection)
        }
    }

    private func tellIfEnded() {
        guard !isRunning, attemptCount == 0, channels.isEmpty else { return }
        let waiters = endWaiters
        endWaiters = []
        for waiter in waiters { waiter.succeed() }
    }

    /// Deadlines mostly move away from us, as calls are answered. A timer that is early then is cheaper than one
    /// that is moved with each call: it finds nothing due and is set anew.
    private func keepTime() {
        guard let deadline = switchboard.nextDeadline else {
            timer?.task.cancel()
            timer = nil
            return
        }
        if let timer, timer.deadline <= deadline { return }
        timer?.task.cancel()
        let task = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.timer = nil
            let now = NIODeadline.now()
            self.log(self.announcer.timePassed(now: now))
            self.perform(self.switchboard.timePassed(now: now))
        }
        timer = (deadline, task)
    }
}
