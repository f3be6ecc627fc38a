import TestSupport
import Testing

@testable import CountCache

/// The cache without Redis: what a caller sees of it. The engine's decisions have tests of their own.
@Suite struct CountCacheTests {
    private struct Broken: Error {}

    private func key(_ name: String = "posts") throws -> CountKey { try CountKey(collection: name) }

    @Test func countsOnceWithinATimeToLive() async throws {
        let clock = ManualClock()
        let test = try CacheUnderTest(clock: clock.clock) {
            $0.timeToLive = .seconds(5)
            $0.softTimeToLive = .seconds(5)
        }
        let key = try key()
        #expect(test.cache.redisState == .off)
        #expect(try await test.count(key) { 7 } == Count(value: 7, age: .zero, source: .store))
        clock.advance(by: .nanoseconds(4_999_999_999))
        let expected = Count(value: 7, age: .nanoseconds(4_999_999_999), source: .memory)
        #expect(try await test.count(key) { 8 } == expected)
        clock.advance(by: .nanoseconds(1))
        #expect(try await test.count(key) { 8 } == Count(value: 8, age: .zero, source: .store))
        #expect(test.loads == 2)
        #expect(test.hits(.memory) == 1)
    }

    @Test func softTimeToLiveRefreshesInTheBackground() async throws {
        let clock = ManualClock()
        let test = try CacheUnderTest(clock: clock.clock) {
            $0.timeToLive = .seconds(5)
            $0.softTimeToLive = .seconds(3)
        }
        let key = try key()
        _ = try await test.count(key) { 7 }
        clock.advance(by: .seconds(4))
        // when two ask past the soft time to live
        let (counting, gate) = (Gate(), Gate())
        for _ in 0..<2 {
            let count = try await test.cache.count(for: key) { _ in
                counting.open()
                try await gate.pass()
                return 8
            }
            // then: both get the old one at once
            #expect(count == Count(value: 7, age: .seconds(4), source: .memory))
        }
        try await counting.pass()
        #expect(test.loads == 2)
        gate.open()
        try await test.quiet()
        #expect(try await test.count(key) { 9 } == Count(value: 8, age: .zero, source: .memory))
    }

