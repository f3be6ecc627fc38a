import NIOCore
import TestSupport
import Testing

@testable import CountCache

@Suite struct RedisSwitchboardTests {
    private typealias Effect = RedisSwitchboard.Effect
    private static let call = RedisScriptCall(
        script: RedisScript("return 1"), keys: ["foo"], arguments: ["x"])
    private static let other = RedisEndpoint.tcp(host: "other", port: 2, tls: false)
    private static let pong = RedisReply.status("PONG")
    private static let moved = RedisReply.error("MOVED 12182 other:2")

    private var board: RedisSwitchboard

    init() throws {
        board = try Self.board("redis+cluster://seed")
    }

    private static func board(_ url: String) throws -> RedisSwitchboard {
        try RedisSwitchboard(
            address: RedisAddress(url),
            limits: .init(
                connectTimeout: .milliseconds(500), commandTimeout: .milliseconds(100),
                probeInterval: .seconds(1)),
            random: SeededGenerator(seed: 1)
        )
    }

    private func at(_ milliseconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(0) + .milliseconds(milliseconds)
    }

    private mutating func makeReady() {
        _ = board.start(now: at(0))
        _ = board.connected(.seed, attempt: 1, now: at(0))
        #expect(
            board.received(Self.pong, from: .seed, attempt: 1, now: at(0)) == [.turned(.closed, because: nil)]
        )
    }

    /// The node that a call is being redirected to for the first time.
    private func node(in effects: [Effect]) throws -> RedisRouter.NodeID {
        let nodes = effects.compactMap { effect -> RedisRouter.NodeID? in
            if case .connect(let node, attempt: 1, Self.other) = effect { node } else { nil }
        }
        return try #require(nodes.first)
    }

    private func sends(_ effects: [Effect]) -> [String] {
        effects.compactMap { effect in
            guard case .send(_, let bytes) = effect else { return nil }
            return ["ASKING", "EVALSHA", "EVAL", "PING"].filter {
                String(buffer: bytes).contains("\r\n\($0)\r\n")
            }
            .joined(separator: " ")
        }
    }

    @Test mutating func scriptThatIsUnknownIsSentWithinTheSameTime() {
        makeReady()
        #expect(sends(board.run(Self.call, id: 1, now: at(10))) == ["EVALSHA"])
        #expect(sends(board.received(.error("NOSCRIPT x"), from: .seed, attempt: 1, now: at(60))) == ["EVAL"])
        // when the time that began with the call is over
        #expect(board.nextDeadline == at(110))
        #expect(board.timePassed(now: at(110)) == [.trouble(.timeout), .answer(id: 1, nil)])
        // then a late reply is nobody's, and the connection stays
        #expect(board.received(.integer(1), from: .seed, attempt: 1, now: at(120)) == [])
        #expect(board.isAccepting)
        #expect(board.callCount == 0)
    }

    @Test mutating func seedDecidesForAll() {
        #expect(board.run(Self.call, id: 1, now: at(0)) == [.answer(id: 1, nil)])
        makeReady()
        _ = board.run(Self.call, id: 2, now: at(1))
        _ = board.run(Self.call, id: 3, now: at(2))
        #expect(
            board.failed(.closed, at: .seed, attempt: 1, now: at(3)) == [
                .trouble(.closed), .close(.seed), .turned(.open, because: .closed),
                .answer(id: 2, nil), .answer(id: 3, nil),
            ])
        #expect(board.run(Self.call, id: 4, now: at(4)) == [.answer(id: 4, nil)])
    }

    @Test mutating func movedCallWaitsForTheNodeAndIsRemembered() throws {
        makeReady()
        _ = board.run(Self.call, id: 1, now: at(0))
        let effects = board.received(Self.moved, from: .seed, attempt: 1, now: at(1))
        let node = try node(in: effects)
        #expect(effects.contains(.redirected))
        #expect(sends(effects) == [])
        // a second call goes there in the first place
        #expect(board.run(Self.call, id: 2, now: at(2)) == [])
        _ = board.connected(node, attempt: 1, now: at(3))
        let ready = board.received(Self.pong, from: node, attempt: 1, now: at(4))
        #expect(sends(ready) == ["EVALSHA", "EVALSHA"])
        #expect(!ready.contains(.turned(.closed, because: nil)))
        #expect(
            board.received(.integer(1), from: node, attempt: 1, now: at(5)) == [.answer(id: 1, .integer(1))])
        // when the node fails, its keys go to the seed again
        #expect(
            board.failed(.closed, at: node, attempt: 1, now: at(6))
                == [.trouble(.closed), .close(node), .answer(id: 2, nil)])
        #expect(board.isAccepting)
        let again = board.run(Self.call, id: 3, now: at(7))
        #expect(sends(again) == ["EVALSHA"])
        guard case .send(.seed, _) = again.first else {
            Issue.record("not to the seed")
            return
        }
        // and while the node is known to be away, a redirect to it ends the call at once
        #expect(
            board.received(Self.moved, from: .seed, attempt: 1, now: at(8))
                == [.redirected, .answer(id: 3, nil)])
    }

    /// Whatever answers at the address could otherwise have the password sent to anybody.
    @Test(arguments: [
        "MOVED 12182 other:2", "ASK 12182 other:2", "MOVED 12182 :2", "MOVED 12182 seed:6379",
    ])
    mutating func redirectIsFollowedInAClusterAlone(answer: String) throws {
        board = try Self.board("redis://seed")
        makeReady()
        for id in UInt64(1)...3 {
            let effects = board.run(Self.call, id: id, now: at(1))
            #expect(sends(effects) == ["EVALSHA"])
            #expect(
                board.received(.error(answer), from: .seed, attempt: 1, now: at(2))
                    == [.trouble(.redirect), .answer(id: id, nil)])
        }
        #expect(board.isAccepting && board.callCount == 0)
        // when it answers after all
        _ = board.run(Self.call, id: 4, now: at(3))
        #expect(
            board.received(.integer(1), from: .seed, attempt: 1, now: at(4)) == [.answer(id: 4, .integer(1))])
    }

    @Test mutating func askedCallIsNotRemembered() throws {
        makeReady()
        _ = board.run(Self.call, id: 1, now: at(0))
        let effects = board.received(.error("ASK 12182 other:2"), from: .seed, attempt: 1, now: at(1))
        let node = try node(in: effects)
        _ = board.connected(node, attempt: 1, now: at(3))
        #expect(sends(board.received(Self.pong, from: node, attempt: 1, now: at(4))) == ["ASKING EVALSHA"])
        #expect(board.received(.status("OK"), from: node, attempt: 1, now: at(5)) == [])
        #expect(
            board.received(.integer(1), from: node, attempt: 1, now: at(5)) == [.answer(id: 1, .integer(1))])
        guard case .send(.seed, _) = board.run(Self.call, id: 2, now: at(6)).first else {
            Issue.record("not to the seed")
            return
        }
    }

    @Test mutating func callThatWaitsForANodeIsAnsweredInTime() throws {
        makeReady()
        _ = board.run(Self.call, id: 1, now: at(0))
        let node = try node(in: board.received(Self.moved, from: .seed, attempt: 1, now: at(50)))
        #expect(board.nextDeadline == at(100))
        #expect(board.timePassed(now: at(100)) == [.trouble(.timeout), .answer(id: 1, nil)])
        // then it is not sent when the node is there at last
        _ = board.connected(node, attempt: 1, now: at(101))
        #expect(sends(board.received(Self.pong, from: node, attempt: 1, now: at(102))) == [])
    }

    @Test mutating func loopOfRedirectsEnds() {
        makeReady()
        _ = board.run(Self.call, id: 1, now: at(0))
        let loop = RedisReply.error("MOVED 12182 :6379")
        for _ in 0..<3 {
            #expect(sends(board.received(loop, from: .seed, attempt: 1, now: at(1))) == ["EVALSHA"])
        }
        #expect(
            board.received(loop, from: .seed, attempt: 1, now: at(1))
                == [.trouble(.redirect), .answer(id: 1, nil)])
    }

    @Test mutating func nodesWithoutCallsAreLetGoOf() throws {
        makeReady()
        _ = board.run(Self.call, id: 1, now: at(0))
        let node = try node(in: board.received(Self.moved, from: .seed, attempt: 1, now: at(1)))
        _ = board.connected(node, attempt: 1, now: at(2))
        _ = board.received(Self.pong, from: node, attempt: 1, now: at(2))
        _ = board.received(.integer(1), from: node, attempt: 1, now: at(3))
        var closes: [Int64] = []
        var second: Int64 = 1
        while second < 100 {
            // both connections are probed meanwhile, and answer
            let now = at(second * 1000 + 500)
            let effects = board.timePassed(now: now)
            if effects.contains(.close(node)) { closes.append(second) }
            for effect in effects {
                if case .send(let to, _) = effect {
                    _ = board.received(Self.pong, from: to, attempt: 1, now: now)
                }
            }
            second += 1
        }
        #expect(closes == [60])
        #expect(!board.isCurrent(node, attempt: 1))
        #expect(board.isCurrent(.seed, attempt: 1))
    }

    @Test mutating func nodesAreBounded() throws {
        makeReady()
        var connects = 0
        var refused = 0
        for id in 1...UInt64(RedisRouter.maxNodes + 2) {
            _ = board.run(Self.call, id: id, now: at(0))
            let effects = board.received(
                .error("ASK 12182 other:\(id + 1)"), from: .seed, attempt: 1, now: at(1))
            connects += effects.count { if case .connect = $0 { true } else { false } }
            if effects == [.trouble(.redirect), .answer(id: id, nil)] { refused += 1 }
        }
        #expect(connects == RedisRouter.maxNodes)
        #expect(refused == 2)
        // when nobody waits for them any more, they make room
        _ = board.timePassed(now: at(100))
        _ = board.run(Self.call, id: 99, now: at(101))
        let effects = board.received(.error("ASK 12182 other:99"), from: .seed, attempt: 1, now: at(102))
        #expect(effects.contains { if case .close = $0 { true } else { false } })
        #expect(effects.contains { if case .connect = $0 { true } else { false } })
    }

    @Test mutating func stoppedSwitchboardAnswersAll() throws {
        makeReady()
        _ = board.run(Self.call, id: 1, now: at(0))
        let node = try node(in: board.received(Self.moved, from: .seed, attempt: 1, now: at(1)))
        _ = board.run(Self.call, id: 2, now: at(2))
        let effects = board.stop(now: at(3))
        #expect(Set(effects.map { "\($0)" }).count == effects.count)
        for effect in [.close(.seed), .close(node), .answer(id: 1, nil), .answer(id: 2, nil)] as [Effect] {
            #expect(effects.contains(effect))
        }
        #expect(effects.count == 4)
        #expect(board.nextDeadline == nil)
        #expect(board.callCount == 0)
        #expect(!board.isCurrent(node, attempt: 1))
    }

    @Test func introductionHoldsUserPasswordAndDatabase() throws {
        for (url, words) in [
            ("redis://:p@h", ["AUTH", "p", "PING"]),
            ("redis://u:p@h/3", ["AUTH", "u", "p", "SELECT", "3", "PING"]),
            ("unix://u:p@/s?db=3", ["AUTH", "u", "p", "SELECT", "3", "PING"]), ("rediss://h", ["PING"]),
        ] {
            var board = try RedisSwitchboard(
                address: RedisAddress(url),
                limits: .init(
                    connectTimeout: .seconds(1), commandTimeout: .seconds(1), probeInterval: .seconds(1)),
                random: SeededGenerator(seed: 1)
            )
            _ = board.start(now: at(0))
            guard case .send(.seed, let bytes) = board.connected(.seed, attempt: 1, now: at(0)).first else {
                Issue.record("nothing sent")
                return
            }
            let lines = String(buffer: bytes).split(separator: "\r\n").filter {
                !"*$".contains($0.first ?? " ")
            }
            #expect(lines.map(String.init) == words)
        }
    }
}
