import NIOCore
import TestSupport

@testable import CountCache

/// A client's switchboard against one or three model servers, in virtual time, on one thread, all by one seed: calls
/// come, connections take time, replies come in pieces, and for the first seconds everything fails that can. Then all
/// is well again, and it is seen whether it is for the client.
///
/// What must hold on every seed is noted in ``violations`` where it does not.
final class RedisSimulation {
    static let chaos: Int64 = 3000
    static let recovery: Int64 = 2000
    static let end: Int64 = 5300
    static let maxReplyBytes = 256
    /// What hiredis lets lie about before it cleans up.
    static let untidiness = 1024 + 256
    static let keys = ["{a}", "{b}", "{c}", "{d}"]
    static let script = RedisScript("return ARGV[1]")
    static let limits = RedisSession.Limits(
        connectTimeout: .milliseconds(500), commandTimeout: .milliseconds(100), probeInterval: .seconds(1))

    enum Event {
        case timer
        case call
        case mischief
        case healing
        case connected(Int)
        case refused(Int)
        case toServer(Int, [UInt8])
        case toClient(Int, [UInt8])
        case closed(Int)
        case thaw(Int)
        case rise(Int)
    }

    struct Connection {
        let node: RedisRouter.NodeID
        let attempt: UInt64
        let server: Int?
        var isOpen = true
        /// Nothing comes back any more: what came after a lost piece would be out of place.
        var isMute = false
        var atServer = ModelRedis.Connection()
        var nextToServer: Int64 = 0
        var nextToClient: Int64 = 0
    }

    struct Call {
        let began: Int64
        var answers = 0
        /// The server gave it a reply that is not its own.
        var isTampered = false
    }

    private(set) var violations: [String] = []
    private(set) var repliesAfterRecovery = 0
    private(set) var answersInTrouble = 0
    private(set) var answersInChaos = 0

    var random: SeededGenerator
    var now: Int64 = 0
    /// The next one is the last.
    var events: [(time: Int64, event: Event)] = []
    var board: RedisSwitchboard
    let servers: [ModelRedis]
    var owners: [UInt16: Int] = [:]
    var destinations: [UInt16: Int] = [:]
    var connections: [Connection] = []
    var decoders: [Int: Decoder] = [:]
    var current: [RedisRouter.NodeID: Int] = [:]
    var calls: [UInt64: Call] = [:]
    var breaker: RedisBreaker?
    var wasClosedOrOpen = false
    var nextTimer: Int64 = .max
    var isWell = false

