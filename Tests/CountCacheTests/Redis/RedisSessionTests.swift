import NIOCore
import TestSupport
import Testing

@testable import CountCache

@Suite struct RedisSessionTests {
    private static let hello = RedisSession.Greeting(bytes: ByteBuffer(string: "hello"), replyCount: 2)
    private static let probe = RedisSession.Greeting(bytes: ByteBuffer(string: "probe"), replyCount: 1)

    /// Always the longest wait, so that times can be told.
    private struct NoChance: RandomNumberGenerator, Sendable {
        func next() -> UInt64 { .max }
    }

    private var session = Self.makeSession(random: NoChance())

    private static func makeSession(random: any RandomNumberGenerator & Sendable) -> RedisSession {
        RedisSession(
            limits: .init(
                connectTimeout: .milliseconds(500), commandTimeout: .milliseconds(100),
                probeInterval: .seconds(1)),
            handshake: hello,
            probe: probe,
            random: random
        )
    }

    private func at(_ milliseconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(0) + .milliseconds(milliseconds)
    }

    private func request(_ id: UInt64, replies: Int = 1, until deadline: Int64 = 100) -> RedisSession.Request
    {
        .init(id: id, bytes: ByteBuffer(string: "\(id)"), replyCount: replies, deadline: at(deadline))
    }

