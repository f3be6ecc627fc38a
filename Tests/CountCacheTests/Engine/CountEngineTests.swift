import TestSupport
import Testing

@testable import CountCache

/// The engine's decisions without Redis, one at a time, without a clock, a socket or a task.
@Suite struct CountEngineTests {
    @Test func whoComesWhileItIsCountedSharesTheCount() throws {
        // Given
        var test = try EngineUnderTest()
        // When
        #expect(test.wait(1) == ["load"])
        test.pass(5)
        #expect(test.wait(2) == [])
        #expect(test.engine.waiterCount(for: test.key) == 2)
        // Then
        #expect(test.loaded(7) == ["answer 1 2: 7 store 5"])
        #expect(test.ask() == ["7 memory 5"])
        #expect(test.engine.flightCount == 0)
        #expect(test.notes.contains(.joined))
    }

    @Test func theSoftTimeToLiveRefreshesInTheBackgroundAndTheHardOneMakesWait() throws {
        // Given
        var test = try EngineUnderTest()
        _ = test.count(7)
        // When it is not due, then due, then being counted
        test.pass(799)
        #expect(test.ask() == ["7 memory 799"])
        test.pass(1)
        #expect(test.wait(1) == ["7 memory 800", "load"])
        #expect(test.ask() == ["7 memory 800"])
        test.pass(200)
        // Then
        #expect(test.ask() == ["7 stale 1000"])
        #expect(test.wait(2) == [])
        #expect(test.loaded(8) == ["answer 2: 8 store 200"])
    }

    @Test func whoWaitsIsAnsweredWithinTheWaitAndTheNextOneToo() throws {
        // Given: one caller waits for a refresh that began in the background, and one that comes later.
        var test = try EngineUnderTest { $0.loadTimeLimit = 60 * seconds }
        #expect(test.ask() == ["none", "load"])
        #expect(test.wait(1) == [])
        test.pass(150)
        #expect(test.wait(2) == [])
        // When, then
        test.pass(50)
        #expect(test.wake() == ["answer 1: none"])
        test.pass(150)
        #expect(test.wake() == ["answer 2: none"])
        #expect(test.loaded(7) == [])
        #expect(test.ask() == ["7 memory 350"])
    }

    @Test(arguments: [(5_000, "answer 1: 7 stale 5000"), (5_001, "answer 1: none")])
    func aStaleCountIsGivenUpToItsGreatestAge(age: Int64, answer: String) throws {
        // Given
        var test = try EngineUnderTest { $0.loadTimeLimit = 60 * seconds }
        _ = test.count(7)
        test.pass(age - 200)
        #expect(test.wait(1) == ["load"])
        // When
        test.pass(200)
        // Then
        #expect(test.wake() == [answer])
    }

    @Test func aCurrentCountIsGivenThoughStaleOnesAreNot() throws {
        // Given: a slow count, and an exact one that ends before it.
        var test = try EngineUnderTest { $0.maxStaleAge = 0 }
        _ = test.wait(1)
        let slow = test.flight
        test.pass(10)
        _ = test.wait(2, .exact)
        test.pass(90)
        #expect(test.loaded(7) == ["answer 2: 7 store 90"])
        // When
        test.pass(100)
        // Then
        #expect(test.wake() == ["answer 1: 7 memory 190"])
        // And what began earlier does not replace it.
        test.pass(1)
        #expect(test.loaded(6, flight: slow) == [])
        #expect(test.ask() == ["7 memory 191"])
    }

    @Test func whatIsDearIsCountedSeldom() throws {
        // Given: 100 ms at a tenth of a core.
        var test = try EngineUnderTest { $0.pauseFactor = 30 }
        _ = test.count(7, taking: 100)
        // When, then
        test.pass(2_899)
        #expect(test.wait(1) == ["7 stale 2999"])
        #expect(test.notes.contains(.deferred))
        test.pass(1)
        #expect(test.wait(2) == ["load"])
    }

    @Test func aCheapExactCountDoesNotPayForADearOne() throws {
        // Given: 100 ms that are not repeated for 3 s, and an exact count in between that took no time.
        var test = try EngineUnderTest { $0.pauseFactor = 30 }
        _ = test.count(7, taking: 100)
        #expect(test.wait(1, .exact) == ["load"])
        #expect(test.loaded(8) == ["answer 1: 8 store 0"])
        // When
        test.pass(1_500)
        // Then
        #expect(test.wait(2) == ["8 stale 1500"])
        test.pass(1_400)
        #expect(test.wait(3) == ["load"])
    }

