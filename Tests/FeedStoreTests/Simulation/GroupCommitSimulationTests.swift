import Foundation
import TestSupport
import Testing

/// Writers, failures, cancellations and shutdowns, a thousand times: see ``GroupCommitSimulation``. `SIMULATION_SEEDS`
/// sets how many seeds are run, `SIMULATION_SEED` runs one again.
@Suite struct GroupCommitSimulationTests {
    private static let defaultSeedCount: UInt64 = 1_000

    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    @Test func everyPromiseIsKeptForEverySeed() async {
        // Given
        let count = Self.setting("SIMULATION_SEEDS") ?? Self.defaultSeedCount
        let seeds = Self.setting("SIMULATION_SEED").map { $0...$0 } ?? 1...max(1, count)
        var tally = [Int](repeating: 0, count: GroupCommitSimulation.Happening.allCases.count)
        for seed in seeds {
            // Other tests want to get on.
            await Task.yield()
            // When
            let simulation = GroupCommitSimulation(plan: GroupCommitPlan(seed: seed))
            let broken = simulation.run()
            // Then
            if let broken {
                Issue.record(
                    "seed \(seed), not so: \(broken.rawValue). SIMULATION_SEED=\(seed): \(simulation.plan)")
            }
            for place in tally.indices { tally[place] += simulation.tally[place] }
        }
        // And: what could happen has happened, or nothing has been shown.
        guard seeds.count >= Self.defaultSeedCount else { return }
        for (place, happening) in GroupCommitSimulation.Happening.allCases.enumerated() {
            #expect(tally[place] > 0, "\(happening) never happened")
        }
    }

    /// That the simulation can fail. These mutants of the engine's own code were put in by hand as well, one at a time;
    /// each broke a promise within 300 seeds:
    ///
    /// | mutant | promise |
    /// |---|---|
    /// | a failed commit fails only its first write; a write's own failure is forgotten | `acknowledgedIsCommitted` |
    /// | a failed commit fails those that wait, too | `failureIsTheCommits` |
    /// | what is cancelled stays, or another goes in its place; what came cancelled is taken | `cancelledNeverWrites` |
    /// | a cancellation is not answered | `begunIsCarriedOut` |
    /// | a batch is not taken out of what waits | `carriedOutOnce` |
    /// | a batch from the end of what waits | `datesAscend` |
    /// | no bound of a batch, batches of one, an empty batch, a second thread summoned | `commitIsBounded` |
    /// | one more may wait | `waitingIsBounded` |
    /// | a commit is not followed by another; only one of those who close is told | `nobodyIsLeft` |
    /// | all that waited were cancelled, and the thread stays on its way; the end drops what waits | `nobodyIsLeft` |
    /// | the end does not wait for the commit, or is told twice | `closedIsLast` |
    /// | the end refuses nothing | `closedRefuses` |
    @Test(arguments: GroupCommitSabotage.allCases)
    func aFaultIsNoticed(sabotage: GroupCommitSabotage) {
        let broken = (1...200).compactMap { seed in
            GroupCommitSimulation(plan: GroupCommitPlan(seed: seed), sabotage: sabotage).run()
        }
        #expect(broken.contains(sabotage.breaks), "\(Set(broken))")
    }

    @Test(arguments: [7, 42, 1_234]) func aSeedSaysEverything(seed: UInt64) {
        let runs = [seed, seed, seed + 1].map { GroupCommitSimulation(plan: GroupCommitPlan(seed: $0)) }
        for run in runs { _ = run.run() }
        #expect(runs[0].digest == runs[1].digest)
        #expect(runs[0].digest != runs[2].digest)
    }
}
