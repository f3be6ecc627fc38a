import Foundation
import Testing

@testable import CountCache

/// A thousand bad days of a client: see ``RedisSimulation``. `SIMULATION_SEEDS` sets how many seeds are run,
/// `SIMULATION_SEED` runs one again.
@Suite struct RedisSimulationTests {
    private static let seeds: [Range<UInt64>] = {
        func setting(_ name: String) -> UInt64? {
            ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
        }
        if let seed = setting("SIMULATION_SEED") { return [seed..<seed + 1] }
        let part = max(1, (setting("SIMULATION_SEEDS") ?? 1_000) / 10)
        return (0..<10).map { $0 * part..<($0 + 1) * part }
    }()

    @Test(arguments: seeds)
    func promisesAreKept(seeds: Range<UInt64>) async throws {
        var repliesAfterRecovery = 0
        var answersInTrouble = 0
        var answersInChaos = 0
        for seed in seeds {
            // Other tests want to get on.
            await Task.yield()
            let simulation = try RedisSimulation(seed: seed)
            try simulation.run()
            #expect(simulation.violations.isEmpty, "seed \(seed)")
            repliesAfterRecovery += simulation.repliesAfterRecovery
            answersInTrouble += simulation.answersInTrouble
            answersInChaos += simulation.answersInChaos
        }
        // The days were neither all good nor all lost.
        #expect(repliesAfterRecovery >= seeds.count * 10)
        #expect(answersInTrouble >= seeds.count * 3)
        #expect(answersInChaos >= seeds.count * 3 || seeds.count == 1)
    }

    @Test func isTheSameForTheSameSeed() throws {
        func results() throws -> [Int] {
            let simulation = try RedisSimulation(seed: 5)
            try simulation.run()
            return [simulation.answersInTrouble, simulation.answersInChaos, simulation.repliesAfterRecovery]
        }
        #expect(try results() == results())
    }
}
