import Testing

@testable import FeedBenchmark

struct TurnsTests {
    @Test func everyContenderHasItsTurnsSpreadOverTheWhole() throws {
        let turns = Array(Turns(samples: [1_000, 10, 0], groups: ["a", "b", "b"], seed: 1))

        #expect(turns.count { $0 == 0 } == 1_000)
        #expect(turns.count { $0 == 1 } == 10)
        #expect(!turns.contains(2))
        let rare = turns.indices.filter { turns[$0] == 1 }
        #expect(try #require(rare.first) < 200)
        #expect(try #require(rare.last) > 800)
    }

    @Test func aGroupIsAtWorkByItselfAndItsContendersTakeTurns() {
        let turns = Array(Turns(samples: [200, 200, 200], groups: ["a", "a", "b"], seed: 1))

        for block in 0..<20 {
            let groups = turns[(block * 30)..<(block * 30 + 30)].map { $0 == 2 ? 1 : 0 }
            #expect(zip(groups, groups.dropFirst()).count { $0 != $1 } == 1)
        }
        // No contender of a group is more than one turn ahead of the other.
        var lead = 0
        for turn in turns where turn != 2 {
            lead += turn == 0 ? 1 : -1
            #expect(abs(lead) <= 1)
        }
    }

    @Test func theSameSeedGivesTheSameOrderAndAnotherOneAnother() {
        func turns(seed: UInt64) -> [Int] {
            Array(Turns(samples: [50, 50, 50], groups: ["a", "a", "b"], seed: seed))
        }

        #expect(turns(seed: 7) == turns(seed: 7))
        #expect(turns(seed: 7) != turns(seed: 8))
    }
}
