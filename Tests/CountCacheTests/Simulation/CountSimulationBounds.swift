@testable import CountCache

/// What must hold in every simulation, with where that is promised. Remembers the first thing that does not.
struct SimulationBounds {
    /// The last count under a lease.
    private struct LeasedCount {
        enum Fate {
            /// Redis was told nothing, or did not hear it: the lease has to run out.
            case open
            case filled(cost: Int64)
            case barred(until: Int64)
            /// Taken back by its own process, which had given up on the answer that gave it, or ended by a Redis
            /// too full for its count.
            case gone
        }

        let token: String
        let life: Int
        let granted: Int64
        let began: Int64
        var isRunning = true
        var fate = Fate.open
        var cost: Int64 = 0
    }

    private let plan: SimulationPlan
    private let rules: CountRules
    private var leased: [CountKey: LeasedCount] = [:]
    /// Counts for each key, `exact` apart, and when the first of them was allowed.
    private var counts: [CountKey: (number: Int64, first: Int64)] = [:]
    /// When Redis lost its data: what it granted before is not known to it any more.
    var lastLoss = Int64.min
    var violation: String?

    init(plan: SimulationPlan) {
        self.plan = plan
        rules = plan.rules
    }

    mutating func check(_ holds: Bool, _ promise: @autoclosure () -> String) {
        if !holds, violation == nil { violation = promise() }
    }

    /// Counts of a key, ``CountPolicy/exact`` apart, over all processes.
    func countNumber(of key: CountKey) -> Int64 { counts[key]?.number ?? 0 }

    // MARK: Answers

    /// - Parameter waited: whether the caller was answered later than at once.
    mutating func check(_ count: Count, for policy: CountPolicy, asked: Int64, waited: Bool, at now: Int64) {
        let age = count.age.nanoseconds
        let isTrue = plan.hasTrueClock || count.source == .store
        // The total that is told was the total `age` ago or later (Count.age).
        if count.isLowerBound {
            check(Int64(count.value) < now, "a lower bound is below the total (Count.isLowerBound)")
            check(!isTrue || Int64(count.value) >= SimulationPlan.start, "a lower bound is the cap")
        } else {
            let actualAge = now - Int64(count.value)
            check(actualAge >= 0, "a count is not ahead of the total (Count.value)")
            check(!isTrue || actualAge <= age, "a count is not older than it says (Count.age)")
            // What Redis's stamp and the two ways to Redis add to it, each a command timeout at most.
            let slack = count.source == .store ? 0 : 2 * plan.commandTimeout + 10_000
            check(!isTrue || age <= actualAge + slack, "a count is not much younger than it says")
        }
        switch count.source {
        case .memory, .redis:
            check(
                age < rules.timeToLive, "`memory` and `redis` are younger than the time to live (CountSource)"
            )
        case .stale:
            let shortest = Int64(Double(rules.timeToLive) * (1 - rules.jitter))
            check(age >= shortest, "`stale` is past the time to live (CountSource.stale)")
            check(age <= rules.maxStaleAge, "`stale` is not past `maxStaleAge` (CountSource.stale)")
        case .store: check(waited, "who does not wait gets what was known before (CountCache.current)")
        }
        switch policy {
        case .exact:
            check(count.source == .store && !count.isLowerBound, "`exact` is counted (CountPolicy.exact)")
            check(Int64(count.value) >= asked, "`exact` is counted after the call (CountPolicy.exact)")
        case .cached: check(!count.isLowerBound, "only a capped count is a lower bound (Count.isLowerBound)")
        case .capped(let cap):
            check(
                count.isLowerBound ? count.value == cap : count.value <= cap,
                "a capped count is cut down to its cap (CountPolicy.capped)")
        case .none: check(false, "`none` gives nothing (CountPolicy.none)")
        }
    }

    // MARK: Counting

    mutating func began(_ load: SimulatedProcess.Load, _ process: SimulatedProcess, at now: Int64) {
        if load.isExact {
            let others = process.loads.values.count { $0.isExact && $0.key == load.key }
            return check(others == 1, "a process takes one `exact` count at a time (CountPolicy.exact)")
        }
        let history = process.histories[load.key] ?? SimulatedProcess.History()
        check(!history.isRunning, "a process takes one count of a key at a time (CountEngine)")
        // Only what is remembered can be observed (CountCacheConfiguration.maxKeys).
        if !plan.forgets, history.began > .min {
            // In a process's own time, so also without Redis and wherever its clock goes.
            check(
                now >= history.began + rules.pause(after: history.cost),
                "counting takes no more than its share, failing too (CountCacheConfiguration.share)")
            check(
                history.hasFailed || now >= history.began + rules.softTimeToLive,
                "a process counts once in a soft time to live (CountCacheConfiguration.softTimeToLive)")
        }
        process.histories[load.key] = SimulatedProcess.History(isRunning: true, began: now)
        if let lease = load.lease { beganLeased(load, lease, process) }
        checkNumber(of: load.key, allowed: load.lease?.time ?? now, at: now)
    }

