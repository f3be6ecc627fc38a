import NIOCore
import TestSupport
import Testing

@testable import CountCache

/// The client with something at Redis's address that is no Redis, or one that has gone mad: it never crashes, answers
/// every call, and says what is wrong.
@Suite struct GarbageServerTests {
    private func withClient(
        of server: HostileServer,
        isCluster: Bool = true,
        commandTimeout: Duration = .seconds(60),
        _ body: (RedisClientUnderTest) async throws -> Void
    ) async throws {
        let test = try RedisClientUnderTest(
            "redis\(isCluster ? "+cluster" : "")://127.0.0.1:\(server.port)", commandTimeout: commandTimeout)
        try await test.whileRunning { () async throws in try await body(test) }
        try await server.stop()
    }

    private static let greetings: [(HostileServer.Answer, CountCacheTrouble)] = [
        (.bytes("HTTP/1.1 400 Bad Request\r\n\r\n"), .protocol),
        (.bytes("$9223372036854775800\r\n"), .protocol),
        (.bytes("*2147483647\r\n"), .protocol),
        (.bytes("\0\0\0\0"), .protocol),
        (.bytes("+OK\r\n+OK\r\n"), .protocol),
        (.bytes("+PONG\r\n+PONG\r\n"), .protocol),
        (.bytes(":1\r\n"), .protocol),
        (.byteByByte("-NOAUTH x\r\n"), .auth),
        (.bytes("-LOADING x\r\n"), .loading),
        (.bytes("-ERR x\r\n"), .reply),
        (.bytes("-MOVED 1 127.0.0.1:PORT\r\n"), .redirect),
        (.bytes("$100\r\nhalf a reply"), .timeout),
        (.bytesAndHangUp("$100\r\nhalf a reply"), .closed),
        (.bytesAndHangUp(""), .closed),
        (.bytes(""), .timeout),
    ]

    @Test(arguments: greetings.indices)
    func greetsInItsOwnWay(index: Int) async throws {
        let (greeting, trouble) = Self.greetings[index]
        let server = try await HostileServer.start(greeting: greeting, answer: .bytes("?"))
        let timeout = trouble == .timeout ? Duration.milliseconds(100) : .seconds(20)
        try await withClient(of: server, commandTimeout: timeout) { test in
            // One greeting too many is told from a reply by nothing but its shape.
            for _ in 0..<20 {
                let reply = await test.run(RedisClientUnderTest.echo)
                #expect(reply == nil || reply == .status("PONG"))
            }
            try await test.meets(trouble)
            try await test.log.wait(for: "Redis away")
        }
    }

    private static let breakingAnswers: [(HostileServer.Answer, CountCacheTrouble)] = [
        (.bytes("-MASTERDOWN x\r\n"), .loading), (.bytes("-LOADING x\r\n"), .loading),
        (.bytes("-BUSY x\r\n"), .loading), (.bytes("-CLUSTERDOWN x\r\n"), .loading),
        (.bytes("-NOAUTH x\r\n"), .auth),
        (.bytes("$9223372036854775800\r\n"), .protocol), (.bytes("*2147483647\r\n"), .protocol),
        (.bytes("$16385\r\n"), .protocol), (.bytes(":1\r\n:2\r\n"), .protocol), (.bytes("?"), .protocol),
        (.bytes("%1\r\n"), .protocol), (.bytes("$3\r\nab"), .timeout), (.bytes("*2\r\n:1\r\n"), .timeout),
        (.bytesAndHangUp("$3\r\nab"), .closed), (.bytesAndHangUp(""), .closed), (.bytes(""), .timeout),
    ]

    @Test(arguments: breakingAnswers.indices)
    func welcomesAndFails(index: Int) async throws {
        let (answer, trouble) = Self.breakingAnswers[index]
        let server = try await HostileServer.start(answer: answer)
        let timeout = trouble == .timeout ? Duration.milliseconds(100) : .seconds(20)
        try await withClient(of: server, commandTimeout: timeout) { test in
            try await test.turns(.closed)
            var replies: [RedisReply?] = []
            for _ in 0..<20 { replies.append(await test.run(RedisClientUnderTest.echo)) }
            // A reply that is followed by another is right until that other comes.
            #expect(replies.allSatisfy { $0 == nil || $0 == .integer(1) })
            try await test.meets(trouble)
            try await test.log.wait(for: "Redis away")
        }
    }

    private static let slot = RedisHashSlot.slot(of: "{key}")
    private static let redirects = [
        "-MOVED \(slot) 127.0.0.1:PORT\r\n", "-MOVED \(slot) :PORT\r\n", "-MOVED\r\n",
        "-MOVED 99999 127.0.0.1:PORT\r\n",
        "-MOVED x y z\r\n", "-ASK 1 127.0.0.1:99999\r\n", "-MOVED 1 127.0.0.1:PORT\r\n",
    ]

