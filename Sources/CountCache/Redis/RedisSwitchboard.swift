import NIOCore

/// All of Redis's side that can be thought without doing it: calls come in, are put through to the session of the
/// node that has their keys, passed on when a cluster that was named as one redirects them, and answered exactly once and in time. A value
/// without a socket, a timer or a clock; ``RedisDriver`` carries out its ``Effect``s in their order. What it does
/// follows from what it is told alone, so that a test can replay it.
///
/// The node of the address, the *seed*, decides for all: its breaker is what is shown as the state of Redis, and
/// while it is not in use every call is answered at once, even if nodes that it once pointed to might still answer.
/// So the state, the log and what calls meet never contradict each other. The nodes have breakers of their own; one
/// that fails loses its slots to the seed, which knows who has taken over or will be told.
struct RedisSwitchboard {
    typealias NodeID = RedisRouter.NodeID

    enum Effect: Equatable {
        /// Connect to a node, and give the numbers back with everything that the connection says.
        case connect(NodeID, attempt: UInt64, RedisEndpoint)
        case send(NodeID, ByteBuffer)
        /// Close the connection to a node, or give up the attempt to make it.
        case close(NodeID)
        /// `nil`: Redis cannot be had, which has been reported.
        case answer(id: UInt64, RedisReply?)
        /// To be counted.
        case trouble(CountCacheTrouble)
        /// To be counted: a redirect is followed.
        case redirected
        /// The seed's breaker changed. When it opens, there is a reason.
        case turned(RedisBreaker, because: CountCacheTrouble?)
    }

    private struct Call {
        var dialogue: RedisDialogue
        var node: NodeID
        let deadline: NIODeadline
    }

    private let limits: RedisSession.Limits
    /// Only in a cluster: see ``RedisAddress``.
    private let followsRedirects: Bool
    private let handshake: RedisSession.Greeting
    private let probe: RedisSession.Greeting
    private var random: any RandomNumberGenerator & Sendable

    private var router: RedisRouter
    private var sessions: [NodeID: RedisSession] = [:]
    private var calls: [UInt64: Call] = [:]
    /// All calls may take equally long, so the order of their coming is that of their deadlines. Some are answered
    /// already.
    private var deadlines = CircularBuffer<(deadline: NIODeadline, id: UInt64)>()
    private var encoder: RedisCommandEncoder

    /// - Throws: ``CountCacheTrouble/overload`` when there is no memory for a command.
    init(
        address: RedisAddress,
        limits: RedisSession.Limits,
        random: any RandomNumberGenerator & Sendable
    ) throws(CountCacheTrouble) {
        self.limits = limits
        followsRedirects = address.isCluster
        self.random = random
        router = RedisRouter(seed: address.endpoint)
        var encoder = RedisCommandEncoder()
        handshake = try Self.greeting(Self.introduction(to: address) + [["PING"]], &encoder)
        probe = try Self.greeting([["PING"]], &encoder)
        self.encoder = encoder
        sessions[.seed] = makeSession()
    }

    /// When ``timePassed(now:)`` wants to be called, at the latest.
    var nextDeadline: NIODeadline? {
        var next = deadlines.first?.deadline
        for session in sessions.values { next = Self.earlier(next, session.nextDeadline) }
        return sessions.count == 1 ? next : Self.earlier(next, router.nextDeadline)
    }

    /// Whether a call would be put through, or wait for the first connection.
    var isAccepting: Bool { sessions[.seed]?.isAccepting ?? false }

    /// Calls that are not answered yet.
    var callCount: Int { calls.count }

    /// Whether anybody still waits for this attempt to connect, or uses the connection.
    func isCurrent(_ id: NodeID, attempt: UInt64) -> Bool {
        sessions[id]?.attempt == attempt
    }

    mutating func start(now: NIODeadline) -> [Effect] {
        drive(.seed, now: now) { $0.start(now: now) }
    }

    mutating func stop(now: NIODeadline) -> [Effect] {
        var effects: [Effect] = []
        for id in sessions.keys.sorted() { effects += drive(id, now: now) { $0.stop() } }
        sessions = sessions.filter { $0.key == .seed }
        router.removeAll()
        deadlines.removeAll()
        return effects
    }

    /// - Parameter id: not given before.
    mutating func run(_ call: RedisScriptCall, id: UInt64, now: NIODeadline) -> [Effect] {
        guard isAccepting else { return [.answer(id: id, nil)] }
        let node = router.node(for: call.keys)
        let deadline = now + limits.commandTimeout
        calls[id] = Call(dialogue: RedisDialogue(call), node: node, deadline: deadline)
        deadlines.append((deadline, id))
        router.callBegan(at: node, now: now)
        return submit(id, now: now)
    }

    mutating func securing(_ id: NodeID, attempt: UInt64, now: NIODeadline) -> [Effect] {
        drive(id, now: now) { $0.securing(attempt: attempt) }
    }

    mutating func connected(_ id: NodeID, attempt: UInt64, now: NIODeadline) -> [Effect] {
        drive(id, now: now) { $0.connected(attempt: attempt, now: now) }
    }

    mutating func received(
        _ reply: RedisReply,
        from id: NodeID,
        attempt: UInt64,
        now: NIODeadline
    ) -> [Effect] {
        drive(id, now: now) { $0.received(reply, attempt: attempt, now: now) }
    }

    /// The attempt to connect failed, or the connection did: closed, broken, or speaking something else.
    mutating func failed(
        _ trouble: CountCacheTrouble,
        at id: NodeID,
        attempt: UInt64,
        now: NIODeadline
    ) -> [Effect] {
        drive(id, now: now) { $0.failed(trouble, attempt: attempt, now: now) }
    }

