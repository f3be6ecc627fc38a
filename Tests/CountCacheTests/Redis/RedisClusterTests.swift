import TestSupport
import Testing

@testable import CountCache

/// The client with a real cluster of two nodes.
@Suite struct RedisClusterTests {
    private let keys = (0..<40).map { "{key \($0)}" }

    /// That of one node, as that of a cluster.
    private static func address(of cluster: RedisCluster) -> String {
        "redis+cluster://127.0.0.1:\(cluster.low.port)"
    }

    private func isLow(_ key: String) -> Bool {
        RedisHashSlot.slot(of: key) < 8192
    }

    @Test func keysOfAllNodesAreReachedFromOne() async throws {
        let cluster = try await RedisCluster.start()
        let test = try RedisClientUnderTest(Self.address(of: cluster))
        try await test.whileRunning { () async throws in
            for key in keys {
                #expect(await test.run(RedisClientUnderTest.set, key, key) == .bulk(Array(key.utf8)))
            }
            // then: each slot of the other node was asked about once, over one more connection
            let highSlots = Set(keys.filter { !isLow($0) }.map(RedisHashSlot.slot))
            #expect(highSlots.count > 10)
            #expect(test.redirects == highSlots.count)
            #expect(test.connects == 2)
            for key in keys { #expect(await test.echoes(key, key)) }
            #expect(test.redirects == highSlots.count)
            let size = try await cluster.high.database.command("dbsize")
            #expect(Int(size) == Set(keys.filter { !isLow($0) }).count)
        }
    }

    @Test func slotOnItsWayIsAskedForWithoutBeingRemembered() async throws {
        let cluster = try await RedisCluster.start()
        let key = try #require(keys.first(where: isLow))
        let slot = "\(RedisHashSlot.slot(of: key))"
        let lowID = try await cluster.low.database.command("cluster", "myid")
        let highID = try await cluster.high.database.command("cluster", "myid")
        _ = try await cluster.high.database.command("cluster", "setslot", slot, "importing", lowID)
        _ = try await cluster.low.database.command("cluster", "setslot", slot, "migrating", highID)
        let test = try RedisClientUnderTest(Self.address(of: cluster))
        try await test.whileRunning { () async throws in
            for _ in 0..<3 { #expect(await test.run(RedisClientUnderTest.set, key, "1") == .bulk([0x31])) }
            #expect(test.redirects == 3)
            // when the slot has arrived
            _ = try await cluster.high.database.command("cluster", "setslot", slot, "node", highID)
            _ = try await cluster.low.database.command("cluster", "setslot", slot, "node", highID)
            for _ in 0..<3 { #expect(await test.run(RedisClientUnderTest.set, key, "2") == .bulk([0x32])) }
            #expect(test.redirects == 4)
        }
    }

    @Test func nodeThatIsGoneCostsItsKeysAlone() async throws {
        let cluster = try await RedisCluster.start()
        let low = try #require(keys.first(where: isLow))
        let high = try #require(keys.first { !isLow($0) })
        let test = try RedisClientUnderTest(Self.address(of: cluster))
        try await test.whileRunning { () async throws in
            #expect(await test.echoes("1", high))
            try await cluster.high.kill()
            for _ in 0..<20 { #expect(await test.run(RedisClientUnderTest.echo, high) == nil) }
            #expect(await test.echoes("2", low))
            #expect(test.client.state == .ok)
            // when the seed is gone too
            try await cluster.low.kill()
            try await test.log.wait(for: "Redis away")
            #expect(await test.run(RedisClientUnderTest.echo, low) == nil)
        }
    }
}
