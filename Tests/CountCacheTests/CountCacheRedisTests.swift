import TestSupport
import Testing

@testable import CountCache

/// The cache with a real Redis.
@Suite struct CountCacheRedisTests {
    private let key: CountKey

    init() throws {
        key = try CountKey(collection: "posts")
    }

    @Test func processesShareACountAndItsAge() async throws {
        let redis = try await RedisDatabase.shared()
        let clock = ManualClock()
        let one = try CacheUnderTest(redis: redis.url)
        let two = try CacheUnderTest(redis: redis.url, clock: clock.clock)
        try await one.whileRunning { () async throws in
            try await two.whileRunning { () async throws in
                let counted = try #require(try await one.count(key) { 42 })
                // Before Redis has been told, the other would ask again and again, by a clock that stands.
                try await redis.waitForKey(key.redisKey)
                let shared = try #require(try await two.count(key) { 43 })
                #expect((counted.value, counted.source) == (42, .store))
                #expect((shared.value, shared.source) == (42, .redis))
                #expect(shared.age > .zero && shared.age < .seconds(60))
                // then: the age carries on in memory
                clock.advance(by: .seconds(60))
                let remembered = try await two.count(key) { 44 }
                #expect(remembered == Count(value: 42, age: shared.age + .seconds(60), source: .memory))
                #expect(two.loads == 0)
                #expect(two.hits(.redis) == 1)
                #expect(one.cache.redisState == .ok)
            }
        }
        #expect(one.cache.redisState == .away)
        #expect(one.log.lines.count == 1)
        #expect(one.cache.workCount == 0 && two.cache.workCount == 0)
    }