    @Test func currentNeverWaits() async throws {
        let clock = ManualClock()
        let test = try CacheUnderTest(clock: clock.clock) { $0.timeToLive = .seconds(5) }
        let key = try key()
        #expect(test.cache.current(for: key) { _ in 7 } == nil)
        try await test.quiet()
        #expect(test.cache.current(for: key) { _ in 8 }?.value == 7)
        clock.advance(by: .seconds(60))
        #expect(
            test.cache.current(for: key) { _ in 8 } == Count(value: 7, age: .seconds(60), source: .stale))
        try await test.quiet()
        #expect(test.cache.current(for: key) { _ in 9 } == Count(value: 8, age: .zero, source: .memory))
        #expect(test.metrics.value("count_cache_unanswered_total") == 1)
    }

    @Test func slowCountGivesAStaleOneThenNone() async throws {
        let clock = ManualClock()
        let test = try CacheUnderTest(clock: clock.clock) {
            $0.timeToLive = .seconds(5)
            $0.wait = .milliseconds(1)
            $0.maxStaleAge = .seconds(60)
        }
        let key = try key()
        _ = try await test.count(key) { 7 }
        let gate = Gate()
        func ask() async throws -> Count? {
            try await test.cache.count(for: key) { _ in
                try await gate.pass()
                return 8
            }
        }
        clock.advance(by: .seconds(30))
        // The timer is real, and the clock is not: it goes on when the caller waits.
        async let stale = ask()
        try await test.waiters(1, for: key)
        clock.advance(by: .seconds(1))
        #expect(try await stale == Count(value: 7, age: .seconds(31), source: .stale))
        clock.advance(by: .seconds(30))
        async let none = ask()
        try await test.waiters(1, for: key)
        clock.advance(by: .seconds(1))
        #expect(try await none == nil)
        #expect(test.loads == 2)
        gate.open()
        try await test.quiet()
    }

    @Test func dearCountIsNotRepeated() async throws {
        let clock = ManualClock()
        let test = try CacheUnderTest(clock: clock.clock) { $0.timeToLive = .seconds(5) }
        let key = try key()
        _ = try await test.count(key) {
            clock.advance(by: .milliseconds(400))
            return 7
        }
        clock.advance(by: .milliseconds(39_500))
        let stale = try await test.count(key) { 8 }
        #expect(stale == Count(value: 7, age: .milliseconds(39_900), source: .stale))
        #expect(test.metrics.value("count_cache_deferred_total") == 1)
        clock.advance(by: .milliseconds(100))
        #expect(try await test.count(key) { 8 }?.value == 8)
    }

    @Test func policies() async throws {
        let test = try CacheUnderTest()
        let key = try key()
        let limits = Recorder<Int?>()
        func ask(_ policy: CountPolicy) async throws -> Count? {
            try await test.cache.count(for: key, policy: policy) { limit in
                limits.record(limit)
                return min(5_000, limit ?? .max)
            }
        }
        #expect(try await ask(.none) == nil)
        let capped = try #require(try await ask(.capped(at: 1_000)))
        #expect((capped.value, capped.isLowerBound, capped.source) == (1_000, true, .store))
        #expect(try await ask(.capped(at: 1_000))?.source == .memory)
        let higher = try #require(try await ask(.capped(at: 9_000)))
        #expect((higher.value, higher.isLowerBound) == (5_000, false))
        #expect(try await ask(.cached)?.value == 5_000)
        #expect(try await ask(.exact)?.source == .store)
        // A cached total of all rows answers any cap.
        let cut = try #require(try await ask(.capped(at: 10)))
        #expect((cut.value, cut.isLowerBound, cut.source) == (10, true, .memory))
        #expect(limits.values == [1_001, 9_001, nil, nil])
    }

    @Test func concurrentCallersShareOneLoad() async throws {
        let test = try CacheUnderTest()
        let key = try key()
        let gate = Gate()
        try await withThrowingTaskGroup(of: Count?.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await test.cache.count(for: key) { _ in
                        try await gate.pass()
                        return 5
                    }
                }
            }
            try await test.waiters(100, for: key)
            gate.open()
            for try await count in group {
                #expect(count?.value == 5)
                #expect(count?.source == .store)
            }
        }
        #expect(test.loads == 1)
        #expect(test.metrics.value("count_cache_waiters_joined_total") == 99)
        #expect(test.metrics.value("count_cache_misses_total") == 100)
    }

    @Test func cancelledCallerLeavesTheCountRunning() async throws {
        let test = try CacheUnderTest()
        let key = try key()
        let (counting, gate) = (Gate(), Gate())
        let caller = Task {
            try await test.cache.count(for: key) { _ in
                counting.open()
                try await gate.pass()
                try Task.checkCancellation()
                return 5
            }
        }
        try await counting.pass()
        caller.cancel()
        await #expect(throws: CancellationError.self) { try await caller.value }
        gate.open()
        try await test.quiet()
        #expect(try await test.count(key) { 6 }?.value == 5)
        #expect(test.loads == 1)
    }

    @Test func cancelledBeforeItAsks() async throws {
        let test = try CacheUnderTest()
        let key = try key()
        let caller = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await test.count(key) { 5 }
        }
        await #expect(throws: CancellationError.self) { try await caller.value }
        #expect(test.cache.workCount == 0)
    }

    @Test func loadErrorGoesToAllAndCostsItsPause() async throws {
        let clock = ManualClock()
        let test = try CacheUnderTest(clock: clock.clock)
        let key = try key()
        let gate = Gate()
        let callers = (0..<10).map { _ in
            Task {
                try await test.cache.count(for: key) { _ in
                    try await gate.pass()
                    throw Broken()
                }
            }
        }
        try await test.waiters(10, for: key)
        clock.advance(by: .seconds(1))
        gate.open()
        for caller in callers { await #expect(throws: Broken.self) { try await caller.value } }
        #expect(test.errors(.load) == 1)
        clock.advance(by: .seconds(98))
        #expect(try await test.count(key) { 3 } == nil)
        clock.advance(by: .seconds(1))
        #expect(try await test.count(key) { 3 }?.value == 3)
    }

    @Test func failedCountIsLogged() async throws {
        let clock = ManualClock()
        let test = try CacheUnderTest(clock: clock.clock) { $0.timeToLive = .seconds(5) }
        let key = try key()
        _ = try await test.count(key) { 7 }
        clock.advance(by: .seconds(6))
        // when nobody hears of it: there is an old count to give
        let count = try await test.cache.count(for: key) { _ in throw Broken() }
        #expect(count?.source == .stale)
        #expect(test.log.lines.count { $0.hasPrefix("Counting failed") && $0.contains("Broken") } == 1)
    }

    @TaskLocal private static var request = "none"

    @Test func countIsNobodysRequest() async throws {
        let test = try CacheUnderTest()
        let seen = Recorder<String>()
        try await Self.$request.withValue("one caller's") {
            _ = try await test.cache.count(for: key()) { _ in
                seen.record(Self.request)
                return 1
            }
        }
        #expect(seen.values == ["none"])
    }

    @Test func overdueLoadIsCancelled() async throws {
        let test = try CacheUnderTest { $0.loadTimeLimit = .milliseconds(1) }
        let key = try key()
        let count = try await test.cache.count(for: key) { _ in
            // Until it is cancelled.
            try? await Task.sleep(for: .seconds(3_600))
            return 5
        }
        #expect(count == nil)
        #expect(test.errors(.overdue) == 1)
        try await test.quiet()
    }

    @Test func shutdownEndsWhatIsBeingCounted() async throws {
        let test = try CacheUnderTest()
        let key = try key()
        let counting = Gate()
        try await test.whileRunning { () async throws in
            let count = test.cache.current(for: key) { _ in
                counting.open()
                // Until it is cancelled.
                try await Task.sleep(for: .seconds(3_600))
                return 1
            }
            #expect(count == nil)
            try await counting.pass()
        }
        #expect(test.cache.workCount == 0)
        #expect(test.errors(.load) == 0)
    }

    @Test func settingsOutOfBoundsAreRefused() throws {
        let changes: [(inout CountCacheConfiguration) -> Void] = [
            { $0.maxKeys = 0 }, { $0.timeToLive = .zero }, { $0.softTimeToLive = .seconds(601) },
            {
                $0.jitter = 0.2
                $0.softTimeToLive = .seconds(481)
            }, { $0.jitter = 0.6 }, { $0.jitter = .nan }, { $0.share = 0 }, { $0.share = 1.1 },
            { $0.wait = .zero }, { $0.maxStaleAge = .seconds(-1) }, { $0.loadTimeLimit = .zero },
        ]
        for change in changes {
            #expect(throws: InvalidCountCacheConfiguration.self) { try CacheUnderTest(change: change) }
        }
    }

    @Test func shortestAndLongestSettingsAreTaken() throws {
        _ = try CacheUnderTest {
            $0.timeToLive = .milliseconds(1)
            $0.jitter = 0.5
            $0.share = 0.0001
        }
        _ = try CacheUnderTest {
            $0.timeToLive = .seconds(86_400)
            $0.softTimeToLive = .seconds(86_400)
            $0.maxStaleAge = .zero
            $0.share = 1
        }
    }
}
