import TestSupport

@testable import CountCache

/// A process of the simulation: an engine, and what the driver around it would hold.
final class SimulatedProcess {
    /// Its closures are the numbers of keys, its callers numbers too.
    typealias Engine = CountEngine<Int, Int>

    struct Caller {
        let key: Int
        let policy: CountPolicy
        let asked: Int64
        let deadline: Int64
        let number: UInt64
    }

    struct Load {
        let key: CountKey
        let isExact: Bool
        let began: Int64
        /// The lease's token and the time at which Redis granted it.
        let lease: Grant?
        let result: Result<Int, any Error>
        let ignoresCancelling: Bool
        var isOverdue = false
    }

    struct Grant {
        let token: String
        let time: Int64
    }

    /// What the last answer to a flight's request said about counting.
    enum Permission {
        case leased(Grant)
        /// Redis could not be had, or gives no leases.
        case unleased
        case no
    }

    /// What is known of a key's counts in this process, ``CountPolicy/exact`` apart.
    struct History {
        var isRunning = false
        var began = Int64.min
        var cost: Int64 = 0
        var hasFailed = false
    }

    let place: Int
    /// Tells it from the process that had its place before.
    let life: Int
    /// Of its clock, ahead of the simulation's.
    let clockOffset: Int64
    var engine: Engine
    var callers: [Int: Caller] = [:]
    var loads: [UInt64: Load] = [:]
    var permissions: [UInt64: Permission] = [:]
    /// What Redis said last.
    var found: [CountKey: Int] = [:]
    var histories: [CountKey: History] = [:]
    /// Wakes that are under way for a flight, without the spurious ones; and how many spurious ones there were.
    var wakes: [UInt64: Int] = [:]
    var spuriousWakes: [UInt64: Int] = [:]
    /// Commands arrive in the order in which they are sent.
    var lastArrival: Int64 = 0
    var isCutOff = false
    /// The token of the lease that was given back last.
    var lastRelease: String?

    init(place: Int, life: Int, plan: SimulationPlan, random: inout SeededGenerator) {
        self.place = place
        self.life = life
        let hours = 5 * 3_600 * seconds
        clockOffset = Int64.random(in: -hours...hours, using: &random)
        engine = Engine(
            rules: plan.rules, capacity: plan.capacity, hasLeases: plan.hasRedis,
            random: SeededGenerator(seed: random.next()))
    }
}

/// A command on its way between a process and Redis.
struct SimulatedCommand {
    enum Kind {
        case acquire(flight: UInt64, Lease.Request)
        case fill(Lease.Fill)
        case release(Lease.Release)
    }

    enum Reply {
        case acquired(Lease.Answer, at: Int64)
        case wasHolder(Bool?)
    }

    let process: SimulatedProcess
    let kind: Kind
    /// Then there is no answer any more.
    let deadline: Int64
    var isAnswered = false
}
