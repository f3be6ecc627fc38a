import TestSupport
import Testing

@testable import CountCache

/// The engine's decisions with Redis: leases, and what Redis finds.
@Suite struct CountEngineLeaseTests {
    private func found(_ value: Int, age: Int64, cost: Int64 = 0) -> Lease.Found {
        Lease.Found(value: value, age: age * milliseconds, cost: cost * milliseconds)
    }

    @Test func whoHasTheLeaseCountsAndFills() throws {
        // Given
        var test = try EngineUnderTest(hasRedis: true)
        #expect(test.wait(1) == ["acquire"])
        // When
        test.pass(3)
        #expect(test.acquired(.granted) == ["load"])
        test.pass(100)
        // Then
        #expect(test.loaded(7) == ["fill 7", "answer 1: 7 store 100"])
        let fill = try #require(test.fills.first)
        #expect(fill.token == test.requests.first?.token)
        #expect(fill.cost == 100 * milliseconds)
        #expect(fill.lifetime == 4_900 * milliseconds)
        #expect(test.requests.first?.time == EngineUnderTest.rules.leaseTime)
    }

    @Test(arguments: [0, 2_000])
    func aCountIsKeptForAsLongAsItIsOfUse(maxStaleAge: Int64) throws {
        // Given
        var test = try EngineUnderTest(hasRedis: true) {
            $0.maxStaleAge = maxStaleAge * milliseconds
            $0.pauseFactor = 5
        }
        // When
        _ = test.wait(1)
        _ = test.acquired(.granted)
        test.pass(10)
        _ = test.loaded(7)
        // Then: as long as it is within the time to live at least.
        #expect(test.fills.first?.lifetime == max(1_000, maxStaleAge) * milliseconds - 10 * milliseconds)
    }

    /// A process that ends gives back what it gets, and begins nothing.
    @Test func endingProcessCountsNoMore() throws {
        // Given
        var test = try EngineUnderTest(hasRedis: true)
        _ = test.wait(1)
        // When
        test.engine.isClosing = true
        // Then
        #expect(test.acquired(.granted) == ["release 0", "answer 1: none"])
        #expect(test.engine.flightCount == 0)
        // Given: a count that is broken off
        test.engine.isClosing = false
        _ = test.wait(2)
        _ = test.acquired(.granted)
        test.pass(100)
        // When
        test.engine.isClosing = true
        // Then: nobody is barred, and it is no fault of the count's.
        #expect(test.loaded(nil).contains("release 0"))
        #expect(test.troubles.isEmpty)
    }

    /// Callers that don't wait begin so many flights and no more; one that waits begins its own.
    @Test func backgroundFlightsAreBounded() throws {
        // Given
        var test = try EngineUnderTest(hasRedis: true, capacity: 1_000)
        let keys = try (0..<100).map { try CountKey(collection: "\($0)") }
        // When
        for key in keys { _ = test.ask(of: key) }
        // Then
        #expect(test.engine.flightCount == CountRules.maxBackgroundFlights)
        #expect(test.notes.contains(.deferred))
        #expect(test.wait(1, of: keys[99]) == ["acquire"])
    }

    @Test func tokensDiffer() throws {
        // Given
        var tests = try (1...3).map { try EngineUnderTest(hasRedis: true, seed: $0) }
        // When
        for index in tests.indices {
            _ = tests[index].wait(1)
            _ = tests[index].acquired(nil)
            _ = tests[index].loaded(nil)
            _ = tests[index].wait(1)
        }
        // Then
        #expect(Set(tests.flatMap(\.requests).map(\.token)).count == 6)
    }

    @Test func whatRedisKnowsIsGivenWithItsAge() throws {
        // Given
        var test = try EngineUnderTest(hasRedis: true)
        _ = test.wait(1)
        // When: the way there and back is part of the age.
        test.pass(4)
        // Then
        #expect(test.acquired(.needless, found: found(7, age: 500)) == ["answer 1: 7 redis 504"])
        #expect(test.ask() == ["7 memory 504"])
    }

    @Test func whoDoesNotGetTheLeaseAsksAgain() throws {
        // Given
        var test = try EngineUnderTest(hasRedis: true)
        _ = test.wait(1)
        // When
        #expect(test.acquired(.held(remaining: seconds), found: found(6, age: 1_100)) == [])
        test.pass(5)
        #expect(test.wake() == ["acquire"])
        // Then
        #expect(test.acquired(.needless, found: found(7, age: 2)) == ["answer 1: 7 redis 2"])
        #expect(test.engine.flightCount == 0)
    }

