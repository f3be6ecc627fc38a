import NIOCore
import Testing

@testable import CountCache

@Suite struct RedisRouterTests {
    private static let seed = RedisEndpoint.tcp(host: "seed", port: 1, tls: false)
    private var router = RedisRouter(seed: seed)

    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

    private func endpoint(_ port: Int) -> RedisEndpoint { .tcp(host: "node", port: port, tls: false) }

    private mutating func add(_ port: Int, at time: Int64 = 0) throws -> RedisRouter.NodeID {
        guard case .new(let id, nil) = router.place(for: endpoint(port), now: at(time)) else {
            throw CountCacheTrouble.redirect
        }
        return id
    }

    @Test mutating func slotsAreRemembered() throws {
        #expect(router.node(for: ["foo"]) == .seed)
        let node = try add(2)
        router.remember(12182, at: node)
        #expect(router.node(for: ["foo"]) == node)
        #expect(router.node(for: ["{foo}.bar", "x"]) == node)
        #expect(router.node(for: ["bar"]) == .seed)
        #expect(router.node(for: []) == .seed)
        #expect(router.endpoint(of: node) == endpoint(2))
        // when it moves back, or the node is gone
        router.remember(12182, at: .seed)
        #expect(router.node(for: ["foo"]) == .seed)
        router.remember(12182, at: node)
        router.forgetSlots(of: node)
        #expect(router.node(for: ["foo"]) == .seed)
        #expect(router.slotCount == 0)
    }

    @Test mutating func endpointsAreKnownAgain() throws {
        let node = try add(2)
        #expect(router.place(for: endpoint(2), now: at(0)) == .known(node))
        #expect(router.place(for: Self.seed, now: at(0)) == .known(.seed))
    }

    @Test mutating func nodesAreBounded() throws {
        var ids: [RedisRouter.NodeID] = []
        for port in 1...RedisRouter.maxNodes { ids.append(try add(port, at: Int64(port))) }
        router.remember(12182, at: ids[1])
        router.callBegan(at: ids[0], now: at(0))
        // when there is one too many, it replaces the one that was idle for longest
        guard case .new(let next, let replaced) = router.place(for: endpoint(99), now: at(99)) else {
            Issue.record("no place")
            return
        }
        #expect(replaced == ids[1])
        #expect(router.endpoint(of: ids[1]) == nil)
        #expect(router.node(for: ["foo"]) == .seed)
        // and when all are busy
        for id in ids[2...] + [next] { router.callBegan(at: id, now: at(99)) }
        #expect(router.place(for: endpoint(100), now: at(100)) == .none)
        router.callEnded(at: next)
        guard case .new(_, replaces: next) = router.place(for: endpoint(100), now: at(100)) else {
            Issue.record("no place")
            return
        }
    }

    @Test mutating func idleNodesAreLetGoOf() throws {
        #expect(router.nextDeadline == nil)
        let node = try add(2, at: 10)
        router.remember(12182, at: node)
        #expect(router.nextDeadline == at(70))
        #expect(router.removeIdle(now: at(69)) == [])
        router.callBegan(at: node, now: at(69))
        #expect(router.nextDeadline == nil)
        #expect(router.removeIdle(now: at(200)) == [])
        router.callEnded(at: node)
        #expect(router.removeIdle(now: at(200)) == [node])
        #expect(router.node(for: ["foo"]) == .seed)
        // and then its number is not used again
        #expect(try add(2, at: 201) != node)
    }
}
