import TestSupport
import Testing

@testable import CountCache

/// The client with a real Redis.
@Suite struct RedisClientTests {
    @Test func scriptsAreRun() async throws {
        let server = try await RedisServer.start()
        let test = try RedisClientUnderTest(server.url)
        for name in ["closed", "open", "half_open"] {
            #expect(test.metrics.value("count_cache_breaker_state \(name)") == 0)
        }
        #expect((test.connects, test.redirects, test.replies) == (0, 0, 0))
        try await test.whileRunning { () async throws in
            // given a call that comes before the first connection stands, and needs the script's source
            #expect(await test.run(RedisClientUnderTest.set, "{a}", "ü\r\n") == .bulk(Array("ü\r\n".utf8)))
            #expect(test.client.state == .ok)
            #expect(test.breaker == .closed)
            // when many come at once
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<500 { group.addTask { await test.echoes("\(number)") } }
                for try await isRight in group { #expect(isRight) }
            }
            // then each has its own reply, over one connection
            #expect(test.replies == 501)
            #expect(test.connects == 1)
            #expect(await test.run(RedisScript("return redis.call('LPUSH', 'a')")) != nil)
            #expect(try await server.database.command("get", "{a}").hasPrefix("ü"))
        }
        #expect(test.log.lines.count == 1)
        #expect(test.log.count(of: "Redis is in use") == 1)
        #expect(await test.run(RedisClientUnderTest.echo) == nil)
    }

