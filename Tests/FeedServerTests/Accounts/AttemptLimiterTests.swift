import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import FeedServer

@Suite("Attempt limiter")
struct AttemptLimiterTests {
    /// A clock that a test sets.
    private final class Clock: Sendable {
        private let time = Mutex(NIODeadline.uptimeNanoseconds(1_000_000_000_000))

        var now: NIODeadline { time.withLock { $0 } }
        func advance(by amount: TimeAmount) { time.withLock { $0 = $0 + amount } }
    }

    private let clock = Clock()

    private func makeLimiter(
        address: AttemptRate = AttemptRate(perTenMinutes: 100),
        account: AttemptRate = AttemptRate(perTenMinutes: 10), capacity: Int = 1_000
    ) -> AttemptLimiter {
        AttemptLimiter(
            addressRate: address, accountRate: account, capacity: capacity, now: { [clock] in clock.now })
    }

    private func address(_ number: Int) throws -> ClientAddress {
        try #require(ClientAddress("10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"))
    }

    // MARK: One limit

    @Test("An account has ten attempts, from wherever, and one more each minute")
    func account() throws {
        let limiter = makeLimiter()
        for number in 0..<10 {
            #expect(try limiter.admit(address: address(number), account: "a@example.org") == .admitted)
        }

        #expect(
            try limiter.admit(address: address(10), account: "a@example.org") == .refused(retryAfter: 60))
        clock.advance(by: .milliseconds(59_001))
        #expect(
            try limiter.admit(address: address(10), account: "a@example.org") == .refused(retryAfter: 1))
        clock.advance(by: .milliseconds(999))
        #expect(try limiter.admit(address: address(10), account: "a@example.org") == .admitted)
        #expect(
            try limiter.admit(address: address(10), account: "a@example.org") == .refused(retryAfter: 60))
        #expect(try limiter.admit(address: address(10), account: "b@example.org") == .admitted)
    }

    @Test("An address has a hundred attempts, at whatever account, and one more each six seconds")
    func address() throws {
        let limiter = makeLimiter()
        let client = try address(1)
        for number in 0..<100 {
            #expect(limiter.admit(address: client, account: "\(number)@example.org") == .admitted)
        }

        #expect(limiter.admit(address: client, account: "x@example.org") == .refused(retryAfter: 6))
        #expect(limiter.admit(address: client, account: nil) == .refused(retryAfter: 6))
        #expect(try limiter.admit(address: address(2), account: "x@example.org") == .admitted)
        clock.advance(by: .seconds(6))
        #expect(limiter.admit(address: client, account: nil) == .admitted)
        #expect(limiter.admit(address: client, account: nil) == .refused(retryAfter: 6))
    }

    @Test("A /64 of IPv6 is one client")
    func network() throws {
        let limiter = makeLimiter(address: AttemptRate(burst: 2, period: .seconds(10)))
        func admit(_ text: String) throws -> AttemptLimiter.Admission {
            limiter.admit(address: try #require(ClientAddress(text)), account: nil)
        }
        #expect(try admit("2001:db8:0:1::1") == .admitted)
        #expect(try admit("2001:db8:0:1:ffff::2") == .admitted)
        #expect(try admit("2001:db8:0:1:abcd::3") == .refused(retryAfter: 10))
        #expect(try admit("2001:db8:0:2::1") == .admitted)
    }

    @Test("Refused attempts don't put the next one off")
    func refusals() throws {
        let limiter = makeLimiter(account: AttemptRate(burst: 1, period: .seconds(60)))
        let client = try address(1)
        #expect(limiter.admit(address: client, account: "a") == .admitted)
        for second in 0..<60 {
            #expect(limiter.admit(address: client, account: "a") == .refused(retryAfter: 60 - second))
            clock.advance(by: .seconds(1))
        }
        #expect(limiter.admit(address: client, account: "a") == .admitted)
    }

    @Test("After a long rest there are as many attempts as at first, and no more")
    func recovery() throws {
        let limiter = makeLimiter(account: AttemptRate(burst: 3, period: .seconds(60)))
        let client = try address(1)
        for _ in 0..<3 {
            for _ in 0..<3 { #expect(limiter.admit(address: client, account: "a") == .admitted) }
            #expect(limiter.admit(address: client, account: "a") == .refused(retryAfter: 60))
            clock.advance(by: .hours(5))
        }
    }

    // MARK: Both limits

    @Test("What one limit refuses does not count against the other")
    func independence() throws {
        let rate = AttemptRate(burst: 2, period: .seconds(60))
        let limiter = makeLimiter(address: rate, account: rate)
        for _ in 0..<2 { #expect(try limiter.admit(address: address(1), account: "a") == .admitted) }

        // By the account, then by the address.
        for _ in 0..<9 {
            #expect(try limiter.admit(address: address(2), account: "a") == .refused(retryAfter: 60))
            #expect(try limiter.admit(address: address(1), account: "b") == .refused(retryAfter: 60))
        }

        for _ in 0..<2 { #expect(try limiter.admit(address: address(2), account: "b") == .admitted) }
        #expect(limiter.counts == (2, 2))
    }

    @Test("The longer of two waits is told")
    func longerWait() throws {
        let limiter = makeLimiter(
            address: AttemptRate(burst: 1, period: .seconds(10)),
            account: AttemptRate(burst: 1, period: .seconds(30)))
        #expect(try limiter.admit(address: address(1), account: "a") == .admitted)
        #expect(try limiter.admit(address: address(1), account: "a") == .refused(retryAfter: 30))
        #expect(try limiter.admit(address: address(1), account: "b") == .refused(retryAfter: 10))
    }

    @Test("A right password costs no attempt")
    func givingBack() throws {
        let limiter = makeLimiter(
            address: AttemptRate(burst: 2, period: .seconds(60)),
            account: AttemptRate(burst: 2, period: .seconds(60)))
        let client = try address(1)
        #expect(limiter.admit(address: client, account: "a") == .admitted)
        for _ in 0..<20 {
            #expect(limiter.admit(address: client, account: "a") == .admitted)
            limiter.giveBack(address: client, account: "a")
        }
        #expect(limiter.counts == (1, 1))
        #expect(limiter.admit(address: client, account: "a") == .admitted)
        #expect(limiter.admit(address: client, account: "a") == .refused(retryAfter: 60))
    }

    @Test("Ten right passwords count for the address as one wrong, and for the account as none")
    func rightPasswords() throws {
        let rate = AttemptRate(burst: 2, period: .seconds(60))
        let limiter = makeLimiter(address: rate, account: rate)
        let client = try address(1)
        // One whole attempt has to be left for each.
        for _ in 0..<11 {
            #expect(limiter.admit(address: client, account: "a") == .admitted)
            limiter.succeeded(address: client, account: "a")
        }
        #expect(limiter.admit(address: client, account: "a") == .refused(retryAfter: 6))
        #expect(limiter.counts == (1, 0))
        clock.advance(by: .seconds(6))
        #expect(limiter.admit(address: client, account: "a") == .admitted)
        limiter.succeeded(address: client, account: "a")
        for _ in 0..<2 { #expect(try limiter.admit(address: address(2), account: "a") == .admitted) }
    }

    @Test("More can't be given back than was taken")
    func givingBackTooMuch() throws {
        let limiter = makeLimiter(account: AttemptRate(burst: 1, period: .seconds(60)))
        let client = try address(1)
        for _ in 0..<5 { limiter.giveBack(address: client, account: "a") }
        #expect(limiter.admit(address: client, account: "a") == .admitted)
        #expect(limiter.admit(address: client, account: "a") == .refused(retryAfter: 60))
    }

    // MARK: Memory

    @Test("What has recovered is forgotten as others come")
    func forgetting() throws {
        let limiter = makeLimiter()
        for number in 0..<100 { _ = limiter.admit(address: try address(number), account: "\(number)") }
        #expect(limiter.counts == (100, 100))

        clock.advance(by: .seconds(60))
        for _ in 0..<50 { _ = limiter.admit(address: try address(1_000), account: "new") }

        // Ten of the new account's are admitted, which forget two each and are one themselves.
        #expect(limiter.counts == (81, 81))
        clock.advance(by: .seconds(3_600))
        for number in 0..<101 {
            _ = limiter.admit(address: try address(number), account: "\(number)")
            clock.advance(by: .seconds(60))
        }
        #expect(limiter.counts == (1, 1))
    }

    @Test("A full table forgets those that have the most attempts left")
    func eviction() throws {
        let limiter = makeLimiter(account: AttemptRate(burst: 2, period: .seconds(60)), capacity: 8)
        for _ in 0..<2 {
            for name in ["a", "b", "c", "d"] {
                #expect(try limiter.admit(address: address(0), account: name) == .admitted)
            }
        }

        for number in 0..<10_000 {
            _ = limiter.admit(address: try address(number), account: "other \(number)")
        }

        #expect(limiter.counts == (8, 8))
        for name in ["a", "b", "c", "d"] {
            #expect(
                try limiter.admit(address: address(20_000), account: name) == .refused(retryAfter: 60))
        }
    }

    // MARK: Model

    /// Keeps every attempt's time, and counts: what the algorithm is to be like, without a bound.
    private struct ExactBucket {
        let rate: AttemptRate
        var level: Int64 = 0
        var updated: NIODeadline

        /// In nanoseconds until there is room for one more.
        mutating func wait(_ now: NIODeadline) -> Int64 {
            drain(now)
            return max(0, level + period - Int64(rate.burst) * period)
        }

        mutating func add(_ now: NIODeadline) {
            drain(now)
            level += period
        }

        mutating func remove(_ now: NIODeadline) {
            drain(now)
            level = max(0, level - period)
        }

        private var period: Int64 { TimeAmount(rate.period).nanoseconds }

        private mutating func drain(_ now: NIODeadline) {
            level = max(0, level - (now - updated).nanoseconds)
            updated = now
        }
    }

    @Test("Decides as leaky buckets do, in every order of events", arguments: 1...12 as ClosedRange<UInt64>)
    func model(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let addressRate = AttemptRate(
            burst: Int.random(in: 1...6, using: &random),
            period: .milliseconds(Int.random(in: 1...9_000, using: &random)))
        let accountRate = AttemptRate(
            burst: Int.random(in: 1...6, using: &random),
            period: .milliseconds(Int.random(in: 1...9_000, using: &random)))
        let limiter = makeLimiter(address: addressRate, account: accountRate)
        let addresses = try (0..<5).map { try address($0) }
        var addressModels = addresses.map { _ in ExactBucket(rate: addressRate, updated: clock.now) }
        var accountModels = (0..<5).map { _ in ExactBucket(rate: accountRate, updated: clock.now) }
        var refusals = 0

        for step in 0..<4_000 {
            let address = Int.random(in: 0..<5, using: &random)
            let account = Int.random(in: -1..<5, using: &random)
            let name = account < 0 ? nil : "\(account)@example.org"
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                limiter.giveBack(address: addresses[address], account: name)
                addressModels[address].remove(clock.now)
                if account >= 0 { accountModels[account].remove(clock.now) }
            case 1, 2:
                clock.advance(by: .nanoseconds(Int64.random(in: 0...12_000_000_000, using: &random)))
            default:
                let wait = max(
                    addressModels[address].wait(clock.now),
                    account < 0 ? 0 : accountModels[account].wait(clock.now))
                let expected: AttemptLimiter.Admission
                if wait == 0 {
                    expected = .admitted
                    addressModels[address].add(clock.now)
                    if account >= 0 { accountModels[account].add(clock.now) }
                } else {
                    expected = .refused(retryAfter: Int((wait + 999_999_999) / 1_000_000_000))
                    refusals += 1
                }
                let actual = limiter.admit(address: addresses[address], account: name)
                try #require(actual == expected, "step \(step)")
            }
            if step % 500 == 0 { await Task.yield() }
        }
        #expect(refusals > 0)
    }

    @Test(
        "A full table holds what it should, in every order of events", arguments: 1...6 as ClosedRange<UInt64>
    )
    func evictionModel(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...60, using: &random)
        let rate = AttemptRate(burst: 4, period: .seconds(40))
        var table = AttemptTable<Int>(rate: rate, capacity: capacity)
        var recoveries: [Int: NIODeadline] = [:]
        for step in 0..<1_000 {
            // Random times keep recoveries apart: which of two equal ones goes is open.
            clock.advance(by: .nanoseconds(Int64.random(in: 1...700_000_000, using: &random)))
            let now = clock.now
            recoveries = recoveries.filter { $0.value > now }
            let key = Int.random(in: 0..<80, using: &random)
            if Int.random(in: 0..<3, using: &random) == 0 {
                table.giveBack(key, now: now)
                recoveries[key] = recoveries[key].map { $0 - .seconds(40) }
            } else if table.wait(for: key, now: now) <= .zero {
                table.take(key, now: now)
                if recoveries[key] == nil, recoveries.count == capacity,
                    let first = recoveries.min(by: { $0.value < $1.value })
                {
                    recoveries[first.key] = nil
                }
                recoveries[key] = (recoveries[key] ?? now) + .seconds(40)
            }
            let differing = (0..<80).filter { key in
                let wait = table.wait(for: key, now: now)
                if let recovery = recoveries[key], recovery > now {
                    return wait != recovery - now - .seconds(120)
                }
                return wait > .seconds(-120) && wait != .zero
            }
            try #require(differing.isEmpty && table.count <= capacity, "step \(step)")
            if step % 100 == 0 { await Task.yield() }
        }
    }

    @Test("Many threads together are admitted as often as one")
    func threads() async throws {
        let limiter = makeLimiter(
            address: AttemptRate(burst: 1_000, period: .seconds(60)),
            account: AttemptRate(burst: 70, period: .seconds(60)))
        let client = try address(1)
        let admitted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<25).count { _ in limiter.admit(address: client, account: "a") == .admitted }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(admitted == 70)
    }
}