    /// A session that has shaken hands as attempt 1 at time 0.
    private func readySession() -> RedisSession {
        var session = session
        #expect(session.start(now: at(0)) == [.turned(.halfOpen, because: nil), .connect(attempt: 1)])
        #expect(session.connected(attempt: 1, now: at(0)) == [.send(Self.hello.bytes)])
        #expect(session.received(.status("OK"), attempt: 1, now: at(0)) == [])
        #expect(
            session.received(.status("PONG"), attempt: 1, now: at(0)) == [.turned(.closed, because: nil)])
        return session
    }

    private func failure(_ trouble: CountCacheTrouble) -> [RedisSession.Effect] {
        [.trouble(trouble), .close, .turned(.open, because: trouble)]
    }

    @Test func repliesGoToRequestsInTheirOrder() {
        var session = readySession()
        #expect(session.submit(request(1, replies: 2), now: at(1)) == [.send(ByteBuffer(string: "1"))])
        #expect(session.submit(request(2), now: at(2)) == [.send(ByteBuffer(string: "2"))])
        // then the last of a request's replies is its answer
        #expect(session.received(.null, attempt: 1, now: at(3)) == [])
        #expect(session.received(.integer(1), attempt: 1, now: at(3)) == [.answer(id: 1, .integer(1))])
        #expect(session.received(.integer(3), attempt: 1, now: at(3)) == [.answer(id: 2, .integer(3))])
    }

    @Test func firstConnectionIsWaitedFor() {
        var session = session
        _ = session.start(now: at(0))
        #expect(session.isAccepting)
        #expect(session.submit(request(1, until: 100), now: at(0)) == [])
        #expect(session.submit(request(2, until: 150), now: at(50)) == [])
        #expect(session.connected(attempt: 1, now: at(110)) == [.send(Self.hello.bytes)])
        _ = session.received(.status("OK"), attempt: 1, now: at(120))
        // then what nobody waits for any more is not sent
        #expect(
            session.received(.status("PONG"), attempt: 1, now: at(120))
                == [.turned(.closed, because: nil), .send(ByteBuffer(string: "2"))])
    }

    @Test func firstConnectionIsWaitedForInVainOnce() {
        var session = session
        _ = session.start(now: at(0))
        for id in 1...UInt64(RedisSession.maxPending) { _ = session.submit(request(id), now: at(0)) }
        #expect(session.submit(request(0), now: at(0)) == [.trouble(.overload), .answer(id: 0, nil)])
        #expect(session.timePassed(now: at(100)) == [])
        // then whoever comes now is answered at once…
        #expect(!session.isAccepting)
        #expect(session.submit(request(0, until: 200), now: at(100)) == [.answer(id: 0, nil)])
        // … until the connection stands after all
        _ = session.connected(attempt: 1, now: at(110))
        _ = session.received(.status("OK"), attempt: 1, now: at(120))
        _ = session.received(.status("PONG"), attempt: 1, now: at(120))
        #expect(session.submit(request(0, until: 200), now: at(130)) == [.send(ByteBuffer(string: "0"))])
    }

    @Test func attemptToConnectIsGivenUp() {
        var session = session
        _ = session.start(now: at(0))
        _ = session.submit(request(1, until: 1000), now: at(0))
        #expect(session.nextDeadline == at(500))
        #expect(session.timePassed(now: at(500)) == failure(.connect) + [.answer(id: 1, nil)])
        #expect(session.connected(attempt: 1, now: at(501)) == [])
    }

    @Test func handshakeOfTLSIsPartOfConnecting() {
        var session = session
        _ = session.start(now: at(0))
        #expect(session.securing(attempt: 1) == [])
        #expect(session.nextDeadline == at(500))
        #expect(session.timePassed(now: at(500)) == failure(.tls))
        // and when it succeeds
        _ = session.timePassed(now: at(600))
        _ = session.securing(attempt: 3)
        #expect(session.connected(attempt: 3, now: at(601)) == [.send(Self.hello.bytes)])
    }

    @Test func deadlinePassedOpensTheBreaker() {
        var session = readySession()
        _ = session.submit(request(1), now: at(0))
        _ = session.submit(request(2), now: at(10))
        #expect(session.nextDeadline == at(100))
        #expect(session.timePassed(now: at(99)) == [])
        #expect(
            session.timePassed(now: at(100)) == failure(.timeout) + [
                .answer(id: 1, nil), .answer(id: 2, nil),
            ])
        // then: a late reply is nobody's, and requests do not wait
        #expect(session.received(.null, attempt: 1, now: at(101)) == [])
        #expect(session.submit(request(3), now: at(101)) == [.answer(id: 3, nil)])
        // and then: one attempt after the back-off, for which nobody waits either
        #expect(session.nextDeadline == at(200))
        #expect(
            session.timePassed(now: at(200)) == [.turned(.halfOpen, because: nil), .connect(attempt: 3)])
        #expect(!session.isAccepting)
        #expect(session.submit(request(4), now: at(201)) == [.answer(id: 4, nil)])
        _ = session.connected(attempt: 3, now: at(202))
        #expect(session.submit(request(5), now: at(202)) == [.answer(id: 5, nil)])
        _ = session.received(.status("OK"), attempt: 3, now: at(203))
        #expect(
            session.received(.status("PONG"), attempt: 3, now: at(203)) == [.turned(.closed, because: nil)])
        #expect(session.isAccepting)
    }

    @Test(arguments: [true, false])
    func backOffDoublesToOneSecond(isJittered: Bool) {
        var session = isJittered ? Self.makeSession(random: SeededGenerator(seed: 1)) : session
        var effects = session.start(now: at(0))
        var now = at(0)
        var waits: [Int64] = []
        for _ in 0..<7 {
            guard case .connect(let attempt) = effects.last else {
                Issue.record("no attempt")
                return
            }
            #expect(session.failed(.connect, attempt: attempt, now: now) == failure(.connect))
            guard let deadline = session.nextDeadline else {
                Issue.record("no deadline")
                return
            }
            waits.append((deadline - now).nanoseconds / 1_000_000)
            now = deadline
            effects = session.timePassed(now: now)
        }
        let longest: [Int64] = [100, 200, 400, 800, 1000, 1000, 1000]
        if isJittered {
            for (wait, longest) in zip(waits, longest) { #expect((longest / 2...longest).contains(wait)) }
            #expect(waits != longest)
        } else {
            #expect(waits == longest)
        }
    }

    @Test func backOffIsEarnedByAnswersNotByWelcomes() {
        // given a Redis that welcomes and hangs up, for ever
        var session = session
        var now = at(0)
        var effects = session.start(now: now)
        var waits: [Int64] = []
        func welcomeAndLeave(answering: Bool) {
            guard case .connect(let attempt) = effects.last else { return }
            _ = session.connected(attempt: attempt, now: now)
            _ = session.received(.status("OK"), attempt: attempt, now: now)
            _ = session.received(.status("PONG"), attempt: attempt, now: now)
            if answering {
                _ = session.submit(request(1, until: .max / 2_000_000), now: now)
                _ = session.received(.null, attempt: attempt, now: now)
            }
            _ = session.failed(.closed, attempt: attempt, now: now)
            guard let deadline = session.nextDeadline else { return }
            waits.append((deadline - now).nanoseconds / 1_000_000)
            now = deadline
            effects = session.timePassed(now: now)
        }
        for _ in 0..<5 { welcomeAndLeave(answering: false) }
        welcomeAndLeave(answering: true)
        #expect(waits == [100, 200, 400, 800, 1000, 100])
    }

    @Test(arguments: [
        (RedisReply.error("NOAUTH Authentication required."), CountCacheTrouble.auth),
        (.error("WRONGPASS invalid"), .auth), (.error("LOADING Redis is loading"), .loading),
        (.error("ERR unknown command 'AUTH'"), .reply), (.integer(1), .protocol), (.null, .protocol),
        (.status("PONG"), .protocol),
    ])
    func handshakeRefused(reply: RedisReply, trouble: CountCacheTrouble) {
        var session = session
        _ = session.start(now: at(0))
        _ = session.submit(request(1), now: at(0))
        _ = session.connected(attempt: 1, now: at(0))
        #expect(session.received(reply, attempt: 1, now: at(1)) == failure(trouble) + [.answer(id: 1, nil)])
    }

    @Test func handshakeThatHangsIsGivenUp() {
        var session = session
        _ = session.start(now: at(0))
        _ = session.connected(attempt: 1, now: at(10))
        _ = session.received(.status("OK"), attempt: 1, now: at(50))
        #expect(session.nextDeadline == at(110))
        #expect(session.timePassed(now: at(110)) == failure(.timeout))
    }

    @Test func replyThatNobodyAskedForOpensTheBreaker() {
        var session = readySession()
        #expect(session.received(.integer(1), attempt: 1, now: at(1)) == failure(.protocol))
        // also before anything was said
        var early = self.session
        _ = early.start(now: at(0))
        #expect(early.received(.integer(1), attempt: 1, now: at(1)) == failure(.protocol))
    }

    @Test func whatAnOldConnectionSaysIsNobodys() {
        // given a connection that took the place of another
        var session = readySession()
        _ = session.failed(.closed, attempt: 1, now: at(0))
        _ = session.timePassed(now: at(100))
        _ = session.connected(attempt: 3, now: at(101))
        // when the old one, which takes its time to close, still speaks
        #expect(session.received(.error("LOADING x"), attempt: 1, now: at(102)) == [])
        #expect(session.received(.status("OK"), attempt: 1, now: at(102)) == [])
        #expect(session.failed(.closed, attempt: 1, now: at(102)) == [])
        #expect(session.connected(attempt: 1, now: at(102)) == [])
        // then the new one's handshake goes on
        #expect(session.received(.status("OK"), attempt: 3, now: at(103)) == [])
        #expect(
            session.received(.status("PONG"), attempt: 3, now: at(103)) == [.turned(.closed, because: nil)])
    }

    @Test func errorOfOneCommandLeavesTheConnection() {
        var session = readySession()
        for text in ["OOM no", "READONLY no", "NOSCRIPT no", "ERR no", "WRONGTYPE no", "LOADINGS no"] {
            _ = session.submit(request(1), now: at(0))
            #expect(
                session.received(.error(text), attempt: 1, now: at(1)) == [.answer(id: 1, .error(text))])
        }
    }

    @Test(arguments: [
        ("LOADING x", CountCacheTrouble.loading), ("MASTERDOWN x", .loading), ("BUSY x", .loading),
        ("CLUSTERDOWN x", .loading), ("NOAUTH x", .auth), ("LOADING", .loading),
    ])
    func errorOfTheServerOpensTheBreaker(text: String, trouble: CountCacheTrouble) {
        var session = readySession()
        _ = session.submit(request(2, replies: 2), now: at(2))
        #expect(
            session.received(.error(text), attempt: 1, now: at(3)) == failure(trouble) + [.answer(id: 2, nil)]
        )
    }

    @Test func silentConnectionIsProbed() {
        var session = readySession()
        #expect(session.nextDeadline == at(1000))
        #expect(session.timePassed(now: at(999)) == [])
        #expect(session.timePassed(now: at(1000)) == [.send(Self.probe.bytes)])
        #expect(session.nextDeadline == at(1100))
        #expect(session.received(.status("PONG"), attempt: 1, now: at(1050)) == [])
        #expect(session.nextDeadline == at(2050))
        #expect(session.timePassed(now: at(2050)) == [.send(Self.probe.bytes)])
        #expect(session.timePassed(now: at(2150)) == failure(.timeout))
    }

    @Test func pendingRequestsAreBounded() {
        var session = readySession()
        for id in 1...UInt64(RedisSession.maxPending) { _ = session.submit(request(id), now: at(0)) }
        #expect(session.submit(request(0), now: at(0)) == [.trouble(.overload), .answer(id: 0, nil)])
    }

    @Test func stoppedSessionAnswersAndForgets() {
        var session = readySession()
        _ = session.submit(request(1), now: at(0))
        #expect(session.stop() == [.close, .answer(id: 1, nil)])
        #expect(session.stop() == [])
        #expect(session.nextDeadline == nil)
        #expect(session.failed(.closed, attempt: 1, now: at(1)) == [])
        #expect(session.submit(request(2), now: at(1)) == [.answer(id: 2, nil)])
        #expect(session.start(now: at(2)) == [.turned(.halfOpen, because: nil), .connect(attempt: 3)])
        #expect(session.isAccepting)
    }
}