    @Test func mayBeStartedAgain() async throws {
        let redis = try await RedisDatabase.shared()
        let test = try RedisClientUnderTest(redis.url)
        for _ in 0..<3 {
            try await test.whileRunning { () async throws in #expect(await test.echoes("y")) }
        }
        #expect(test.connects == 3)
        // and stopped without having been started
        await test.client.stop()
    }

    @Test func flushedScriptsAreSentAgain() async throws {
        let server = try await RedisServer.start()
        let test = try RedisClientUnderTest(server.url)
        try await test.whileRunning { () async throws in
            #expect(await test.echoes("1"))
            #expect(await test.echoes("2"))
            _ = try await server.database.command("script", "flush")
            #expect(await test.echoes("3"))
            #expect(await test.echoes("4"))
            let stats = try await server.database.command("info", "commandstats")
            #expect(stats.contains("cmdstat_eval:calls=2,"))
            #expect(stats.contains("cmdstat_evalsha:calls=4,"))
            #expect(test.client.state == .ok)
        }
    }

    @Test func killedRedisIsMissedAndPickedUpAgain() async throws {
        let server = try await RedisServer.start()
        let test = try RedisClientUnderTest(server.url)
        try await test.whileRunning { () async throws in
            #expect(await test.echoes("1"))
            try await server.kill()
            try await test.log.wait(for: "Redis away, counting in memory")
            #expect(test.client.state == .away)
            #expect(await test.run(RedisClientUnderTest.echo) == nil)
            try await server.restart()
            try await test.log.wait(for: "Redis is back")
            #expect(test.client.state == .ok)
            #expect(await test.echoes("2"))
            #expect(test.errors(.closed) >= 1)
            #expect(test.log.lines.count == 3)
        }
    }

    @Test func frozenRedisIsGivenUpAndPickedUpAgain() async throws {
        let server = try await RedisServer.start()
        let test = try RedisClientUnderTest(server.url, commandTimeout: .milliseconds(200))
        try await test.whileRunning { () async throws in
            try await test.succeeds()
            server.freeze()
            // One call pays with its timeout; the rest are turned away at once, or this would take half an hour.
            for _ in 0..<10_000 { #expect(await test.run(RedisClientUnderTest.echo) == nil) }
            try await test.meets(.timeout)
            #expect(test.client.state == .away)
            server.thaw()
            try await test.succeeds()
        }
    }

    @Test func frozenRedisIsFoundOutWithoutCalls() async throws {
        let server = try await RedisServer.start()
        let test = try RedisClientUnderTest(server.url, commandTimeout: .milliseconds(100)) {
            $0.probeInterval = .milliseconds(10)
        }
        try await test.whileRunning { () async throws in
            try await test.turns(.closed)
            server.freeze()
            try await test.turns(.open)
            server.thaw()
            try await test.turns(.closed)
        }
    }

    @Test func absentRedisIsPickedUp() async throws {
        let server = try await RedisServer.start()
        try await server.kill()
        let test = try RedisClientUnderTest(server.url)
        try await test.whileRunning { () async throws in
            #expect(await test.run(RedisClientUnderTest.echo) == nil)
            try await test.log.wait(for: "Redis away, counting in memory")
            #expect(test.errors(.connect) >= 1)
            try await server.restart()
            try await test.log.wait(for: "Redis is back")
            #expect(await test.echoes("1"))
        }
    }

    @Test func errorsOfACommandArePassedThrough() async throws {
        let server = try await RedisServer.start()
        let test = try RedisClientUnderTest(server.url)
        try await test.whileRunning { () async throws in
            let wrong = await test.run(RedisScript("return redis.call('INCR', 'a', 'b')"))
            #expect(wrong?.errorCode == "ERR")
            _ = try await server.database.command("config", "set", "maxmemory", "1")
            #expect(await test.run(RedisClientUnderTest.set)?.errorCode == "OOM")
            #expect(test.client.state == .ok)
        }
    }

    @Test func unixSocket() async throws {
        let server = try await RedisServer.start("--requirepass", "sesame", over: .unix)
        let path = server.url.dropFirst("unix://".count)
        let test = try RedisClientUnderTest("unix://:sesame@\(path)?db=2")
        try await test.whileRunning { () async throws in
            #expect(await test.run(RedisClientUnderTest.set, "{a}", "1") == .bulk(Array("1".utf8)))
            #expect(
                try await server.database.command(
                    "--no-auth-warning", "-a", "sesame", "-n", "2", "get", "{a}") == "1")
        }
        let absent = try RedisClientUnderTest("unix://\(path).absent")
        try await absent.whileRunning { () async throws in
            try await absent.log.wait(for: "Redis away")
            #expect(absent.errors(.connect) >= 1)
        }
    }

    @Test func passwordUserAndDatabase() async throws {
        let server = try await RedisServer.start("--requirepass", "sesame")
        let host = "127.0.0.1:\(server.port)/3"
        _ = try await server.database.command(
            "--no-auth-warning", "-a", "sesame",
            "acl", "setuser", "counter", "on", ">p@ss:word", "~{*", "+@all", "-@admin")
        for login in [":sesame", "default:sesame", "counter:p%40ss:word"] {
            let right = try RedisClientUnderTest("redis://\(login)@\(host)")
            try await right.whileRunning { () async throws in
                #expect(await right.run(RedisClientUnderTest.set, "{a}", login) == .bulk(Array(login.utf8)))
                let found = try await server.database.command(
                    "--no-auth-warning", "-a", "sesame", "-n", "3", "get", "{a}")
                #expect(found == login)
            }
            #expect(!right.log.lines.contains { $0.contains("sesame") || $0.contains("p@ss") })
        }
        // given a user who may not touch the key
        let limited = try RedisClientUnderTest("redis://counter:p%40ss:word@\(host)")
        try await limited.whileRunning { () async throws in
            #expect(await limited.run(RedisClientUnderTest.set, "other")?.errorCode == "NOPERM")
        }
        for login in [":wrong-word@", "counter:wrong-word@", "nobody:wrong-word@", ""] {
            let wrong = try RedisClientUnderTest("redis://\(login)\(host)")
            try await wrong.whileRunning { () async throws in
                try await wrong.log.wait(for: "Redis away")
                #expect(await wrong.run(RedisClientUnderTest.echo) == nil)
                #expect(wrong.errors(.auth) >= 1)
            }
            #expect(!wrong.log.lines.contains { $0.contains("wrong-word") })
        }
    }

    @Test func databaseThatIsNotThere() async throws {
        let server = try await RedisServer.start()
        let test = try RedisClientUnderTest(server.url + "/99")
        try await test.whileRunning { () async throws in
            try await test.log.wait(for: "Redis away")
            #expect(test.errors(.reply) >= 1)
        }
    }

    @Test func nobodyIsForgottenWhenTheClientStops() async throws {
        let server = try await RedisServer.start()
        let test = try RedisClientUnderTest(server.url)
        test.client.start()
        try await test.log.wait(for: "Redis is in use")
        server.freeze()
        async let replies = withTaskGroup(of: RedisReply?.self) { group in
            for _ in 0..<100 { group.addTask { await test.run(RedisClientUnderTest.echo) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        // when it stops while they wait, or before they have come to the event loop
        await Task.yield()
        await test.client.stop()
        #expect(await replies == Array(repeating: nil, count: 100))
        #expect(try await test.client.remainder() == RedisDriver.Remainder())
    }
}
