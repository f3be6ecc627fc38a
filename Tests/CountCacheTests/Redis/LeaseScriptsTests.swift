import Testing

@testable import CountCache

/// What is sent for a lease, and how strictly what comes back is read. The scripts themselves run in the tests with
/// a real Redis.
@Suite struct LeaseScriptsTests {
    private let key: CountKey

    init() throws {
        key = try CountKey(collection: "posts")
    }

    private func bulk(_ text: String) -> RedisReply { .bulk(Array(text.utf8)) }

    private func reply(
        now: String = "1000000", count: RedisReply = .null, right: RedisReply = .integer(1),
        remaining: RedisReply = .integer(0)
    ) -> RedisReply {
        .array([bulk(now), count, right, remaining])
    }

    @Test func timesAreRoundedUp() {
        let acquire = LeaseScripts.call(
            Lease.Request(key: key, token: "t", time: 1_000_001, softTimeToLive: 2_001, pauseFactor: 100))
        #expect(acquire.keys == [key.redisKey, key.redisLeaseKey])
        #expect(acquire.arguments == ["t", "2", "3", "100"])
        let fill = LeaseScripts.call(Lease.Fill(key: key, token: "t", value: 7, cost: 1, lifetime: .max))
        #expect(fill.keys == [key.redisKey, key.redisLeaseKey])
        #expect(fill.arguments == ["t", "7", "1", "1000000000000"])
        let release = LeaseScripts.call(Lease.Release(key: key, token: "t", pause: 1))
        #expect(release.keys == [key.redisLeaseKey])
        #expect(release.arguments == ["t", "1"])
        #expect(LeaseScripts.call(Lease.Release(key: key, token: "t", pause: 0)).arguments == ["t", "0"])
    }

    @Test func answersAreRead() {
        let found = Lease.Found(value: 42, age: 300_000_000, cost: 5_000)
        let count = bulk("42 700000 5")
        let cases: [(RedisReply, Lease.Answer)] = [
            (reply(), .init(found: nil, right: .granted)),
            (reply(count: count, right: .integer(0)), .init(found: found, right: .needless)),
            (reply(count: count), .init(found: found, right: .granted)),
            (
                reply(count: count, right: .integer(2), remaining: .integer(7)),
                .init(found: found, right: .held(remaining: 7_000_000))
            ),
            (
                reply(right: .integer(3), remaining: .integer(.max)),
                .init(found: nil, right: .barred(remaining: 1_000_000_000_000_000_000))
            ),
        ]
        for (reply, expected) in cases {
            let (answer, troubles) = LeaseScripts.answer(reply)
            #expect(answer == expected)
            #expect(troubles.isEmpty)
        }
    }

    /// A refusal to write still says what is held.
    @Test func deniedLeaseKeepsTheCount() {
        let (answer, troubles) = LeaseScripts.answer(
            reply(count: bulk("42 700000 5"), right: .error("OOM command not allowed")))
        #expect(answer.right == .denied && answer.found?.value == 42)
        #expect(troubles == [.oom])
    }

    @Test func wrongTypeIsAMiss() {
        let (answer, troubles) = LeaseScripts.answer(
            reply(count: .error("WRONGTYPE Operation against a key")))
        #expect(answer == .init(found: nil, right: .granted))
        #expect(troubles == [.wrongType])
    }

    @Test(arguments: [
        "", "1 2", "1 2 3 4", "x 2 3", "1 x 3", "1 2 x", "01 2 3", "1 2 3 ", "-1 2 3", "1 1000001 3", "1  3",
        "99999999999999999999 2 3", "1000000000000000000 2 3", "1 2 1000000000000000000",
    ])
    func badCountIsAMiss(text: String) {
        let (answer, troubles) = LeaseScripts.answer(reply(count: bulk(text)))
        #expect(answer == .init(found: nil, right: .granted))
        #expect(troubles == [.value])
    }

    /// Ages and costs of any size do not overflow what is reckoned with them.
    @Test func extremeTimesAreCutDown() throws {
        let (answer, _) = LeaseScripts.answer(
            reply(now: "9223372036854775807", count: bulk("999999999999999999 0 999999999999999999")))
        let found = try #require(answer.found)
        #expect(found.value == 999_999_999_999_999_999)
        #expect(found.age == .max / 4 && found.cost == .max / 4)
    }

    @Test func whatIsNoAnswerGivesNoLease() {
        let cases: [(RedisReply, CountCacheTrouble)] = [
            (.null, .protocol), (.status("OK"), .protocol), (.array([]), .protocol),
            (reply(now: "x"), .protocol), (reply(now: "-1"), .protocol), (reply(right: .null), .protocol),
            (reply(right: .integer(4)), .protocol), (reply(remaining: .integer(-1)), .protocol),
            (reply(remaining: .null), .protocol), (reply(count: .integer(1), right: .integer(9)), .protocol),
            // Needless, because of a count that is not there.
            (reply(right: .integer(0)), .protocol),
            (.error("NOPERM this user has no permissions"), .auth), (.error("READONLY You can't"), .readonly),
            (.error("ERR anything"), .reply),
        ]
        for (reply, trouble) in cases {
            let (answer, troubles) = LeaseScripts.answer(reply)
            #expect(answer == .init(found: nil, right: .denied))
            #expect(troubles.last == trouble)
        }
    }

    @Test func holdersAreKnown() {
        #expect(LeaseScripts.wasHolder(.integer(1)) == (true, nil))
        #expect(LeaseScripts.wasHolder(.integer(0)) == (false, nil))
        #expect(LeaseScripts.wasHolder(.error("OOM no")) == (nil, .oom))
        #expect(LeaseScripts.wasHolder(.null) == (nil, .protocol))
    }
}