    mutating func timePassed(now: NIODeadline) -> [Effect] {
        var effects: [Effect] = []
        // Sessions first: a dead connection is one trouble, however many calls it takes along.
        for id in sessions.keys.sorted() { effects += drive(id, now: now) { $0.timePassed(now: now) } }
        while let (deadline, id) = deadlines.first, deadline <= now {
            deadlines.removeFirst()
            if calls[id] != nil { effects += [.trouble(.timeout)] + answer(id, nil) }
        }
        for id in router.removeIdle(now: now) { effects += end(id, now: now) }
        return effects
    }

    /// Lets a session act, and makes its effects those of the switchboard.
    private mutating func drive(
        _ id: NodeID,
        now: NIODeadline,
        _ act: (inout RedisSession) -> [RedisSession.Effect]
    ) -> [Effect] {
        guard let results = sessions[id]?.perform(act) else { return [] }
        var effects: [Effect] = []
        for result in results {
            switch result {
            case .connect(let attempt):
                if let endpoint = router.endpoint(of: id) {
                    effects.append(.connect(id, attempt: attempt, endpoint))
                }
            case .send(let bytes):
                effects.append(.send(id, bytes))
            case .close:
                effects.append(.close(id))
            case .answer(let call, let reply):
                effects += answered(call, reply, by: id, now: now)
            case .trouble(let trouble):
                effects.append(.trouble(trouble))
            case .turned(let breaker, let reason):
                if id == .seed {
                    effects.append(.turned(breaker, because: reason))
                } else if breaker == .open {
                    router.forgetSlots(of: id)
                }
            }
        }
        return effects
    }

    /// Sends a call's request to the call's node.
    private mutating func submit(_ id: UInt64, now: NIODeadline) -> [Effect] {
        guard let call = calls[id] else { return [] }
        do {
            let (bytes, replyCount) = try call.dialogue.request(&encoder)
            let request = RedisSession.Request(
                id: id, bytes: bytes, replyCount: replyCount, deadline: call.deadline)
            return drive(call.node, now: now) { $0.submit(request, now: now) }
        } catch {
            return [.trouble(error)] + answer(id, nil)
        }
    }

    /// A node has answered a request. Its call may be over for long: then nobody wants to know.
    private mutating func answered(
        _ id: UInt64,
        _ reply: RedisReply?,
        by node: NodeID,
        now: NIODeadline
    ) -> [Effect] {
        guard calls[id] != nil else { return [] }
        guard let reply, let endpoint = router.endpoint(of: node) else { return answer(id, nil) }
        switch calls[id]?.dialogue.received(reply, from: endpoint) {
        case .resend:
            return submit(id, now: now)
        case .redirected where !followsRedirects:
            return [.trouble(.redirect)] + answer(id, nil)
        case .redirected(let target, let slot):
            return pass(id, to: target, moved: slot, now: now)
        case .finished(let reply):
            return answer(id, reply)
        case .failed(let trouble):
            return [.trouble(trouble)] + answer(id, nil)
        case nil:
            return []
        }
    }

    /// Puts a call through to another node.
    private mutating func pass(
        _ id: UInt64,
        to endpoint: RedisEndpoint,
        moved slot: UInt16?,
        now: NIODeadline
    ) -> [Effect] {
        var effects: [Effect] = [.redirected]
        let node: NodeID
        switch router.place(for: endpoint, now: now) {
        case .none:
            return [.trouble(.redirect)] + answer(id, nil)
        case .known(let known):
            node = known
        case .new(let new, let replaced):
            if let replaced { effects += end(replaced, now: now) }
            sessions[new] = makeSession()
            effects += drive(new, now: now) { $0.start(now: now) }
            node = new
        }
        if let old = calls[id]?.node { router.callEnded(at: old) }
        calls[id]?.node = node
        router.callBegan(at: node, now: now)
        // A node that is known to be away is not sent anything to: the seed may know a better one next time.
        if let slot, sessions[node]?.isAccepting == true { router.remember(slot, at: node) }
        return effects + submit(id, now: now)
    }

    private mutating func answer(_ id: UInt64, _ reply: RedisReply?) -> [Effect] {
        guard let call = calls.removeValue(forKey: id) else { return [] }
        router.callEnded(at: call.node)
        while let oldest = deadlines.first, calls[oldest.id] == nil { deadlines.removeFirst() }
        return [.answer(id: id, reply)]
    }

    /// Closes the connection to a node for good.
    private mutating func end(_ id: NodeID, now: NIODeadline) -> [Effect] {
        defer { sessions[id] = nil }
        return drive(id, now: now) { $0.stop() }
    }

    private mutating func makeSession() -> RedisSession {
        // Each gets a generator that goes on where the last one's began, so that nodes don't wait in step.
        _ = random.next()
        return RedisSession(limits: limits, handshake: handshake, probe: probe, random: random)
    }

    private static func introduction(to address: RedisAddress) -> [[String]] {
        var commands: [[String]] = []
        if let password = address.password {
            commands.append(["AUTH"] + (address.user.map { [$0] } ?? []) + [password])
        }
        if address.database != 0 { commands.append(["SELECT", "\(address.database)"]) }
        return commands
    }

    private static func greeting(
        _ commands: [[String]],
        _ encoder: inout RedisCommandEncoder
    ) throws(CountCacheTrouble) -> RedisSession.Greeting {
        var bytes = ByteBuffer()
        for command in commands { try encoder.encode(command, into: &bytes) }
        return RedisSession.Greeting(bytes: bytes, replyCount: commands.count)
    }

    private static func earlier(_ one: NIODeadline?, _ other: NIODeadline?) -> NIODeadline? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }
}

extension RedisSession {
    /// Changes the session in place where it lies.
    fileprivate mutating func perform(_ act: (inout RedisSession) -> [Effect]) -> [Effect] {
        act(&self)
    }
}