    @Test(arguments: redirects)
    func redirectsNowhere(answer: String) async throws {
        let server = try await HostileServer.start(answer: .bytes(answer))
        try await withClient(of: server) { test in
            try await test.turns(.closed)
            #expect(await test.run(RedisClientUnderTest.echo) == nil)
            #expect(test.errors(.redirect) == 1)
            #expect(test.client.state == .ok)
        }
    }

    /// Where no cluster is named, no redirect makes anybody connect anywhere and say the password there.
    @Test(arguments: ["MOVED", "ASK"])
    func redirectsElsewhere(redirect: String) async throws {
        let elsewhere = try await HostileServer.start(
            answer: .bytes(redirect == "ASK" ? "+OK\r\n:1\r\n" : ":1\r\n"))
        let answer = HostileServer.Answer.bytes(
            "-\(redirect) \(Self.slot) 127.0.0.1:\(elsewhere.port)\r\n")
        try await withClient(of: HostileServer.start(answer: answer), isCluster: false) { test in
            for _ in 0..<3 { #expect(await test.run(RedisClientUnderTest.echo) == nil) }
            #expect((test.connects, test.redirects, test.errors(.redirect)) == (1, 0, 3))
            #expect(test.client.state == .ok)
            #expect(test.log.count(of: "Redis redirects to other nodes") == 1)
        }
        // A cluster is another matter: there the other node is asked.
        try await withClient(of: HostileServer.start(answer: answer)) { test in
            #expect(await test.run(RedisClientUnderTest.echo) == .integer(1))
            #expect((test.connects, test.redirects) == (2, 1))
        }
        try await elsewhere.stop()
    }

    @Test func asksInALoop() async throws {
        // Twice, for ASKING and for what comes with it; once is what the first call needs.
        let ask = "-ASK \(Self.slot) :PORT\r\n"
        let server = try await HostileServer.start(answer: .bytes(ask + ask))
        try await withClient(of: server) { test in
            try await test.turns(.closed)
            #expect(await test.run(RedisClientUnderTest.echo) == nil)
            #expect(test.errors(.redirect) + test.errors(.protocol) >= 1)
        }
    }

    private static let ownAffairs: [(String, RedisReply)] = [
        ("-OOM x\r\n", .error("OOM x")), ("-READONLY x\r\n", .error("READONLY x")),
        ("-NOSCRIPT x\r\n", .error("NOSCRIPT x")), ("-NOPERM x\r\n", .error("NOPERM x")),
        ("-TRYAGAIN x\r\n", .error("TRYAGAIN x")), ("-\r\n", .error("")), ("+\r\n", .status("")),
        ("$-1\r\n", .null), ("*-1\r\n", .null), ("*0\r\n", .array([])), ("$0\r\n\r\n", .bulk([])),
        ("*2\r\n$1\r\na\r\n*1\r\n:-9\r\n", .array([.bulk([97]), .array([.integer(-9)])])),
        ("$2\r\n\u{e4}\r\n", .bulk([0xC3, 0xA4])),
    ]

    @Test(arguments: ownAffairs.indices, [true, false])
    func answersOtherThingsThanExpected(index: Int, isInPieces: Bool) async throws {
        let (bytes, reply) = Self.ownAffairs[index]
        let server = try await HostileServer.start(
            greeting: isInPieces ? .byteByByte("+PONG\r\n") : nil,
            answer: isInPieces ? .byteByByte(bytes) : .bytes(bytes))
        try await withClient(of: server) { test in
            for _ in 0..<5 { #expect(await test.run(RedisClientUnderTest.echo) == reply) }
            #expect(test.client.state == .ok)
            #expect(test.connects == 1)
        }
    }

    private static let floods: [HostileServer.Answer] = [
        .endless("$9223372036854775800\r\n", "x"), .endless("*2147483647\r\n", ":1\r\n"),
        .endless("$16000\r\n", "x"), .endless("", "x"), .endless("+", "x"), .endless(":", "1"),
        .endless("", "*1\r\n"), .endless("", "+PONG\r\n"), .endless("*64\r\n", "$-1\r\n"), .endless("", "\0"),
    ]

    /// Asked of a process of its own, so that its memory is not that of the other tests.
    @Test(arguments: floods.indices, [true, false])
    func floodIsNotTakenIn(index: Int, atOnce: Bool) async throws {
        let flood = Self.floods[index]
        let server = try await HostileServer.start(greeting: atOnce ? flood : nil, answer: flood)
        var task = CountWorkerTask(redis: "redis://127.0.0.1:\(server.port)")
        task.callers = 3
        task.repeats = true
        let worker = try await CountWorkerProcess.start(task)
        if !atOnce { try await worker.wait(for: "state ok") }
        try await worker.go()
        try await server.waitForEndedConnections(atOnce ? 2 : 1)
        try await worker.stop()
        let report = try await worker.report()
        #expect(report.answered >= task.callers && report.failed == 0)
        #expect(report.protocolErrors >= 1)
        #expect(report.memoryGrowth <= 16 * 1_024 * 1_024)
        try await worker.kill()
        try await server.stop()
    }
}