    @Test func questionsBecomeSlowerWhileAnotherProcessCounts() throws {
        // Given
        var test = try EngineUnderTest(hasRedis: true) { $0.wait = 10 * seconds }
        _ = test.wait(1)
        // When
        var delays: [Int64] = []
        for _ in 0..<12 {
            _ = test.acquired(.held(remaining: seconds))
            let next = try #require(test.wakes.map(\.time).min())
            delays.append(next - test.now)
            test.now = next
            #expect(test.wake() == ["acquire"])
        }
        // Then: each between half of the delay and all of it.
        for (number, delay) in delays.enumerated() {
            let most = min(CountRules.firstPollDelay << Int64(number), CountRules.maxPollDelay)
            #expect((most / 2...most).contains(delay))
        }
    }

    @Test func nobodyAsksAgainInTheBackgroundWhileAnotherProcessCounts() throws {
        // Given: a count that is due, and another process counts.
        var test = try EngineUnderTest(hasRedis: true)
        _ = test.wait(1)
        _ = test.acquired(.needless, found: found(7, age: 790))
        test.pass(10)
        #expect(test.ask() == ["7 memory 800", "acquire"])
        // When
        #expect(test.acquired(.held(remaining: seconds), found: found(7, age: 800)) == [])
        // Then: nobody asks for the longest poll delay…
        #expect(test.engine.flightCount == 0)
        test.pass(99)
        #expect(test.ask() == ["7 memory 899"])
        test.pass(1)
        #expect(test.ask() == ["7 memory 900", "acquire"])
        // …past the time to live either…
        #expect(test.acquired(.held(remaining: seconds)) == [])
        test.pass(99)
        #expect(test.ask() == ["7 memory 999"])
        test.pass(1)
        #expect(test.ask() == ["7 stale 1000", "acquire"])
        #expect(test.acquired(.held(remaining: seconds)) == [])
        #expect(test.ask() == ["7 stale 1000"])
        // …but who waits does.
        #expect(test.wait(2) == ["acquire"])
    }

    @Test func aFlightThatAllHaveLeftEndsWithItsWait() throws {
        // Given
        var test = try EngineUnderTest(hasRedis: true)
        _ = test.wait(1)
        _ = test.acquired(.held(remaining: seconds))
        // When
        #expect(test.leave(1) == 1)
        test.pass(5)
        // Then
        #expect(test.wake() == [])
        #expect(test.engine.flightCount == 0)
    }