    @Test func manyCallersTakeTwoRoundTrips() async throws {
        let server = try await RedisServer.start()
        let test = try CacheUnderTest(redis: server.url)
        try await test.whileRunning { () async throws in
            // The scripts are loaded when another key's count has arrived.
            let other = try CountKey(collection: "other")
            _ = try await test.count(other) { 1 }
            try await server.database.waitForKey(other.redisKey)
            _ = try await server.database.command("config", "resetstat")
            try await withThrowingTaskGroup(of: Count?.self) { group in
                for _ in 0..<200 { group.addTask { try await test.count(key) { 1 } } }
                for try await count in group { #expect(count?.value == 1) }
            }
            #expect(test.loads == 2)
            try await server.database.waitForKey(key.redisKey)
            let commands = try await server.database.command("info", "commandstats")
            #expect(commands.contains("cmdstat_evalsha:calls=2,"))
            #expect(!commands.contains("cmdstat_eval:"))
            #expect(test.leases("won") == 2)
        }
    }

    @Test func killedRedisIsMissedAndPickedUpAgain() async throws {
        let server = try await RedisServer.start()
        let test = try CacheUnderTest(redis: server.url)
        try await test.whileRunning { () async throws in
            _ = try await test.count(key) { 1 }
            try await server.kill()
            #expect(try await test.count(key) { 2 }?.value == 1)
            #expect(try await test.count(try CountKey(collection: "other")) { 3 }?.value == 3)
            try await test.log.wait(for: "Redis away, counting in memory")
            #expect(test.cache.redisState == .away)
            try await server.restart()
            try await test.log.wait(for: "Redis is back")
            #expect(test.cache.redisState == .ok)
            let third = try CountKey(collection: "third")
            _ = try await test.count(third) { 4 }
            try await server.database.waitForKey(third.redisKey)
            #expect(test.log.count(of: "Redis away") == 1)
        }
    }

    @Test func frozenRedisCostsItsDeadlineOnce() async throws {
        let server = try await RedisServer.start()
        let test = try CacheUnderTest(redis: server.url, commandTimeout: .milliseconds(200))
        try await test.whileRunning { () async throws in
            try await test.log.wait(for: "Redis is in use")
            server.freeze()
            for number in 0..<200 {
                let key = try CountKey(collection: "c\(number)")
                let count = try await test.cache.count(for: key) { _ in number }
                #expect(count?.value == number)
            }
            try await test.log.wait(for: "Redis away")
            // Each connection is waited for once, by the first call or by its greeting.
            let timeouts = test.errors(.timeout)
            let connects = test.metrics.value("count_cache_redis_connects_total")
            #expect((1...connects).contains(timeouts))
            try await test.quiet()
            server.thaw()
            try await test.log.wait(for: "Redis is back")
            // Told within a deadline that a busy machine may miss once or twice, and then asked by another key.
            var number = 0
            try await waitUntil("a count that reaches Redis", last: { "\(number) counts" }) {
                number += 1
                let key = try CountKey(collection: "again \(number)")
                _ = try await test.count(key) { 1 }
                try await test.quiet()
                return try await server.database.command("exists", key.redisKey) == "1"
            }
        }
        #expect(test.cache.workCount == 0)
    }

    @Test func absentRedisFailsNothing() async throws {
        let server = try await RedisServer.start()
        try await server.kill()
        let test = try CacheUnderTest(redis: server.url)
        try await test.whileRunning { () async throws in
            #expect(try await test.count(key) { 1 }?.value == 1)
            try await test.log.wait(for: "Redis away, counting in memory")
            #expect(test.errors(.connect) >= 1)
            try await server.restart()
            try await test.log.wait(for: "Redis is back")
        }
    }

    /// Text that is no count, or one that was stamped in the future.
    @Test(arguments: [
        "", "x", "-1 5 5", "12 1", "5 5 5 5", "5 99999999999999999 1", "05 5 5", "5 5 1e3", "1\n5 5",
        "9223372036854775808 5 5",
    ])
    func badValueIsAMissAndIsReplaced(value: String) async throws {
        let redis = try await RedisDatabase.shared()
        let test = try CacheUnderTest(redis: redis.url)
        _ = try await redis.command("set", key.redisKey, value)
        try await test.whileRunning { () async throws in
            #expect(try await test.count(key) { 9 }?.source == .store)
            #expect(test.errors(.value) == 1)
            try await redis.wait(for: "get", key.redisKey) { $0.hasPrefix("9 ") }
        }
    }

    @Test func wrongTypesAreMissesAndAreReplaced() async throws {
        let redis = try await RedisDatabase.shared()
        let test = try CacheUnderTest(redis: redis.url)
        _ = try await redis.command("lpush", key.redisKey, "x")
        _ = try await redis.command("lpush", key.redisLeaseKey, "x")
        try await test.whileRunning { () async throws in
            #expect(try await test.count(key) { 9 }?.source == .store)
            #expect(test.errors(.wrongType) == 1)
            #expect(test.cache.redisState == .ok)
            try await redis.wait(for: "get", key.redisKey) { $0.hasPrefix("9 ") }
            #expect(test.leases("won") == 1)
        }
    }

    @Test func fullRedisIsReadAllTheSame() async throws {
        let server = try await RedisServer.start()
        let (one, two) = (try CacheUnderTest(redis: server.url), try CacheUnderTest(redis: server.url))
        try await one.whileRunning { () async throws in
            _ = try await one.count(key) { 9 }
            try await server.database.waitForKey(key.redisKey)
        }
        _ = try await server.database.command("config", "set", "maxmemory", "1")
        try await two.whileRunning { () async throws in
            #expect(try await two.count(key) { 8 }?.source == .redis)
            // What it does not hold is counted without a lease.
            #expect(try await two.count(try CountKey(collection: "other")) { 7 }?.source == .store)
            #expect(two.errors(.oom) >= 1)
            #expect(two.leases("won") == 0)
            #expect(two.cache.redisState == .ok)
        }
    }

    @Test func replicaIsReadAllTheSame() async throws {
        let server = try await RedisServer.start()
        let (one, two) = (try CacheUnderTest(redis: server.url), try CacheUnderTest(redis: server.url))
        try await one.whileRunning { () async throws in
            _ = try await one.count(key) { 9 }
            try await server.database.waitForKey(key.redisKey)
        }
        // A replica of a master that is not there keeps what it has, and takes no writes.
        _ = try await server.database.command("replicaof", "127.0.0.1", "1")
        try await two.whileRunning { () async throws in
            #expect(try await two.count(key) { 8 }?.source == .redis)
            #expect(try await two.count(try CountKey(collection: "other")) { 7 }?.source == .store)
            #expect(two.errors(.readonly) >= 1)
        }
    }

    @Test func oldReleasesValuesAreNotRead() async throws {
        let redis = try await RedisDatabase.shared()
        let test = try CacheUnderTest(redis: redis.url)
        _ = try await redis.command("set", "{feedserver:v1:posts}", "1 1700000000000000")
        try await test.whileRunning { () async throws in
            #expect(try await test.count(key) { 9 }?.value == 9)
            #expect(test.errors(.value) == 0)
        }
    }

    /// A failed count bars the others for what it cost, in every process.
    @Test func failedCountBarsEveryProcess() async throws {
        struct Broken: Error {}
        let redis = try await RedisDatabase.shared()
        let clock = ManualClock()
        let one = try CacheUnderTest(redis: redis.url, clock: clock.clock)
        let two = try CacheUnderTest(redis: redis.url)
        try await one.whileRunning { () async throws in
            try await two.whileRunning { () async throws in
                await #expect(throws: Broken.self) {
                    try await one.cache.count(for: key) { _ in
                        clock.advance(by: .seconds(2))
                        throw Broken()
                    }
                }
                try await redis.wait(for: "get", key.redisLeaseKey) { $0.hasPrefix("- ") }
                #expect(try await two.count(key) { 1 } == nil)
                #expect(two.loads == 0)
                let remaining = try #require(Int(try await redis.command("pttl", key.redisLeaseKey)))
                #expect((100_000...198_000).contains(remaining))
            }
        }
    }

