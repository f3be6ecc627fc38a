import TestSupport
import Testing

@testable import CountCache

/// The cache with a real Redis.
@Suite(.timeLimit(.minutes(1))) struct CountCacheRedisTests {
    private let key: CountKey

    init() throws {
        key = try CountKey(collection: "posts")
    }

    @Test func processesShareACountAndItsAge() async throws {
        let server = try await RedisServer.start()
        let clock = ManualClock()
        let one = try CacheUnderTest(redis: server.url)
        let two = try CacheUnderTest(redis: server.url, clock: clock.clock)
        try await one.whileRunning { () async throws in
            try await two.whileRunning { () async throws in
                let counted = try await one.cache.count(for: key) { 42 }
                let shared = try await two.cache.count(for: key) { 43 }
                #expect((counted.value, counted.source) == (42, .store))
                #expect((shared.value, shared.source) == (42, .redis))
                #expect(shared.age > .zero && shared.age < .seconds(60))
                // then: the age carries on in memory
                clock.advance(by: .seconds(60))
                let remembered = try await two.cache.count(for: key) { 44 }
                #expect(remembered == Count(value: 42, age: shared.age + .seconds(60), source: .memory))
                clock.advance(by: .seconds(540) - shared.age)
                #expect(two.cache.cached(for: key) == nil)
                #expect(two.loads == 0)
                #expect(two.hits(.redis) == 1)
                #expect(one.cache.redisState == .ok)
            }
        }
        #expect(one.cache.redisState == .away)
        #expect(one.log.lines.count == 1)
    }

    @Test func manyCallersCountOnce() async throws {
        let server = try await RedisServer.start()
        let test = try CacheUnderTest(redis: server.url)
        try await test.whileRunning { () async throws in
            try await withThrowingTaskGroup(of: Count.self) { group in
                for _ in 0..<200 { group.addTask { try await test.cache.count(for: key) { 1 } } }
                for try await count in group { #expect(count.value == 1) }
            }
            #expect(test.loads == 1)
            let commands = try await server.command("info", "commandstats")
            #expect(commands.contains("cmdstat_get:calls=1,"))
            #expect(commands.contains("cmdstat_set:calls=1,"))
        }
    }

    @Test func killedRedisIsMissedAndPickedUpAgain() async throws {
        let server = try await RedisServer.start()
        let test = try CacheUnderTest(redis: server.url)
        try await test.whileRunning { () async throws in
            _ = try await test.cache.count(for: key) { 1 }
            server.kill()
            #expect(try await test.cache.count(for: key) { 2 }.value == 1)
            #expect(try await test.cache.count(for: try CountKey(collection: "other")) { 3 }.value == 3)
            await test.log.wait(for: "Redis away, counting in memory")
            #expect(test.cache.redisState == .away)
            try await server.restart()
            await test.log.wait(for: "Redis is back")
            #expect(test.cache.redisState == .ok)
            _ = try await test.cache.count(for: try CountKey(collection: "third")) { 4 }
            #expect(try await server.command("exists", "{feedserver:v1:third}") == "1")
            #expect(test.log.count(of: "Redis away") == 1)
        }
    }

    @Test func frozenRedisCostsItsDeadlineOnce() async throws {
        let server = try await RedisServer.start()
        let test = try CacheUnderTest(redis: server.url, commandTimeout: .milliseconds(200))
        try await test.whileRunning { () async throws in
            await test.log.wait(for: "Redis is in use")
            server.freeze()
            let elapsed = try await ContinuousClock().measure {
                for number in 0..<200 {
                    let key = try CountKey(collection: "c\(number)")
                    #expect(try await test.cache.count(for: key) { number }.value == number)
                }
            }
            #expect(elapsed < .seconds(5))
            await test.log.wait(for: "Redis away")
            #expect(test.errors(.timeout) >= 1)
            server.thaw()
            await test.log.wait(for: "Redis is back")
            _ = try await test.cache.count(for: key) { 1 }
            #expect(try await server.command("exists", key.redisKey) == "1")
        }
    }

    @Test func absentRedisFailsNothing() async throws {
        let server = try await RedisServer.start()
        server.kill()
        let test = try CacheUnderTest(redis: server.url)
        try await test.whileRunning { () async throws in
            #expect(try await test.cache.count(for: key) { 1 }.value == 1)
            await test.log.wait(for: "Redis away, counting in memory")
            #expect(test.errors(.connect) >= 1)
            try await server.restart()
            await test.log.wait(for: "Redis is back")
        }
    }

    @Test(arguments: ["", "x", "-1 5", "12", "5 99999999999999999", "1 1 1"])
    func badValueIsAMissAndIsReplaced(value: String) async throws {
        let server = try await RedisServer.start()
        let test = try CacheUnderTest(redis: server.url)
        _ = try await server.command("set", key.redisKey, value)
        try await test.whileRunning { () async throws in
            #expect(try await test.cache.count(for: key) { 9 }.value == 9)
            #expect(test.errors(.value) == 1)
            #expect(try await server.command("get", key.redisKey).hasPrefix("9 "))
        }
    }

    @Test func wrongTypeIsAMissAndIsReplaced() async throws {
        let server = try await RedisServer.start()
        let test = try CacheUnderTest(redis: server.url)
        _ = try await server.command("lpush", key.redisKey, "x")
        try await test.whileRunning { () async throws in
            #expect(try await test.cache.count(for: key) { 9 }.source == .store)
            #expect(test.errors(.wrongType) == 1)
            #expect(test.cache.redisState == .ok)
            #expect(try await server.command("get", key.redisKey).hasPrefix("9 "))
        }
    }

    @Test func fullRedisIsReadAllTheSame() async throws {
        let server = try await RedisServer.start()
        let test = try CacheUnderTest(redis: server.url)
        try await test.whileRunning { () async throws in
            _ = try await server.command("config", "set", "maxmemory", "1")
            #expect(try await test.cache.count(for: key) { 9 }.value == 9)
            #expect(test.errors(.oom) == 1)
            #expect(test.cache.redisState == .ok)
        }
    }

    @Test func passwordAndDatabase() async throws {
        let server = try await RedisServer.start("--requirepass", "sesame")
        let address = "127.0.0.1:\(server.port)/3"
        let right = try CacheUnderTest(redis: "redis://default:sesame@\(address)")
        try await right.whileRunning { () async throws in
            _ = try await right.cache.count(for: key) { 9 }
            let found = try await server.command(
                "--no-auth-warning", "-a", "sesame", "-n", "3", "exists", key.redisKey)
            #expect(found == "1")
        }
        for url in ["redis://:wrong-word@\(address)", "redis://\(address)"] {
            let wrong = try CacheUnderTest(redis: url)
            try await wrong.whileRunning { () async throws in
                #expect(try await wrong.cache.count(for: key) { 8 }.source == .store)
                await wrong.log.wait(for: "Redis away")
                #expect(wrong.errors(.auth) >= 1)
            }
            #expect(!wrong.log.lines.contains { $0.contains("wrong-word") })
        }
    }
}