    private mutating func beganLeased(
        _ load: SimulatedProcess.Load, _ lease: SimulatedProcess.Grant, _ process: SimulatedProcess
    ) {
        // Nothing is promised of leases that Redis has lost with its data, nor where steps of its clock end them.
        guard plan.hasTrueClock, lease.time > lastLoss else { return }
        let previous = leased[load.key]
        leased[load.key] = LeasedCount(
            token: lease.token, life: process.life, granted: lease.time, began: load.began)
        guard let last = previous, last.granted > lastLoss else { return }
        check(!last.isRunning, "one process counts at a time, by its lease (CountCache)")
        // Redis's microseconds are rounded down.
        let rounding: Int64 = 1_000
        switch last.fate {
        case .gone: break
        case .filled(let cost):
            check(
                lease.time > last.granted + rules.softTimeToLive - rounding,
                "all processes count once in a soft time to live (CountCacheConfiguration.softTimeToLive)")
            check(
                lease.time > last.granted + rules.pause(after: cost) - rounding,
                "all processes keep to the share of one core (CountCacheConfiguration.share)")
        case .barred(let end):
            check(
                lease.time >= end, "what failed keeps to the share as well (CountCacheConfiguration.share)")
        case .open:
            // Killed in its count, or its fill was lost or refused: at most one extra count in a lease time.
            check(
                lease.time >= last.granted + rules.leaseTime,
                "who holds a lease and is not heard of is waited for (CountRules.leaseTime)")
        }
    }

    /// Without faults, a key is counted once in a soft time to live, all processes taken together.
    private mutating func checkNumber(of key: CountKey, allowed: Int64, at now: Int64) {
        var count = counts[key] ?? (number: 0, first: allowed)
        count.number += 1
        counts[key] = count
        guard plan.faults.isEmpty, plan.hasRedis else { return }
        check(
            count.number <= 1 + (now - count.first) / rules.softTimeToLive,
            "a hot key is counted once in a soft time to live by all processes (issue 3)")
    }

    mutating func ended(
        _ load: SimulatedProcess.Load, _ result: Result<Int, any Error>, _ process: SimulatedProcess,
        at now: Int64
    ) {
        guard !load.isExact else { return }
        let hasFailed = if case .success(0...) = result { false } else { true }
        process.histories[load.key] = SimulatedProcess.History(
            isRunning: false, began: load.began, cost: now - load.began, hasFailed: hasFailed)
        stopped(load, at: now)
    }

    /// The lease is given back, and the count, if it goes on, goes on without.
    mutating func overdue(_ load: SimulatedProcess.Load, at now: Int64) {
        stopped(load, at: now)
    }

    private mutating func stopped(_ load: SimulatedProcess.Load, at now: Int64) {
        guard let token = load.lease?.token, leased[load.key]?.token == token,
            leased[load.key]?.isRunning == true
        else { return }
        leased[load.key]?.isRunning = false
        leased[load.key]?.cost = now - load.began
    }

    mutating func killed(_ process: SimulatedProcess) {
        for load in process.loads.values where leased[load.key]?.life == process.life {
            leased[load.key]?.isRunning = false
        }
    }

    // MARK: Redis

    mutating func granted(_ key: CountKey, to process: SimulatedProcess) {
        guard let last = leased[key], last.life == process.life, case .open = last.fate else { return }
        leased[key]?.fate = .gone
    }

    mutating func refused(_ fill: Lease.Fill) {
        guard leased[fill.key]?.token == fill.token else { return }
        leased[fill.key]?.fate = .gone
    }

    mutating func filled(_ fill: Lease.Fill) {
        guard leased[fill.key]?.token == fill.token else { return }
        leased[fill.key]?.fate = .filled(cost: fill.cost)
    }

    mutating func released(_ release: Lease.Release) {
        guard let last = leased[release.key], last.token == release.token else { return }
        leased[release.key]?.fate = .barred(until: last.began + rules.pause(after: last.cost))
    }
}
