import Testing

@testable import FeedBenchmark

struct DriftLedgerTests {
    @Test func whoIsShownEverythingOnceMissesNothing() {
        let ledger = DriftLedger(ids: [1, 2, 3, 4])
        var walk = ledger.beginWalk()

        walk.show([4, 3])
        walk.show([2, 1])

        #expect(walk.shown == 4)
        #expect(walk.shownTwice == 0)
        #expect(ledger.neverShown(in: walk) == 0)
    }

    @Test func aPostShownAgainIsShownTwice() {
        var walk = DriftLedger(ids: [1, 2, 3, 4]).beginWalk()

        walk.show([4, 3])
        walk.show([3, 2])

        #expect(walk.shown == 4)
        #expect(walk.shownTwice == 1)
    }

    @Test func aPostLeftOutWithinTheRangeIsNeverShown() {
        let ledger = DriftLedger(ids: [1, 2, 3, 4])
        var walk = ledger.beginWalk()

        walk.show([4, 2])

        // The reader has not come to the first yet.
        #expect(ledger.neverShown(in: walk) == 1)
    }

    @Test func aPostAboveTheFirstOneShownIsMissedToo() {
        let ledger = DriftLedger(ids: [1, 2, 3, 4])
        var walk = ledger.beginWalk()

        walk.show([3, 2, 1])

        #expect(ledger.neverShown(in: walk) == 1)
    }

    @Test func whatCameLaterNeedNotBeShown() {
        var ledger = DriftLedger(ids: [1, 2])
        var walk = ledger.beginWalk()
        ledger.insert(3)

        walk.show([2, 1])

        #expect(ledger.neverShown(in: walk) == 0)
    }

    @Test func whatWasDeletedNeedNotBeShown() throws {
        var ledger = DriftLedger(ids: [1, 2, 3])
        var generator = SeededGenerator(seed: 1)
        var walk = ledger.beginWalk()
        let drawn = ledger.delete(using: &generator)
        let deleted = try #require(drawn)

        walk.show([3, 2, 1].filter { $0 != deleted })

        #expect(ledger.neverShown(in: walk) == 0)
    }

    @Test func everyPostIsDeletedOnce() {
        var ledger = DriftLedger(ids: [1, 2, 3])
        var generator = SeededGenerator(seed: 1)

        let deleted = (0..<4).map { _ in ledger.delete(using: &generator) }

        #expect(Set(deleted.compactMap(\.self)) == [1, 2, 3])
        #expect(deleted.last == .some(nil))
    }
}
