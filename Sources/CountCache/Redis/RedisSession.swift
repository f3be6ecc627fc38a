import NIOCore

/// What is to be done about a connection to Redis, without doing any of it: when to connect, what to send, which
/// reply belongs to which request, when to give up and when to try again. A value without a socket, a timer or a
/// clock; ``RedisConnectionDriver`` tells it what happened and carries out the ``Effect``s in their order.
///
/// The one rule behind it: a request waits for a connection only while the first one is being made. Later it is
/// answered at once if Redis is away, and the way back is found by timers alone.
struct RedisSession {
    /// Times and bounds.
    struct Limits {
        /// Wait after the first failure; each further one doubles it…
        static let firstBackOff = TimeAmount.milliseconds(100)
        /// …up to this, so that Redis is in use again within two seconds of its return.
        static let maxBackOff = TimeAmount.seconds(1)
        /// A silent connection is asked for a sign of life after this time.
        static let probeInterval = TimeAmount.seconds(1)
        /// Requests waiting to be sent or answered.
        static let maxPending = 1024

        /// For each request, waiting for the connection included, and for the whole handshake.
        var commandTimeout: TimeAmount
    }

    /// Commands that are sent together and answered together, as far as their sender is concerned.
    struct Request {
        let id: UInt64
        let bytes: ByteBuffer
        /// One for each command.
        let replyCount: Int
    }

    enum Effect: Equatable {
        /// Connect, and give this number back with everything that the connection says.
        case connect(attempt: UInt64)
        case send(ByteBuffer)
        /// Close the connection, or give up the attempt to make it.
        case close
        /// `nil`: there is no answer and will not be.
        case answer(id: UInt64, [RedisReply]?)
        /// To be counted.
        case trouble(CountCacheTrouble)
        /// Redis is in use now.
        case isOk
        /// Redis is not in use any more, or could not be taken into use at all.
        case isAway(because: CountCacheTrouble)
    }

    private enum Phase {
        case stopped
        case connecting
        case handshaking
        case ready
        case backingOff(until: NIODeadline)
    }

    private enum Health {
        case unknown, ok, away
    }

    private enum Sender {
        case caller(id: UInt64)
        case handshake
        case probe
    }

    private struct Pending {
        let sender: Sender
        let bytes: ByteBuffer
        let replyCount: Int
        let deadline: NIODeadline
        var replies: [RedisReply] = []
    }

    private let limits: Limits
    private let handshake: Request
    private let probe: Request

    private var phase = Phase.stopped
    private var health = Health.unknown
    private var attempt: UInt64 = 0
    private var backOff = Limits.firstBackOff
    private var lastReply = NIODeadline.uptimeNanoseconds(0)
    /// Not sent yet. All wait equally long, so the order is that of their deadlines too.
    private var waiting = CircularBuffer<Pending>()
    /// Sent, in the order in which Redis answers.
    private var inFlight = CircularBuffer<Pending>()

    /// - Parameters:
    ///   - handshake: what introduces us, answered `OK` each, then `TIME` and `PING`.
    ///   - probe: what asks for a sign of life: `TIME` and `PING`.
    init(limits: Limits, handshake: Request, probe: Request) {
        self.limits = limits
        self.handshake = handshake
        self.probe = probe
    }

    /// When ``timePassed(now:)`` wants to be called, at the latest.
    var nextDeadline: NIODeadline? {
        switch phase {
        case .stopped: nil
        case .backingOff(let until): until
        case .connecting: waiting.first?.deadline
        case .handshaking: [waiting.first?.deadline, inFlight.first?.deadline].compactMap { $0 }.min()
        case .ready: inFlight.first?.deadline ?? lastReply + Limits.probeInterval
        }
    }

    mutating func start() -> [Effect] {
        guard case .stopped = phase else { return [] }
        health = .unknown
        backOff = Limits.firstBackOff
        return [connect()]
    }

    mutating func stop() -> [Effect] {
        if case .stopped = phase { return [] }
        phase = .stopped
        attempt += 1
        return [.close] + abandonAll()
    }

    mutating func submit(_ request: Request, now: NIODeadline) -> [Effect] {
        let pending = Pending(
            sender: .caller(id: request.id),
            bytes: request.bytes,
            replyCount: request.replyCount,
            deadline: now + limits.commandTimeout
        )
        guard waiting.count + inFlight.count < Limits.maxPending else {
            return [.trouble(.overload), .answer(id: request.id, nil)]
        }
        switch (phase, health) {
        case (.ready, _):
            return [send(pending)]
        case (.connecting, .unknown), (.handshaking, .unknown):
            waiting.append(pending)
            return []
        default:
            return [.answer(id: request.id, nil)]
        }
    }

    mutating func connected(attempt: UInt64, now: NIODeadline) -> [Effect] {
        guard attempt == self.attempt, case .connecting = phase else { return [] }
        phase = .handshaking
        return [send(internalRequest(handshake, from: .handshake, now: now))]
    }

