import Testing

@testable import CountCache

/// The cache without Redis.
@Suite(.timeLimit(.minutes(1))) struct CountCacheTests {
    private struct Broken: Error {}

    private func key(_ name: String = "posts") throws -> CountKey { try CountKey(collection: name) }

    @Test func countsOnceWithinATimeToLive() async throws {
        let clock = ManualClock()
        let test = try CacheUnderTest(clock: clock.clock) { $0.timeToLive = .seconds(5) }
        let key = try key()
        #expect(test.cache.redisState == .off)
        #expect(test.cache.cached(for: key) == nil)
        #expect(try await test.cache.count(for: key) { 7 } == Count(value: 7, age: .zero, source: .store))
        clock.advance(by: .nanoseconds(4_999_999_999))
        let expected = Count(value: 7, age: .nanoseconds(4_999_999_999), source: .memory)
        #expect(test.cache.cached(for: key) == expected)
        #expect(try await test.cache.count(for: key) { 8 } == expected)
        clock.advance(by: .nanoseconds(1))
        #expect(test.cache.cached(for: key) == nil)
        #expect(try await test.cache.count(for: key) { 8 } == Count(value: 8, age: .zero, source: .store))
        #expect(test.loads == 2)
        #expect(test.hits(.memory) == 2)
    }

    @Test func ageBeginsWhenCountingBegins() async throws {
        let clock = ManualClock()
        let test = try CacheUnderTest(clock: clock.clock) { $0.timeToLive = .seconds(5) }
        let count = try await test.cache.count(for: try key()) {
            clock.advance(by: .seconds(6))
            return 1
        }
        #expect(count == Count(value: 1, age: .seconds(6), source: .store))
        #expect(try test.cache.cached(for: key()) == nil)
    }

    @Test func leastRecentlyUsedGoesFirst() async throws {
        let test = try CacheUnderTest { $0.maxKeys = 2 }
        for name in ["a", "b"] { _ = try await test.cache.count(for: try key(name)) { 1 } }
        _ = test.cache.cached(for: try key("a"))
        _ = try await test.cache.count(for: try key("c")) { 1 }
        #expect(test.cache.cached(for: try key("a")) != nil)
        #expect(test.cache.cached(for: try key("b")) == nil)
        #expect(test.cache.cached(for: try key("c")) != nil)
    }

    @Test func recencyTableAgreesWithAPlainList() {
        var table = RecencyTable<Int, Int>(capacity: 5)
        var list: [(key: Int, value: Int)] = []
        var generator = SystemRandomNumberGenerator()
        for step in 0..<5000 {
            let key = Int.random(in: 0..<9, using: &generator)
            let index = list.firstIndex { $0.key == key }
            if Bool.random(using: &generator) {
                #expect(table.use(key) == index.map { list[$0].value })
                if let index { list.append(list.remove(at: index)) }
            } else {
                table.set(step, for: key)
                if let index { list.remove(at: index) } else if list.count == 5 { list.removeFirst() }
                list.append((key, step))
            }
            #expect(table.count == list.count)
        }
    }

    @Test func olderCountDoesNotReplaceAYoungerOne() throws {
        let memory = MemoryTier(timeToLive: 100, capacity: 2)
        memory.insert(CountEntry(value: 2, countedAt: 20), for: try key())
        memory.insert(CountEntry(value: 1, countedAt: 10), for: try key())
        #expect(memory.entry(for: try key(), at: 30)?.value == 2)
    }

    @Test func concurrentCallersShareOneLoad() async throws {
        let test = try CacheUnderTest()
        let key = try key()
        let gate = Gate()
        try await withThrowingTaskGroup(of: Count.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await test.cache.count(for: key) {
                        await gate.pass()
                        return 5
                    }
                }
            }
            while test.cache.waiterCount(for: key) < 100 { await Task.yield() }
            gate.open()
            for try await count in group {
                #expect(count.value == 5)
                #expect(count.source == .store)
            }
        }
        #expect(test.loads == 1)
    }

    @Test func cancelledCallerLeavesTheOthersUnharmed() async throws {
        let test = try CacheUnderTest()
        let key = try key()
        let gate = Gate()
        let load: @Sendable () async throws -> Int = {
            await gate.pass()
            try Task.checkCancellation()
            return 5
        }
        let first = Task { try await test.cache.count(for: key, load: load) }
        while test.cache.waiterCount(for: key) < 1 { await Task.yield() }
        let second = Task { try await test.cache.count(for: key, load: load) }
        while test.cache.waiterCount(for: key) < 2 { await Task.yield() }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        gate.open()
        #expect(try await second.value.value == 5)
        #expect(test.loads == 1)
    }

    @Test func loadIsCancelledWhenNobodyWaits() async throws {
        let test = try CacheUnderTest()
        let key = try key()
        let (started, cancelled) = (Gate(), Gate())
        let caller = Task {
            try await test.cache.count(for: key) {
                started.open()
                await withTaskCancellationHandler {
                    await cancelled.pass()
                } onCancel: {
                    cancelled.open()
                }
                throw CancellationError()
            }
        }
        await started.pass()
        caller.cancel()
        await #expect(throws: CancellationError.self) { try await caller.value }
        await cancelled.pass()
        // then: who comes later starts afresh
        #expect(try await test.cache.count(for: key) { 3 }.value == 3)
        #expect(test.errors(.load) == 0)
    }

    @Test func loadErrorGoesToAllAndIsNotRemembered() async throws {
        let test = try CacheUnderTest()
        let key = try key()
        let gate = Gate()
        let callers = (0..<10).map { _ in
            Task {
                try await test.cache.count(for: key) {
                    await gate.pass()
                    throw Broken()
                }
            }
        }
        while test.cache.waiterCount(for: key) < 10 { await Task.yield() }
        gate.open()
        for caller in callers { await #expect(throws: Broken.self) { try await caller.value } }
        #expect(test.errors(.load) == 1)
        #expect(try await test.cache.count(for: key) { 3 }.value == 3)
    }

    @Test func settingsOutOfBoundsAreRefused() throws {
        #expect(throws: InvalidCountCacheConfiguration.self) { try CacheUnderTest { $0.maxKeys = 0 } }
        #expect(throws: InvalidCountCacheConfiguration.self) { try CacheUnderTest { $0.timeToLive = .zero } }
        #expect(throws: InvalidCountCacheConfiguration.self) {
            try CacheUnderTest { $0.commandTimeout = .seconds(61) }
        }
    }

    @Test(arguments: ["", "a b", "a}", "{a", "ü", String(repeating: "a", count: 129)])
    func keyIsRefused(collection: String) {
        #expect(throws: InvalidCountKey(part: .collection)) { try CountKey(collection: collection) }
    }

    @Test func keyHasAHashTag() throws {
        #expect(
            try CountKey(collection: "posts:user-1", version: 2).redisKey == "{feedserver:v2:posts:user-1}")
        #expect(throws: InvalidCountKey(part: .namespace)) { try CountKey(collection: "a", namespace: "a:b") }
        #expect(throws: InvalidCountKey(part: .version)) { try CountKey(collection: "a", version: 0) }
    }
}
