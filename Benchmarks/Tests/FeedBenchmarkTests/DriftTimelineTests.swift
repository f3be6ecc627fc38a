import Testing

@testable import FeedBenchmark

struct DriftTimelineTests {
    private func timeline(seed: UInt64, inserts: Double = 2, deletes: Double = 1) -> [DriftTimeline.Event] {
        Array(
            DriftTimeline(
                walks: 20, pages: 10, secondsPerPage: 2,
                rates: .init(insertsPerSecond: inserts, deletesPerSecond: deletes), seed: seed))
    }

    @Test func theSameSeedGivesTheSameEvents() {
        #expect(timeline(seed: 3) == timeline(seed: 3))
        #expect(timeline(seed: 3) != timeline(seed: 4))
    }

    @Test func everyWalkTurnsItsPagesInTheirOrder() {
        let events = timeline(seed: 1)

        for walk in 0..<20 {
            let pages = events.compactMap { event -> Int? in
                if case .page(walk, let number) = event { number } else { nil }
            }
            #expect(pages == Array(0..<10))
        }
    }

    @Test func thereIsAsMuchWritingAsTheRatesSay() {
        let events = timeline(seed: 1)

        // 60 simulated seconds.
        #expect((80...160).contains(events.count { $0 == .insert }))
        #expect((35...85).contains(events.count { $0 == .delete }))
        #expect(!timeline(seed: 1, inserts: 0, deletes: 0).contains(.insert))
    }
}