    /// In a class, because it cannot be copied and dictionaries want to.
    final class Decoder {
        var decoder: RedisReplyDecoder
        init(maxReplyBytes: Int) throws { decoder = try RedisReplyDecoder(maxReplyBytes: maxReplyBytes) }
    }

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        let isCluster = Bool.random(using: &random)
        servers = (0..<(isCluster ? 3 : 1)).map {
            ModelRedis(endpoint: .tcp(host: "node", port: 1 + $0, tls: false))
        }
        board = try RedisSwitchboard(
            address: RedisAddress(
                endpoint: servers[0].endpoint, user: "u", password: "p", database: 0, isCluster: isCluster),
            limits: Self.limits,
            random: SeededGenerator(seed: seed)
        )
        for key in Self.keys {
            owners[RedisHashSlot.slot(of: key)] = Int.random(in: 0..<servers.count, using: &random)
        }
        for index in servers.indices {
            servers[index].redirect = { [unowned self] slot, isAsking in
                redirect(slot, at: index, isAsking: isAsking)
            }
        }
    }

    func run() throws {
        if chance(0.2) { servers[0].isUp = false }
        perform(board.start(now: deadline))
        for _ in 0..<40 { schedule(.call, at: Int64.random(in: 0...Self.chaos, using: &random)) }
        for time in stride(from: Self.chaos + Self.recovery, to: Self.end - 200, by: 10) {
            schedule(.call, at: time)
        }
        for _ in 0..<8 { schedule(.mischief, at: Int64.random(in: 0..<Self.chaos, using: &random)) }
        schedule(.healing, at: Self.chaos)
        while let (time, event) = events.popLast(), time <= Self.end * 1_000_000 {
            now = time
            try handle(event)
        }
        finish()
    }

    func finish() {
        perform(board.stop(now: deadline))
        expect(board.callCount == 0, "calls are pending after the end")
        expect(board.nextDeadline == nil, "a timer is pending after the end")
        expect(current.isEmpty, "a connection is open after the end")
        for (id, call) in calls where call.answers != 1 {
            expect(false, "call \(id) has \(call.answers) answers")
        }
    }

    // MARK: - Events

    func handle(_ event: Event) throws {
        switch event {
        case .timer:
            guard nextTimer <= now else { return }
            nextTimer = .max
            perform(board.timePassed(now: deadline))
        case .call:
            call()
        case .mischief:
            if !isWell { makeMischief() }
        case .healing:
            heal()
        case .connected(let id):
            guard connections[id].isOpen else { return }
            decoders[id] = try Decoder(maxReplyBytes: Self.maxReplyBytes)
            perform(board.connected(connections[id].node, attempt: connections[id].attempt, now: deadline))
        case .refused(let id), .closed(let id):
            guard connections[id].isOpen else { return }
            let trouble: CountCacheTrouble = if case .refused = event { .connect } else { .closed }
            fail(id, trouble)
        case .toServer(let id, let bytes):
            connections[id].atServer.unread += bytes
            serve(id)
        case .toClient(let id, let bytes):
            if connections[id].isOpen { read(id, bytes) }
        case .thaw(let index):
            servers[index].isFrozen = false
            for id in connections.indices where connections[id].server == index { serve(id) }
        case .rise(let index):
            servers[index].isUp = true
        }
    }

    func call() {
        let id = UInt64(calls.count + 1)
        calls[id] = Call(began: now)
        let isAway = breaker == .open || (breaker == .halfOpen && wasClosedOrOpen)
        let key = Self.keys[Int.random(in: 0..<Self.keys.count, using: &random)]
        perform(
            board.run(
                RedisScriptCall(script: Self.script, keys: [key], arguments: ["\(id)"]), id: id, now: deadline
            ))
        if isAway { expect(calls[id]?.answers == 1, "call \(id) waits though the breaker is open") }
    }

    func read(_ id: Int, _ bytes: [UInt8]) {
        guard let decoder = decoders[id] else { return }
        decoder.decoder.append(ByteBuffer(bytes: bytes))
        do {
            while connections[id].isOpen, let reply = try decoder.decoder.next() {
                perform(
                    board.received(
                        reply, from: connections[id].node, attempt: connections[id].attempt, now: deadline))
            }
            expect(decoder.decoder.keptBytes <= Self.untidiness + bytes.count, "the decoder keeps too much")
        } catch {
            fail(id, error)
        }
    }

    func fail(_ id: Int, _ trouble: CountCacheTrouble) {
        connections[id].isOpen = false
        perform(
            board.failed(
                trouble, at: connections[id].node, attempt: connections[id].attempt, now: deadline))
    }

    // MARK: - Effects

    func perform(_ effects: [RedisSwitchboard.Effect]) {
        for effect in effects {
            switch effect {
            case .connect(let node, let attempt, let endpoint):
                connect(node, attempt, endpoint)
            case .send(let node, let bytes):
                guard let id = current[node] else {
                    expect(false, "sent without a connection")
                    continue
                }
                let time = max(now + latency(), connections[id].nextToServer)
                connections[id].nextToServer = time
                schedule(.toServer(id, Array(bytes.readableBytesView)), atNanoseconds: time)
            case .close(let node):
                if let id = current.removeValue(forKey: node) {
                    connections[id].isOpen = false
                    decoders[id] = nil
                }
            case .answer(let id, let reply):
                answered(id, reply)
            case .turned(let breaker, let reason):
                expect((reason != nil) == (breaker == .open), "a breaker opens for a reason")
                self.breaker = breaker
                if breaker != .halfOpen { wasClosedOrOpen = true }
            case .trouble, .redirected:
                break
            }
        }
        if let next = board.nextDeadline, Int64(next.uptimeNanoseconds) < nextTimer {
            nextTimer = max(now, Int64(next.uptimeNanoseconds))
            schedule(.timer, atNanoseconds: nextTimer)
        }
    }

    func connect(_ node: RedisRouter.NodeID, _ attempt: UInt64, _ endpoint: RedisEndpoint) {
        let server = servers.firstIndex { $0.endpoint == endpoint }
        connections.append(Connection(node: node, attempt: attempt, server: server))
        let id = connections.count - 1
        current[node] = id
        guard let server, servers[server].isUp else {
            schedule(.refused(id), atNanoseconds: now + latency())
            return
        }
        if !servers[server].isUnreachable { schedule(.connected(id), atNanoseconds: now + latency()) }
    }

    func answered(_ id: UInt64, _ reply: RedisReply?) {
        calls[id]?.answers += 1
        guard let call = calls[id] else { return expect(false, "call \(id) was never made") }
        expect(call.answers == 1, "call \(id) is answered again")
        expect(now - call.began <= 100_000_000, "call \(id) took \(now - call.began) ns")
        if call.began >= (Self.chaos + Self.recovery) * 1_000_000 {
            expect(
                reply == .bulk(Array("\(id)".utf8)),
                "call \(id) got \(String(describing: reply)) from the healthy")
            repliesAfterRecovery += 1
        } else if case .bulk(let bytes) = reply {
            answersInChaos += 1
            expect(call.isTampered || bytes == Array("\(id)".utf8), "call \(id) got another's reply")
        } else {
            answersInTrouble += 1
        }
    }

    // MARK: - Time and chance

    var deadline: NIODeadline { .uptimeNanoseconds(UInt64(now)) }

    func latency() -> Int64 {
        let isSlow = !isWell && chance(0.05)
        return Int64.random(in: isSlow ? 20_000_000...120_000_000 : 50_000...2_000_000, using: &random)
    }

    func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &random) < probability
    }

    func schedule(_ event: Event, at milliseconds: Int64) {
        schedule(event, atNanoseconds: milliseconds * 1_000_000)
    }

    func schedule(_ event: Event, atNanoseconds time: Int64) {
        // Of events at the same time the one that was scheduled first comes first.
        var (low, high) = (0, events.count)
        while low < high {
            let middle = (low + high) / 2
            if events[middle].time > time { low = middle + 1 } else { high = middle }
        }
        events.insert((time, event), at: low)
    }

    func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
        if !condition { violations.append("at \(Double(now) / 1_000_000) ms: \(message())") }
    }
}
