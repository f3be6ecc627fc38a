import NIOCore

/// What is to be done about one connection to Redis, without doing any of it: when to connect, what to send, which
/// reply belongs to which request, when to give up and when to try again. A value without a socket, a timer or a
/// clock; it is told what happened and says what follows, as ``Effect``s to be carried out in their order.
///
/// It is a circuit breaker: see ``RedisBreaker``. A request waits for a connection only while the first one is being
/// made, and until one has waited in vain. Later it is answered at once if there is none, and the way back is found
/// by timers alone.
struct RedisSession {
    /// Requests waiting to be sent or answered.
    static let maxPending = 1024

    /// Times.
    struct Limits {
        /// For an attempt to connect.
        var connectTimeout: TimeAmount
        /// For a reply, and for the whole handshake. A server that takes longer is taken for dead.
        var commandTimeout: TimeAmount
        /// A silent connection is asked for a sign of life after this time.
        var probeInterval: TimeAmount
    }

    /// Commands that are sent together and answered together, as far as their sender is concerned.
    struct Request {
        let id: UInt64
        let bytes: ByteBuffer
        /// One for each command. The last one is the answer.
        let replyCount: Int
        /// It is not sent after this, because nobody waits for it any more. Who sends it keeps the time for it: the
        /// session drops it without a word.
        let deadline: NIODeadline
    }

    /// Commands of the session's own: each is answered `OK`, but the last, a `PING`.
    struct Greeting {
        let bytes: ByteBuffer
        let replyCount: Int
    }

    enum Effect: Equatable {
        /// Connect, and give this number back with everything that the connection says.
        case connect(attempt: UInt64)
        case send(ByteBuffer)
        /// Close the connection, or give up the attempt to make it.
        case close
        /// `nil`: there is no answer and will not be.
        case answer(id: UInt64, RedisReply?)
        /// To be counted.
        case trouble(CountCacheTrouble)
        /// The breaker changed. When it opens, there is a reason.
        case turned(RedisBreaker, because: CountCacheTrouble?)
    }

    private enum Phase {
        case stopped
        case closed
        case open(until: NIODeadline)
        case halfOpen(Trial)
    }

    private enum Trial {
        case connecting(until: NIODeadline)
        /// The TLS handshake goes on, within the time for connecting.
        case securing(until: NIODeadline)
        case handshaking
    }

    private enum Sender {
        case caller(id: UInt64)
        case handshake
        case probe
    }

    private struct InFlight {
        let sender: Sender
        /// When the server is taken for dead if this is not answered.
        let deadline: NIODeadline
        var repliesToCome: Int
    }

    private let limits: Limits
    private let handshake: Greeting
    private let probe: Greeting

    private var phase = Phase.stopped
    /// No attempt has failed or succeeded yet.
    private var isFirst = true
    /// The number of the connection, or of the attempt to make it. What others say is out of date.
    private(set) var attempt: UInt64 = 0
    private var backOff: RedisBackOff
    private var lastReply = NIODeadline.uptimeNanoseconds(0)
    /// Not sent yet.
    private var waiting = CircularBuffer<Request>()
    /// Sent, in the order in which Redis answers, which is also the order of their deadlines.
    private var inFlight = CircularBuffer<InFlight>()

    /// - Parameters:
    ///   - handshake: what introduces us, then `PING`.
    ///   - probe: what asks for a sign of life: `PING`.
    init(
        limits: Limits,
        handshake: Greeting,
        probe: Greeting,
        random: any RandomNumberGenerator & Sendable
    ) {
        self.limits = limits
        self.handshake = handshake
        self.probe = probe
        backOff = RedisBackOff(random: random)
    }

    /// When ``timePassed(now:)`` wants to be called, at the latest.
    var nextDeadline: NIODeadline? {
        switch phase {
        case .stopped: nil
        case .open(let until), .halfOpen(.connecting(let until)), .halfOpen(.securing(let until)): until
        case .halfOpen(.handshaking): inFlight.first?.deadline
        case .closed: inFlight.first?.deadline ?? lastReply + limits.probeInterval
        }
    }

    /// Whether a request would be sent, or wait for the first connection.
    var isAccepting: Bool {
        switch phase {
        case .closed: true
        case .halfOpen: isFirst
        case .stopped, .open: false
        }
    }

    mutating func start(now: NIODeadline) -> [Effect] {
        guard case .stopped = phase else { return [] }
        isFirst = true
        backOff.reset()
        return connect(now: now)
    }

    mutating func stop() -> [Effect] {
        if case .stopped = phase { return [] }
        phase = .stopped
        attempt += 1
        return [.close] + abandonAll()
    }

    mutating func submit(_ request: Request, now: NIODeadline) -> [Effect] {
        guard isAccepting else { return [.answer(id: request.id, nil)] }
        guard waiting.count + inFlight.count < Self.maxPending else {
            return [.trouble(.overload), .answer(id: request.id, nil)]
        }
        guard case .closed = phase else {
            waiting.append(request)
            return []
        }
        return [send(request, now: now)]
    }

    /// The connection stands, but for TLS. If it gets no further, TLS is what is wrong, or most likely: a server
    /// that speaks none waits for the end of a line that never comes.
    mutating func securing(attempt: UInt64) -> [Effect] {
        guard attempt == self.attempt, case .halfOpen(.connecting(let until)) = phase else { return [] }
        phase = .halfOpen(.securing(until: until))
        return []
    }