    /// A process that ends in the middle of a count, or right after it, keeps nobody waiting.
    @Test func endingProcessGivesItsLeaseBack() async throws {
        let server = try await RedisServer.start()
        let (counted, broken) = (try CountKey(collection: "counted"), try CountKey(collection: "broken"))
        let one = try CacheUnderTest(redis: server.url)
        let counting = Gate()
        try await one.whileRunning { () async throws in
            _ = one.cache.current(for: broken) { _ in
                counting.open()
                try await Task.sleep(for: .seconds(3_600))
                return 1
            }
            try await counting.pass()
            // The scripts that fill and release have never run there: telling takes two round trips.
            _ = try await one.count(counted) { 9 }
        }
        #expect(one.cache.workCount == 0 && one.errors(.load) == 0)
        #expect(try await server.database.command("get", counted.redisKey).hasPrefix("9 "))
        #expect(
            try await server.database.command("exists", counted.redisLeaseKey, broken.redisLeaseKey) == "0")
    }

    @Test func passwordAndDatabase() async throws {
        let server = try await RedisServer.start("--requirepass", "sesame")
        let address = "127.0.0.1:\(server.port)/3"
        let right = try CacheUnderTest(redis: "redis://default:sesame@\(address)")
        try await right.whileRunning { () async throws in
            _ = try await right.count(key) { 9 }
            try await server.database.wait(
                for: "--no-auth-warning", "-a", "sesame", "-n", "3", "exists", key.redisKey
            ) { $0 == "1" }
        }
        for url in ["redis://:wrong-word@\(address)", "redis://\(address)"] {
            let wrong = try CacheUnderTest(redis: url)
            try await wrong.whileRunning { () async throws in
                #expect(try await wrong.count(key) { 8 }?.source == .store)
                try await wrong.log.wait(for: "Redis away")
                #expect(wrong.errors(.auth) >= 1)
            }
            #expect(!wrong.log.lines.contains { $0.contains("wrong-word") })
        }
    }
}
