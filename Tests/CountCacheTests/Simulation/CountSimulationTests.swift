import Foundation
import TestSupport
import Testing

@testable import CountCache

/// Many processes in days of trouble, a thousand times. `SIMULATION_SEEDS` sets how many seeds are run;
/// `SIMULATION_SEED` runs one again.
@Suite struct CountSimulationTests {
    private static let defaultSeedCount: UInt64 = 1_000

    private static let keys: [CountKey] = (1...5).compactMap { number in
        do {
            return try CountKey(collection: "collection \(number)")
        } catch {
            Issue.record(error)
            return nil
        }
    }

    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    /// The seeds of half of the cores' work each, so that both are busy.
    private static func run(_ seeds: [UInt64]) async -> (tally: [Int], events: Int) {
        var tally = [Int](repeating: 0, count: Happening.allCases.count)
        var events = 0
        for seed in seeds {
            // Other tests want to get on.
            await Task.yield()
            let simulation = CountSimulation(plan: SimulationPlan(seed: seed, keys: keys))
            if let violation = simulation.run() {
                Issue.record(
                    """
                    seed \(seed): not so: \(violation)
                    SIMULATION_SEED=\(seed) replays it: \(simulation.plan)
                    \(simulation.trace.text)
                    """)
            }
            for place in tally.indices { tally[place] += simulation.trace.tally[place] }
            events += simulation.eventCount
        }
        return (tally, events)
    }

    @Test func everyBoundHoldsForEverySeed() async {
        // Given
        let seeds: [UInt64]
        if let seed = Self.setting("SIMULATION_SEED") {
            seeds = [seed]
        } else {
            seeds = Array(1...(Self.setting("SIMULATION_SEEDS") ?? Self.defaultSeedCount))
        }
        // When
        let half = seeds.count / 2
        async let first = Self.run(Array(seeds[..<half]))
        async let second = Self.run(Array(seeds[half...]))
        let (one, other) = await (first, second)
        // Then: what could happen has happened, or nothing has been shown.
        guard seeds.count >= Self.defaultSeedCount else { return }
        for (place, happening) in Happening.allCases.enumerated() {
            #expect(one.tally[place] + other.tally[place] > 0, "\(happening) never happened")
        }
        if Self.setting("SIMULATION_SEEDS") != nil {
            print("\(one.events + other.events) events")
            for (place, happening) in Happening.allCases.enumerated() {
                print(happening, one.tally[place] + other.tally[place])
            }
        }
    }

    /// A simulation in which nothing goes wrong by itself, of one key that nobody knows.
    private static func coldKey(
        seed: UInt64, processes: Int, faults: Set<SimulationFault> = []
    ) -> CountSimulation {
        var plan = SimulationPlan(seed: seed, keys: Array(keys.prefix(1)))
        plan.faults = faults
        plan.hasRedis = true
        plan.processCount = processes
        plan.capacity = 2
        // Longer than a count, the ways to Redis, and the wait before it is asked again.
        plan.rules.wait = plan.commonCost + 4 * plan.latency + 2 * CountRules.maxPollDelay
        return CountSimulation(plan: plan)
    }

    @Test func aColdKeyIsCountedOnceForEightProcessesAndTheirCrowds() {
        for seed in 1...8 as ClosedRange<UInt64> {
            // Given
            let simulation = Self.coldKey(seed: seed, processes: 8)
            // When: they come within less than the soft time to live.
            for process in simulation.processes.compactMap({ $0 }) {
                for _ in 0..<200 {
                    let time = simulation.time + simulation.number(0...(20 * milliseconds))
                    simulation.queue.add(.ask(process, key: 0, .cached, isPatient: true), at: time)
                }
            }
            simulation.drain()
            simulation.checkQuiet()
            // Then
            #expect(simulation.bounds.violation == nil)
            #expect(simulation.bounds.countNumber(of: Self.keys[0]) == 1, "seed \(seed)")
            #expect(simulation.trace[.answeredNone] == 0)
            let answers = [Happening.answeredStore, .answeredRedis, .answeredMemory, .left]
                .reduce(0) { $0 + simulation.trace[$1] }
            #expect(answers == 8 * 200)
        }
    }

    @Test func aHolderKilledInItsCountCostsOneMoreAfterTheLeaseTime() throws {
        for seed in 1...8 as ClosedRange<UInt64> {
            // Given: a process counts.
            let simulation = Self.coldKey(seed: seed, processes: 4, faults: [.processKills])
            let rules = simulation.plan.rules
            let key = Self.keys[0]
            let holder = try #require(simulation.processes[0])
            simulation.join(holder, key: 0, .cached)
            simulation.drain { holder.loads.isEmpty }
            let began = simulation.time
            #expect(simulation.bounds.countNumber(of: key) == 1)
            // When: it is killed, and others go on asking.
            simulation.kill(holder)
            var second: Int64?
            for time in stride(from: began, to: began + rules.leaseTime + seconds, by: Int(50 * milliseconds))
            {
                for process in simulation.processes.compactMap({ $0 }) {
                    simulation.queue.add(.ask(process, key: 0, .cached, isPatient: true), at: time)
                }
            }
            simulation.drain {
                if second == nil, simulation.bounds.countNumber(of: key) == 2 { second = simulation.time }
                return second == nil
            }
            // Then: not before the lease is over, and soon after.
            let waited = try #require(second, "seed \(seed)") - began
            #expect(waited >= rules.leaseTime - simulation.plan.latency, "seed \(seed)")
            #expect(
                waited <= rules.leaseTime + CountRules.maxPollDelay + 4 * simulation.plan.latency,
                "seed \(seed)")
            // And: that was the one more.
            simulation.drain { simulation.time < began + rules.leaseTime + rules.softTimeToLive }
            #expect(simulation.bounds.countNumber(of: key) == 2, "seed \(seed)")
            simulation.drain()
            simulation.checkQuiet()
            #expect(simulation.bounds.violation == nil)
        }
    }

    @Test(arguments: [7, 42, 1_234]) func aSeedSaysEverything(seed: UInt64) {
        // Given
        let plan = SimulationPlan(seed: seed, keys: Self.keys)
        // When
        let runs = [CountSimulation(plan: plan), CountSimulation(plan: plan)]
        for run in runs { _ = run.run() }
        // Then
        #expect(runs[0].eventCount > 100)
        #expect(runs[0].trace.digest == runs[1].trace.digest)
        let other = CountSimulation(plan: SimulationPlan(seed: seed + 1, keys: Self.keys))
        _ = other.run()
        #expect(runs[0].trace.digest != other.trace.digest)
    }
}