    /// The connection stands, and TLS with it where there is to be any.
    mutating func connected(attempt: UInt64, now: NIODeadline) -> [Effect] {
        guard attempt == self.attempt else { return [] }
        switch phase {
        case .halfOpen(.connecting), .halfOpen(.securing):
            phase = .halfOpen(.handshaking)
            return [send(handshake, from: .handshake, now: now)]
        case .stopped, .closed, .open, .halfOpen(.handshaking):
            return []
        }
    }

    mutating func received(_ reply: RedisReply, attempt: UInt64, now: NIODeadline) -> [Effect] {
        guard attempt == self.attempt else { return [] }
        switch phase {
        case .stopped, .open: return []
        case .closed, .halfOpen: break
        }
        // Also when it speaks before it was spoken to.
        guard var head = inFlight.first else { return fail(.protocol, now: now) }
        if let code = reply.errorCode, Self.unusableCodes.contains(code) {
            return fail(CountCacheTrouble(errorCode: code), now: now)
        }
        lastReply = now
        head.repliesToCome -= 1
        let isLast = head.repliesToCome == 0
        if isLast { inFlight.removeFirst() } else { inFlight[inFlight.startIndex] = head }
        if case .caller(let id) = head.sender {
            guard isLast else { return [] }
            backOff.reset()
            return [.answer(id: id, reply)]
        }
        guard reply == .status(isLast ? "PONG" : "OK") else {
            return fail(reply.errorCode.map(CountCacheTrouble.init(errorCode:)) ?? .protocol, now: now)
        }
        guard isLast else { return [] }
        if case .handshake = head.sender { return becomeReady(now: now) }
        backOff.reset()
        return []
    }

    /// The attempt to connect failed, or the connection did: closed, broken, or speaking something else.
    mutating func failed(_ trouble: CountCacheTrouble, attempt: UInt64, now: NIODeadline) -> [Effect] {
        guard attempt == self.attempt else { return [] }
        switch phase {
        case .closed, .halfOpen: return fail(trouble, now: now)
        case .stopped, .open: return []
        }
    }

    mutating func timePassed(now: NIODeadline) -> [Effect] {
        // One has waited for the first connection in vain: nobody else is to.
        if waiting.contains(where: { $0.deadline <= now }) { isFirst = false }
        waiting.removeAll { $0.deadline <= now }
        switch phase {
        case .stopped:
            return []
        case .open(let until):
            return until <= now ? connect(now: now) : []
        case .halfOpen(.connecting(let until)):
            return until <= now ? fail(.connect, now: now) : []
        case .halfOpen(.securing(let until)):
            return until <= now ? fail(.tls, now: now) : []
        case .halfOpen(.handshaking), .closed:
            if let oldest = inFlight.first {
                return oldest.deadline <= now ? fail(.timeout, now: now) : []
            }
            guard lastReply + limits.probeInterval <= now else { return [] }
            return [send(probe, from: .probe, now: now)]
        }
    }

    private mutating func connect(now: NIODeadline) -> [Effect] {
        phase = .halfOpen(.connecting(until: now + limits.connectTimeout))
        attempt += 1
        return [.turned(.halfOpen, because: nil), .connect(attempt: attempt)]
    }

    private mutating func send(_ request: Request, now: NIODeadline) -> Effect {
        inFlight.append(
            InFlight(
                sender: .caller(id: request.id),
                deadline: now + limits.commandTimeout,
                repliesToCome: request.replyCount
            ))
        return .send(request.bytes)
    }

    private mutating func send(_ greeting: Greeting, from sender: Sender, now: NIODeadline) -> Effect {
        inFlight.append(
            InFlight(
                sender: sender, deadline: now + limits.commandTimeout, repliesToCome: greeting.replyCount))
        return .send(greeting.bytes)
    }

    /// The back-off stays as it is: it is earned by answers to requests, so that a Redis that welcomes and then
    /// fails every time is not tried ten times a second.
    private mutating func becomeReady(now: NIODeadline) -> [Effect] {
        phase = .closed
        isFirst = false
        var effects = [Effect.turned(.closed, because: nil)]
        while let request = waiting.popFirst() {
            if request.deadline > now { effects.append(send(request, now: now)) }
        }
        return effects
    }

    private mutating func fail(_ trouble: CountCacheTrouble, now: NIODeadline) -> [Effect] {
        phase = .open(until: now + backOff.next())
        isFirst = false
        attempt += 1
        return [.trouble(trouble), .close, .turned(.open, because: trouble)] + abandonAll()
    }

    private mutating func abandonAll() -> [Effect] {
        defer {
            inFlight.removeAll()
            waiting.removeAll()
        }
        let sent = inFlight.compactMap { request -> Effect? in
            guard case .caller(let id) = request.sender else { return nil }
            return .answer(id: id, nil)
        }
        return sent + waiting.map { .answer(id: $0.id, nil) }
    }

    /// Errors that say that this server answers nothing at all for now. Any other error concerns one command.
    private static let unusableCodes: Set<Substring> = [
        "LOADING", "NOAUTH", "MASTERDOWN", "BUSY", "CLUSTERDOWN",
    ]
}