    @Test func aBarIsObservedWithoutAskingAgain() throws {
        // Given
        var test = try EngineUnderTest(hasRedis: true)
        _ = test.wait(1)
        // When
        #expect(
            test.acquired(.barred(remaining: 400 * milliseconds), found: found(7, age: 1_200))
                == ["answer 1: 7 stale 1200"])
        // Then
        test.pass(399)
        #expect(test.wait(2) == ["7 stale 1599"])
        test.pass(1)
        #expect(test.wait(3) == ["acquire"])
    }

    @Test(arguments: [nil, .denied] as [Lease.Right?])
    func withoutALeaseAProcessCountsForItself(right: Lease.Right?) throws {
        // Given
        var test = try EngineUnderTest(hasRedis: true)
        _ = test.wait(1)
        // When
        #expect(test.acquired(right) == ["load"])
        // Then: it has no lease to fill or to give back.
        #expect(test.loaded(7) == ["answer 1: 7 store 0"])
        test.pass(1_000)
        _ = test.wait(2)
        _ = test.acquired(right)
        #expect(test.loaded(nil) == ["answer 2: 7 stale 1000"])
    }

    @Test func aFailureUnderALeaseBarsEveryone() throws {
        var test = try EngineUnderTest(hasRedis: true)
        _ = test.wait(1)
        _ = test.acquired(.granted)
        test.pass(20)
        #expect(test.loaded(nil) == ["release 180", "answer 1: Broken"])
    }

    @Test func aCountBeyondItsLimitGivesItsLeaseBackWithAPause() throws {
        // Given
        var test = try EngineUnderTest(hasRedis: true)
        _ = test.wait(1)
        _ = test.acquired(.granted)
        test.pass(200)
        #expect(test.wake() == ["answer 1: none"])
        // When
        test.pass(100)
        #expect(test.wake() == ["cancel", "release 2700"])
        // Then nobody waits for it any more.
        #expect(test.wait(2) == ["none"])
        #expect(test.notes.contains(.deferred))
        // And what it says late is not Redis's any more.
        test.pass(10)
        #expect(test.loaded(7) == [])
        #expect(test.ask() == ["7 memory 310"])
    }

    @Test func aDearCountIsGivenStaleWithoutWaiting() throws {
        // Given: 200 ms at a tenth of a core.
        var test = try EngineUnderTest(hasRedis: true)
        _ = test.wait(1)
        // When, then
        #expect(
            test.acquired(.needless, found: found(7, age: 1_500, cost: 200)) == ["answer 1: 7 stale 1500"])
        test.pass(499)
        #expect(test.wait(2) == ["7 stale 1999"])
        test.pass(1)
        #expect(test.wait(3) == ["acquire"])
    }

    @Test func aCountThatGrewTooOldOnItsWayIsAskedForAgain() throws {
        // Given
        var test = try EngineUnderTest(hasRedis: true) { $0.wait = 2 * seconds }
        _ = test.wait(1)
        // When
        test.pass(400)
        #expect(test.acquired(.needless, found: found(7, age: 799)) == [])
        // Then
        test.pass(5)
        #expect(test.wake() == ["acquire"])
        #expect(test.acquired(.granted, found: found(7, age: 1_300)) == ["load"])
    }

    @Test func aCurrentCountAnswersAtOnceAndIsRefreshedUnderTheLease() throws {
        // Given
        var test = try EngineUnderTest(hasRedis: true)
        _ = test.wait(1)
        // When
        #expect(test.acquired(.granted, found: found(7, age: 900)) == ["answer 1: 7 redis 900", "load"])
        // Then
        #expect(test.loaded(8) == ["fill 8"])
    }

    @Test func aLeaseThatIsNotNeededAnyMoreIsGivenBack() throws {
        // Given: an exact count while Redis is asked.
        var test = try EngineUnderTest(hasRedis: true)
        _ = test.wait(1)
        let asking = test.flight
        _ = test.wait(2, .exact)
        _ = test.loaded(8)
        #expect(test.flight != asking)
        // When, then: it is this process that knew, not Redis.
        let now = test.now
        var effects: [EngineUnderTest.Engine.Effect] = []
        test.engine.acquired(
            flight: asking, answer: .init(found: found(7, age: 900), right: .granted), now: now,
            effects: &effects)
        guard effects.count == 3, case .note(.leaseWon) = effects[0], case .release(let release) = effects[1],
            case .answer(let callers, .count(let count)) = effects[2]
        else {
            Issue.record("\(effects)")
            return
        }
        #expect(release.pause == 0)
        #expect(callers == [1])
        #expect(count == Count(value: 8, age: .zero, source: .memory))
        #expect(test.engine.flightCount == 0)
    }

    @Test(arguments: [.granted, .denied, nil] as [Lease.Right?])
    func whatAnExactCountCostMeanwhileIsObserved(right: Lease.Right?) throws {
        // Given: an exact count took 200 ms, longer than its time to live, while Redis was asked.
        var test = try EngineUnderTest(hasRedis: true) {
            $0.timeToLive = 100 * milliseconds
            $0.softTimeToLive = 80 * milliseconds
            $0.wait = seconds
        }
        _ = test.wait(1)
        let asking = test.flight
        _ = test.wait(2, .exact)
        test.pass(200)
        _ = test.loaded(8)
        // When
        var effects: [EngineUnderTest.Engine.Effect] = []
        test.engine.acquired(
            flight: asking, answer: right.map { Lease.Answer(found: nil, right: $0) }, now: test.now,
            effects: &effects)
        // Then: it is not counted again at once.
        #expect(!effects.contains { if case .load = $0 { true } else { false } })
        guard case .answer(let callers, .count(let count)) = effects.last else {
            Issue.record("\(effects)")
            return
        }
        #expect(callers == [1])
        #expect(count.source == .stale)
    }

    @Test(arguments: [-seconds, 0, Int64.max / 2])
    func timesBeyondReasonDoNoHarm(now: Int64) throws {
        // Given
        var test = try EngineUnderTest(hasRedis: true)
        test.now = now
        _ = test.wait(1)
        // When, then: the greatest that is read from Redis, and what could not be added to anything.
        let old = Lease.Found(value: 7, age: .max / 4, cost: .max / 4)
        #expect(test.acquired(.needless, found: old) == ["answer 1: none"])
        #expect(test.wait(2) == ["none"])
        var third = try EngineUnderTest(hasRedis: true)
        third.now = now
        _ = third.wait(1)
        _ = third.acquired(.held(remaining: .max), found: Lease.Found(value: 7, age: .max, cost: .max))
        third.pass(200)
        #expect(third.wake().contains("answer 1: none"))
        var other = try EngineUnderTest(hasRedis: true)
        other.now = now
        _ = other.wait(1)
        #expect(other.acquired(.barred(remaining: .max)) == ["answer 1: none"])
        #expect(other.wait(2) == ["none"])
    }

    @Test func aCountThatTookForEverDoesNoHarm() throws {
        // Given
        var test = try EngineUnderTest(hasRedis: true)
        test.now = -seconds
        _ = test.wait(1)
        _ = test.acquired(.granted)
        // When: nobody has woken it for 200 years.
        test.now = Int64.max / 3 * 2
        // Then
        let pause = Int64.max - seconds - test.now
        #expect(test.loaded(nil) == ["release \(pause / 1_000_000)", "answer 1: Broken"])
        #expect(test.ask() == ["none"])
    }
}
