import TestSupport

@testable import CountCache

let milliseconds: Int64 = 1_000_000
let seconds: Int64 = 1_000_000_000

/// What may go wrong in a simulation.
enum SimulationFault: CaseIterable {
    case failingLoads, slowLoads, lostMessages, redisKills, redisFreezes, redisRefusals, redisClockSteps
    case processKills, processesCutOff
}

/// What a seed stands for.
struct SimulationPlan {
    var seed: UInt64
    var rules: CountRules
    var hasRedis: Bool
    var processCount: Int
    var keys: [CountKey]
    /// Totals grow with time, so that some are below it and some above.
    var cap: Int
    var capacity: Int
    /// Of a command to Redis.
    var commandTimeout: Int64
    /// The longest way to Redis or back, when nothing is wrong.
    var latency: Int64
    /// How long most counts take at the most.
    var commonCost: Int64
    var duration: Int64
    /// Between callers, or crowds of them.
    var pace: Int64
    var faults: Set<SimulationFault>

    /// When the simulation begins: above 0, because totals are times.
    static let start = seconds

    init(seed: UInt64, keys allKeys: [CountKey]) {
        var random = SeededGenerator(seed: seed)
        func pick<Element>(_ elements: [Element]) -> Element {
            elements[Int.random(in: 0..<elements.count, using: &random)]
        }
        self.seed = seed
        var faults: Set<SimulationFault> = []
        // A quarter of the seeds runs without faults: what is promised then is more.
        if Int.random(in: 0..<4, using: &random) > 0 {
            for fault in SimulationFault.allCases {
                // Steps of the clock take most bounds away. So they are rare.
                let odds = fault == .redisClockSteps ? 8 : 2
                if Int.random(in: 0..<odds, using: &random) == 0 { faults.insert(fault) }
            }
        }
        self.faults = faults
        hasRedis = Int.random(in: 0..<10, using: &random) > 0
        processCount = Int.random(in: 1...8, using: &random)
        let keyCount = Int.random(in: 1...allKeys.count, using: &random)
        keys = Array(allKeys.prefix(keyCount))
        // A count of all rows and a capped one for each key, or a table that is too small for them.
        capacity = Int.random(in: 0..<5, using: &random) > 0 ? 2 * keyCount : pick([1, keyCount])
        commandTimeout = pick([50, 200, 500]) * milliseconds
        latency = min(pick([1, 5, 20]) * milliseconds, commandTimeout / 4)
        let timeToLive = pick([200, 1_000, 5_000]) * milliseconds
        let jitter = pick([0, 0.1, 0.1, 0.5])
        let longestSoft = Int64(Double(timeToLive) * (1 - jitter))
        let soft = pick([longestSoft, longestSoft * 8 / 10, longestSoft / 4])
        let loadTimeLimit = pick([100, 500, 2_000]) * milliseconds
        rules = CountRules(
            softTimeToLive: soft, timeToLive: timeToLive, jitter: jitter,
            wait: pick([60, 300, 2_000]) * milliseconds,
            maxStaleAge: pick([0, timeToLive / 2, 3 * timeToLive, 100 * timeToLive]),
            pauseFactor: pick([1, 2, 10, 100]), loadTimeLimit: loadTimeLimit,
            leaseTime: loadTimeLimit + seconds + 2 * commandTimeout)
        commonCost = pick([1, 10, 50]) * milliseconds
        duration = Int64.random(in: 4...12, using: &random) * timeToLive
        pace = duration / Int64.random(in: 15...60, using: &random)
        cap = Int(Self.start + Int64.random(in: 0...duration, using: &random))
    }

    /// Whether a process may have forgotten a key: then it knows neither its age nor its cost any more.
    var forgets: Bool { capacity < 2 * keys.count }

    /// The clock of Redis is what ages and leases are measured by: nothing holds for them where it steps.
    var hasTrueClock: Bool { !faults.contains(.redisClockSteps) }

    /// The longest that a count takes that does not return when it is told to: longer than a lease.
    var longestLoad: Int64 { rules.leaseTime + rules.loadTimeLimit }
}