    @Test func aFailureIsToldWhereThereIsNoCountAndPausesForItsCost() throws {
        // Given
        var test = try EngineUnderTest()
        _ = test.wait(1)
        test.pass(50)
        // When
        #expect(test.loaded(nil) == ["answer 1: Broken"])
        // Then
        #expect(test.wait(2) == ["none"])
        test.pass(449)
        #expect(test.ask() == ["none"])
        test.pass(1)
        #expect(test.wait(3) == ["load"])
        #expect(test.loaded(7) == ["answer 3: 7 store 0"])
        test.pass(1_000)
        _ = test.wait(4)
        #expect(test.loaded(nil) == ["answer 4: 7 stale 1000"])
    }

    @Test func aNegativeCountIsAFailure() throws {
        var test = try EngineUnderTest()
        _ = test.wait(1)
        #expect(test.loaded(-1) == ["answer 1: CountCacheTrouble"])
        #expect(test.troubles == [.load])
    }

    @Test func aCountBeyondItsLimitIsCancelledAndOccupiesTheKeyUntilItReturns() throws {
        // Given: a count at its limit, and nothing to make up for.
        var test = try EngineUnderTest {
            $0.pauseFactor = 1
            $0.wait = 400 * milliseconds
        }
        _ = test.wait(1)
        // When
        test.pass(300)
        #expect(test.wake() == ["cancel", "answer 1: none"])
        #expect(test.troubles == [.overdue])
        // Then no second one begins beside it, and who comes is answered in time.
        #expect(test.ask() == ["none"])
        #expect(test.wait(2) == [])
        test.pass(400)
        #expect(test.wake() == ["answer 2: none"])
        #expect(test.wait(3) == [])
        #expect(test.engine.flightCount == 1)
        // And what it says late is a count like any other.
        test.pass(10)
        #expect(test.loaded(7) == ["answer 3: 7 store 710"])
        #expect(test.ask() == ["7 memory 710"])
        #expect(test.engine.flightCount == 0)
    }

    @Test func exactCountsBeginAfterTheCallAndAreShared() throws {
        // Given
        var test = try EngineUnderTest()
        _ = test.count(6)
        #expect(test.wait(1, .exact) == ["load"])
        // When: two come while it runs.
        test.pass(10)
        #expect(test.wait(2, .exact) == [])
        #expect(test.wait(3, .exact) == [])
        #expect(test.engine.waiterCount(for: test.key) == 3)
        // Then
        #expect(test.loaded(7) == ["answer 1: 7 store 10", "load"])
        test.pass(5)
        #expect(test.loaded(8) == ["answer 2 3: 8 store 5"])
        #expect(test.ask() == ["8 memory 5"])
        #expect(test.ask(.exact) == ["none"])
    }

    @Test func exactCallersWaitForTwoLimitsAtMost() throws {
        // Given: an exact count that does not heed its cancelling, one caller behind it, and one much later.
        var test = try EngineUnderTest()
        _ = test.wait(1, .exact)
        test.pass(100)
        #expect(test.wait(2, .exact) == [])
        test.pass(200)
        #expect(test.wake() == ["cancel", "answer 1: none"])
        #expect(test.wait(3, .exact) == [])
        // When
        test.pass(399)
        #expect(test.wake() == [])
        test.pass(1)
        #expect(test.wake() == ["answer 2: none"])
        // Then
        #expect(test.loaded(nil) == ["load"])
        test.pass(10)
        #expect(test.loaded(7) == ["answer 3: 7 store 10"])
        #expect(test.engine.flightCount == 0)
    }

    @Test func whoComesForAnExactCountBehindOneThatHangsIsAnsweredInTime() throws {
        // Given
        var test = try EngineUnderTest()
        _ = test.wait(1, .exact)
        test.pass(300)
        #expect(test.wake() == ["cancel", "answer 1: none"])
        // When
        #expect(test.wait(2, .exact) == [])
        test.pass(600)
        // Then
        #expect(test.wake() == ["answer 2: none"])
        #expect(test.loaded(7) == [])
        #expect(test.engine.flightCount == 0)
    }

