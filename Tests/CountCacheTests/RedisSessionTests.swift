import NIOCore
import Testing

@testable import CountCache

@Suite struct RedisSessionTests {
    private static let hello = RedisSession.Request(id: 0, bytes: ByteBuffer(string: "hello"), replyCount: 2)
    private static let probe = RedisSession.Request(id: 0, bytes: ByteBuffer(string: "probe"), replyCount: 2)
    private static let time = RedisReply.array([.bulk(Array("1700000000".utf8)), .bulk(Array("5".utf8))])

    private var session = RedisSession(
        limits: .init(commandTimeout: .milliseconds(100)), handshake: hello, probe: probe)

    private func at(_ milliseconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(0) + .milliseconds(milliseconds)
    }

    private func request(_ id: UInt64, replies: Int = 1) -> RedisSession.Request {
        .init(id: id, bytes: ByteBuffer(string: "\(id)"), replyCount: replies)
    }

    /// A session that has shaken hands as attempt 1 at time 0.
    private func readySession() -> RedisSession {
        var session = session
        #expect(session.start() == [.connect(attempt: 1)])
        #expect(session.connected(attempt: 1, now: at(0)) == [.send(Self.hello.bytes)])
        #expect(session.received(Self.time, attempt: 1, now: at(0)) == [])
        #expect(session.received(.status("PONG"), attempt: 1, now: at(0)) == [.isOk])
        return session
    }

    @Test func repliesGoToRequestsInTheirOrder() {
        var session = readySession()
        #expect(session.submit(request(1, replies: 2), now: at(1)) == [.send(ByteBuffer(string: "1"))])
        #expect(session.submit(request(2), now: at(2)) == [.send(ByteBuffer(string: "2"))])
        #expect(session.received(.null, attempt: 1, now: at(3)) == [])
        #expect(session.received(Self.time, attempt: 1, now: at(3)) == [.answer(id: 1, [.null, Self.time])])
        #expect(session.received(.integer(3), attempt: 1, now: at(3)) == [.answer(id: 2, [.integer(3)])])
    }

    @Test func firstConnectionIsWaitedForUntilTheDeadline() {
        var session = session
        _ = session.start()
        #expect(session.submit(request(1), now: at(0)) == [])
        #expect(session.submit(request(2), now: at(50)) == [])
        #expect(session.nextDeadline == at(100))
        #expect(session.timePassed(now: at(100)) == [.trouble(.timeout), .answer(id: 1, nil)])
        #expect(session.connected(attempt: 1, now: at(110)) == [.send(Self.hello.bytes)])
        _ = session.received(Self.time, attempt: 1, now: at(120))
        #expect(
            session.received(.status("PONG"), attempt: 1, now: at(120))
                == [.isOk, .send(ByteBuffer(string: "2"))])
    }

    @Test func deadlinePassedEndsTheConnection() {
        var session = readySession()
        _ = session.submit(request(1), now: at(0))
        _ = session.submit(request(2), now: at(10))
        #expect(session.nextDeadline == at(100))
        #expect(session.timePassed(now: at(99)) == [])
        #expect(
            session.timePassed(now: at(100)) == [
                .trouble(.timeout), .close, .isAway(because: .timeout), .answer(id: 1, nil),
                .answer(id: 2, nil),
            ])
        // then: a late reply is nobody's, and requests do not wait
        #expect(session.received(.null, attempt: 1, now: at(101)) == [])
        #expect(session.submit(request(3), now: at(101)) == [.answer(id: 3, nil)])
        // and then: one attempt after the back-off, for which nobody waits either
        #expect(session.nextDeadline == at(200))
        #expect(session.timePassed(now: at(200)) == [.connect(attempt: 3)])
        #expect(session.submit(request(4), now: at(201)) == [.answer(id: 4, nil)])
        _ = session.connected(attempt: 3, now: at(202))
        _ = session.received(Self.time, attempt: 3, now: at(203))
        #expect(session.received(.status("PONG"), attempt: 3, now: at(203)) == [.isOk])
    }

    @Test func backOffDoublesToOneSecondAndIsReportedOnce() {
        var session = session
        var effects = session.start()
        var now: Int64 = 0
        var waits: [Int64] = []
        var aways = 0
        for _ in 0..<7 {
            guard case .connect(let attempt) = effects.first else {
                Issue.record("no attempt")
                return
            }
            effects = session.failed(.connect, attempt: attempt, now: at(now))
            aways += effects.count { $0 == .isAway(because: .connect) }
            guard let deadline = session.nextDeadline else {
                Issue.record("no deadline")
                return
            }
            waits.append((deadline - at(now)).nanoseconds / 1_000_000)
            now += waits.last ?? 0
            effects = session.timePassed(now: at(now))
        }
        #expect(waits == [100, 200, 400, 800, 1000, 1000, 1000])
        #expect(aways == 1)
    }

    @Test(arguments: [
        (RedisReply.error("NOAUTH Authentication required."), CountCacheTrouble.auth),
        (.error("LOADING Redis is loading"), .loading), (.error("ERR unknown command 'TIME'"), .reply),
        (.integer(1), .protocol), (.null, .protocol), (.status("OK"), .protocol),
    ])
    func handshakeRefused(reply: RedisReply, trouble: CountCacheTrouble) {
        var session = session
        _ = session.start()
        _ = session.submit(request(1), now: at(0))
        _ = session.connected(attempt: 1, now: at(0))
        let effects =
            session.received(reply, attempt: 1, now: at(1))
            + session.received(.status("PONG"), attempt: 1, now: at(1))
        #expect(effects == [.trouble(trouble), .close, .isAway(because: trouble), .answer(id: 1, nil)])
    }

    @Test func replyThatNobodyAskedForEndsTheConnection() {
        var session = readySession()
        #expect(
            session.received(.integer(1), attempt: 1, now: at(1))
                == [.trouble(.protocol), .close, .isAway(because: .protocol)])
    }

    @Test func errorOfOneCommandLeavesTheConnection() {
        var session = readySession()
        _ = session.submit(request(1), now: at(0))
        let reply = RedisReply.error("OOM command not allowed")
        #expect(session.received(reply, attempt: 1, now: at(1)) == [.answer(id: 1, [reply])])
        _ = session.submit(request(2), now: at(2))
        #expect(
            session.received(.error("LOADING"), attempt: 1, now: at(3))
                == [.trouble(.loading), .close, .isAway(because: .loading), .answer(id: 2, nil)])
    }

    @Test func silentConnectionIsProbed() {
        var session = readySession()
        #expect(session.nextDeadline == at(1000))
        #expect(session.timePassed(now: at(1000)) == [.send(Self.probe.bytes)])
        #expect(session.nextDeadline == at(1100))
        #expect(
            session.timePassed(now: at(1100)) == [.trouble(.timeout), .close, .isAway(because: .timeout)])
    }

    @Test func pendingRequestsAreBounded() {
        var session = readySession()
        for id in 1...UInt64(RedisSession.Limits.maxPending) { _ = session.submit(request(id), now: at(0)) }
        #expect(session.submit(request(0), now: at(0)) == [.trouble(.overload), .answer(id: 0, nil)])
    }

    @Test func stoppedSessionAnswersAndForgets() {
        var session = readySession()
        _ = session.submit(request(1), now: at(0))
        #expect(session.stop() == [.close, .answer(id: 1, nil)])
        #expect(session.nextDeadline == nil)
        #expect(session.failed(.closed, attempt: 1, now: at(1)) == [])
        #expect(session.submit(request(2), now: at(1)) == [.answer(id: 2, nil)])
        #expect(session.start() == [.connect(attempt: 3)])
    }
}
