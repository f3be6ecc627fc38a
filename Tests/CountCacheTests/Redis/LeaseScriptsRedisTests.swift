import TestSupport
import Testing

@testable import CountCache

/// The scripts in a real Redis: what the simulation takes for granted of them is true.
@Suite struct LeaseScriptsRedisTests {
    private static let hour: Int64 = 3_600_000_000_000

    private let key: CountKey

    init() throws {
        key = try CountKey(collection: "posts")
    }

    private func request(_ token: String, softTimeToLive: Int64 = hour) -> Lease.Request {
        Lease.Request(
            key: key, token: token, time: Self.hour, softTimeToLive: softTimeToLive, pauseFactor: 100)
    }

    /// Redis's time in nanoseconds, and what it answers.
    private func acquire(
        _ request: Lease.Request, _ test: RedisClientUnderTest
    ) async throws -> (time: Int64, answer: Lease.Answer) {
        let reply = try #require(await test.run(LeaseScripts.call(request)))
        guard case .array(let parts) = reply, case .bulk(let digits) = parts[0],
            let microseconds = StrictDecimal.number(digits)
        else { throw CountCacheTrouble.protocol }
        let (answer, troubles) = LeaseScripts.answer(reply)
        #expect(troubles.allSatisfy { $0 == .oom })
        return (microseconds * 1_000, answer)
    }

    private func wasHolder(_ call: RedisScriptCall, _ test: RedisClientUnderTest) async throws -> Bool? {
        LeaseScripts.wasHolder(try #require(await test.run(call))).wasHolder
    }

    /// The same commands, drawn at random, to Redis and to the simulation's model of it: the same answers. Expiries
    /// are an hour or so, because the two are not told things in the same millisecond.
    @Test(arguments: 1...10) func theModelIsTrue(seed: UInt64) async throws {
        let server = try await RedisServer.start()
        let test = try RedisClientUnderTest(server.url)
        var random = SeededGenerator(seed: seed)
        var model = ModelLeases(clockOffset: 0)
        let tokens = ["one-1", "one-2", "two-1", "three-1"]
        var rights: Set<String> = []
        try await test.whileRunning { () async throws in
            var time: Int64 = 0
            for step in 0..<200 {
                let token = tokens.randomElement(using: &random) ?? ""
                switch Int.random(in: 0..<4, using: &random) {
                case 0, 1:
                    let soft: Int64 = Bool.random(using: &random) ? Self.hour : 0
                    let request = request(token, softTimeToLive: soft)
                    let (now, answer) = try await acquire(request, test)
                    time = now
                    let expected = model.acquire(request, at: time)
                    #expect(answer.found == expected.found, "step \(step)")
                    #expect(isSame(answer.right, expected.right), "step \(step): \(answer) \(expected)")
                    rights.insert("\(answer.right)".prefix { $0 != "(" }.description)
                case 2:
                    // A cost of nothing or of ages: with the factor, needless or not.
                    let cost: Int64 = Bool.random(using: &random) ? 0 : Self.hour
                    let fill = Lease.Fill(
                        key: key, token: token, value: step, cost: cost, lifetime: Self.hour)
                    let expected = model.fill(fill, at: time)
                    #expect(try await wasHolder(LeaseScripts.call(fill), test) == expected, "step \(step)")
                default:
                    let pause: Int64 = Bool.random(using: &random) ? 0 : Self.hour
                    let release = Lease.Release(key: key, token: token, pause: pause)
                    let expected = model.release(release, at: time)
                    #expect(try await wasHolder(LeaseScripts.call(release), test) == expected, "step \(step)")
                }
                // Full, and not full again.
                if Int.random(in: 0..<10, using: &random) == 0 {
                    model.refusal = model.refusal == nil ? .full : nil
                    let limit = model.refusal == nil ? "0" : "1"
                    _ = try await server.database.command("config", "set", "maxmemory", limit)
                }
                // Now and then all is forgotten, or a bar or a dear count would hold for ever.
                if Int.random(in: 0..<12, using: &random) == 0 {
                    _ = try await server.database.command("flushall")
                    model.loseEverything()
                }
            }
        }
        #expect(rights.isSuperset(of: ["needless", "granted", "held", "denied"]))
    }

    private func isSame(_ one: Lease.Right, _ other: Lease.Right) -> Bool {
        switch (one, other) {
        case (.held, .held), (.barred, .barred): true
        default: one == other
        }
    }

    /// An engine that has given up on the answer that gave it a lease gets it again, and nobody else does.
    @Test func ownLeaseIsTakenBack() async throws {
        let redis = try await RedisDatabase.shared()
        let test = try RedisClientUnderTest(redis.url)
        try await test.whileRunning { () async throws in
            #expect(try await acquire(request("one-1"), test).answer.right == .granted)
            guard case .held = try await acquire(request("two-1"), test).answer.right else {
                Issue.record("not held")
                return
            }
            #expect(try await acquire(request("one-2"), test).answer.right == .granted)
            let old = Lease.Fill(key: key, token: "one-1", value: 1, cost: 1, lifetime: Self.hour)
            #expect(try await wasHolder(LeaseScripts.call(old), test) == false)
            let new = Lease.Fill(key: key, token: "one-2", value: 2, cost: 1, lifetime: Self.hour)
            #expect(try await wasHolder(LeaseScripts.call(new), test) == true)
            #expect(try await acquire(request("two-2"), test).answer.found?.value == 2)
        }
    }

    @Test func everyKeyExpires() async throws {
        let redis = try await RedisDatabase.shared()
        let test = try RedisClientUnderTest(redis.url)
        try await test.whileRunning { () async throws in
            _ = try await acquire(request("one-1"), test)
            let lease = try #require(Int(try await redis.command("pttl", key.redisLeaseKey)))
            #expect((1...3_600_000).contains(lease))
            let fill = Lease.Fill(key: key, token: "one-1", value: 1, cost: 1, lifetime: Self.hour)
            _ = try await wasHolder(LeaseScripts.call(fill), test)
            let count = try #require(Int(try await redis.command("pttl", key.redisKey)))
            #expect((1...3_600_000).contains(count))
            #expect(try await redis.command("exists", key.redisLeaseKey) == "0")
            _ = try await acquire(request("one-2", softTimeToLive: 0), test)
            let release = Lease.Release(key: key, token: "one-2", pause: Self.hour)
            _ = try await wasHolder(LeaseScripts.call(release), test)
            let bar = try #require(Int(try await redis.command("pttl", key.redisLeaseKey)))
            #expect((1...3_600_000).contains(bar))
        }
    }
}