    mutating func received(_ reply: RedisReply, attempt: UInt64, now: NIODeadline) -> [Effect] {
        guard attempt == self.attempt, isConnected else { return [] }
        guard !inFlight.isEmpty else { return fail(.protocol, now: now) }
        if case .error(let text) = reply, Self.isUnusable(text) {
            return fail(CountCacheTrouble(errorReply: text), now: now)
        }
        lastReply = now
        inFlight[inFlight.startIndex].replies.append(reply)
        guard let head = inFlight.first, head.replies.count == head.replyCount else { return [] }
        inFlight.removeFirst()
        switch head.sender {
        case .caller(let id):
            backOff = Limits.firstBackOff
            return [.answer(id: id, head.replies)]
        case .probe:
            if let trouble = Self.trouble(in: head.replies) { return fail(trouble, now: now) }
            backOff = Limits.firstBackOff
            return []
        case .handshake:
            if let trouble = Self.trouble(in: head.replies) { return fail(trouble, now: now) }
            return becomeReady()
        }
    }

    /// The attempt to connect failed, or the connection did: closed, broken, or speaking something else.
    mutating func failed(_ trouble: CountCacheTrouble, attempt: UInt64, now: NIODeadline) -> [Effect] {
        guard attempt == self.attempt else { return [] }
        switch phase {
        case .connecting, .handshaking, .ready: return fail(trouble, now: now)
        case .stopped, .backingOff: return []
        }
    }

    mutating func timePassed(now: NIODeadline) -> [Effect] {
        switch phase {
        case .stopped:
            return []
        case .backingOff(let until):
            return until <= now ? [connect()] : []
        case .connecting, .handshaking, .ready:
            if let oldest = inFlight.first, oldest.deadline <= now { return fail(.timeout, now: now) }
            var effects: [Effect] = []
            while let oldest = waiting.first, oldest.deadline <= now {
                waiting.removeFirst()
                if case .caller(let id) = oldest.sender {
                    effects += [.trouble(.timeout), .answer(id: id, nil)]
                }
            }
            if case .ready = phase, inFlight.isEmpty, lastReply + Limits.probeInterval <= now {
                effects.append(send(internalRequest(probe, from: .probe, now: now)))
            }
            return effects
        }
    }

    private var isConnected: Bool {
        switch phase {
        case .handshaking, .ready: true
        case .stopped, .connecting, .backingOff: false
        }
    }

    private mutating func connect() -> Effect {
        phase = .connecting
        attempt += 1
        return .connect(attempt: attempt)
    }

    private mutating func send(_ pending: Pending) -> Effect {
        inFlight.append(pending)
        return .send(pending.bytes)
    }

    private func internalRequest(_ request: Request, from sender: Sender, now: NIODeadline) -> Pending {
        Pending(
            sender: sender,
            bytes: request.bytes,
            replyCount: request.replyCount,
            deadline: now + limits.commandTimeout
        )
    }

    /// The back-off stays as it is: it is earned by answers to requests, so that a Redis that welcomes and then
    /// fails every time is not tried ten times a second.
    private mutating func becomeReady() -> [Effect] {
        phase = .ready
        health = .ok
        var effects = [Effect.isOk]
        while let pending = waiting.popFirst() {
            effects.append(send(pending))
        }
        return effects
    }

    private mutating func fail(_ trouble: CountCacheTrouble, now: NIODeadline) -> [Effect] {
        phase = .backingOff(until: now + backOff)
        backOff = min(backOff + backOff, Limits.maxBackOff)
        attempt += 1
        var effects: [Effect] = [.trouble(trouble), .close]
        if health != .away {
            health = .away
            effects.append(.isAway(because: trouble))
        }
        return effects + abandonAll()
    }

    private mutating func abandonAll() -> [Effect] {
        defer {
            inFlight.removeAll()
            waiting.removeAll()
        }
        return (Array(inFlight) + Array(waiting)).compactMap { pending in
            guard case .caller(let id) = pending.sender else { return nil }
            return .answer(id: id, nil)
        }
    }

    /// Errors that say that this server answers nothing at all for now; `PING` meets them too, so that the next
    /// handshake tells when it is over. Any other error concerns one command.
    private static func isUnusable(_ errorText: String) -> Bool {
        ["LOADING", "NOAUTH", "MASTERDOWN", "BUSY"].contains(errorText.prefix { $0 != " " })
    }

    /// What is wrong with the answers to a handshake or a probe: statuses `OK` for what introduces us, then `TIME`
    /// and `PING`.
    private static func trouble(in replies: [RedisReply]) -> CountCacheTrouble? {
        for case .error(let text) in replies { return CountCacheTrouble(errorReply: text) }
        let isExpected =
            replies.dropLast(2).allSatisfy { $0 == .status("OK") }
            && replies.dropLast().last?.time != nil
            && replies.last == .status("PONG")
        return isExpected ? nil : .protocol
    }
}