    @Test func whoLeavesIsNotAnswered() throws {
        // Given
        var test = try EngineUnderTest()
        for caller in 1...2 { _ = test.wait(caller) }
        for caller in 3...4 { _ = test.wait(caller, .exact) }
        _ = test.wait(5, .capped(at: 3))
        // When
        for caller in [1, 3, 4, 5] { #expect(test.leave(caller) == caller) }
        // Then
        #expect(test.leave(1) == nil)
        #expect(test.engine.waiterCount(for: test.key) == 1)
        test.pass(200)
        #expect(test.wake() == ["answer 2: none"])
        #expect(test.leave(2) == nil)
    }

    @Test func cappedCountsCountOneRowMoreAtTheMost() throws {
        // Given
        var test = try EngineUnderTest()
        #expect(test.wait(1, .capped(at: 10)) == ["load 11"])
        // When, then: what the closure says beyond its limit is as good as the limit.
        #expect(test.loaded(500) == ["answer 1: 10+ store 0"])
        #expect(test.ask(.capped(at: 10)) == ["10+ memory 0"])
        #expect(test.wait(2, .capped(at: 500)) == ["load 501"])
        #expect(test.loaded(500) == ["answer 2: 500 store 0"])
        // And a count of all rows serves every cap.
        _ = test.count(12)
        #expect(test.ask(.capped(at: 11)) == ["11+ memory 0"])
        #expect(test.ask(.capped(at: 12)) == ["12 memory 0"])
    }

    @Test func capsBeyondReasonDoNoHarm() throws {
        var test = try EngineUnderTest()
        #expect(test.wait(1, .capped(at: .max)) == ["load \(Int.max)"])
        #expect(test.loaded(.max) == ["answer 1: \(Int.max) store 0"])
        #expect(test.wait(2, .capped(at: -1)) == ["load 1"])
        #expect(test.loaded(5) == ["answer 2: 0+ store 0"])
        #expect(test.ask(.capped(at: 0)) == ["0+ memory 0"])
    }

    @Test func noneCostsNothing() throws {
        var test = try EngineUnderTest()
        #expect(test.ask(.none) == ["none"])
        #expect(test.wait(1, .none) == ["none"])
        #expect(test.engine.recordCount == 0)
        #expect(test.notes.isEmpty)
    }

    @Test func aForgottenKeyIsStillCountedOnceAtATime() throws {
        // Given: room for one key.
        var test = try EngineUnderTest(capacity: 1)
        let other = try CountKey(collection: "users")
        _ = test.wait(1)
        let first = test.flight
        // When: another key's count takes the room.
        _ = test.wait(2, of: other)
        #expect(test.loaded(9) == ["answer 2: 9 store 0"])
        // Then
        #expect(test.wait(3) == [])
        #expect(test.loaded(7, flight: first) == ["answer 1 3: 7 store 0"])
        #expect(test.engine.recordCount == 1)
        #expect(test.ask(of: other) == ["none", "load"])
    }

    @Test func wakesAreNotAskedForTwice() throws {
        // Given: a flight that asks again and again while its callers wait.
        var test = try EngineUnderTest(hasRedis: true) { $0.wait = 2 * seconds }
        _ = test.wait(1)
        while test.elapsed < 1_500 {
            _ = test.acquired(.held(remaining: seconds))
            // When
            let next = try #require(test.wakes.map(\.time).min())
            test.now = next
            #expect(test.wake() == ["acquire"])
            // Then: there is one for the caller's patience, and now and then one for the next question.
            #expect(test.wakes.count == 1)
        }
    }

    @Test func aWakeThatComesTooEarlyIsAskedForAgainAndOneTooManyDoesNoHarm() throws {
        // Given
        var test = try EngineUnderTest()
        _ = test.wait(1)
        let wakes = test.wakes.count
        // When
        test.pass(199)
        #expect(test.wake(flight: test.flight) == [])
        // Then
        #expect(test.wakes.count == wakes + 1)
        test.pass(1)
        #expect(test.wake() == ["answer 1: none"])
        #expect(test.wake(flight: test.flight) == [])
        #expect(test.wake(flight: 12_345) == [])
    }

    @Test func chanceMakesTheSoftTimeLongerAndTheHardOneShorter() {
        var rules = EngineUnderTest.rules
        rules.jitter = 0.2
        var random = SeededGenerator(seed: 3)
        let entries = (0..<1_000).map { _ in
            CountEntry(value: 1, countedAt: 0, cost: 0, rules: rules, random: &random)
        }
        #expect(entries.allSatisfy { (800 * milliseconds...1_000 * milliseconds).contains($0.hardAge) })
        #expect(entries.allSatisfy { (800 * milliseconds...960 * milliseconds).contains($0.refreshAge) })
        #expect(entries.allSatisfy { $0.refreshAge <= $0.hardAge })
        #expect(Set(entries.map(\.hardAge)).count > 900)
        #expect(entries.contains { $0.hardAge < 820 * milliseconds })
        #expect(entries.contains { $0.hardAge > 980 * milliseconds })
    }
}
