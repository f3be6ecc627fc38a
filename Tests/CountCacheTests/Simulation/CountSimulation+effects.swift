@testable import CountCache

extension CountSimulation {
    private struct Broken: Error {}

    /// Tells a process's engine something, and carries out what follows. Returns how many effects there were.
    @discardableResult
    func tell(
        _ process: SimulatedProcess,
        _ happening: (inout SimulatedProcess.Engine, Int64, inout [SimulatedProcess.Engine.Effect]) -> Void
    ) -> Int {
        var effects: [SimulatedProcess.Engine.Effect] = []
        happening(&process.engine, time + process.clockOffset, &effects)
        for effect in effects { perform(effect, process) }
        let known = process.engine.recordCount
        bounds.check(known <= plan.capacity, "a process remembers at most `maxKeys` keys")
        if plan.forgets, known == plan.capacity {
            trace.note(.recordsFull, at: time, process: process.place)
        }
        return effects.count
    }

    private func perform(_ effect: SimulatedProcess.Engine.Effect, _ process: SimulatedProcess) {
        switch effect {
        case .answer(let callers, let outcome): for caller in callers { answer(caller, outcome, process) }
        case .acquire(let flight, let request): send(.acquire(flight: flight, request), process)
        case .load(let flight, let key, let limit): beginLoad(process, flight, key: key, limit: limit)
        case .cancelLoad(let flight): cancelLoad(process, flight)
        case .fill(let fill): send(.fill(fill), process)
        case .release(let release):
            process.lastRelease = release.token
            send(.release(release), process)
        case .wake(let flight, let at):
            let due = max(time, at - process.clockOffset)
            queue.add(.wake(process, flight: flight, isSpurious: false), at: due)
            process.wakes[flight, default: 0] += 1
            if chance(0.03) {
                trace.note(.spuriousWake, at: time, process: process.place, number: Int64(flight))
                process.spuriousWakes[flight, default: 0] += 1
                queue.add(
                    .wake(process, flight: flight, isSpurious: true), at: number(time...max(time, due)))
            }
            // One for the patience of callers, one for the count's limit, one for the next question to Redis.
            bounds.check(
                process.wakes[flight, default: 0] <= 3 + process.spuriousWakes[flight, default: 0],
                "wakes do not multiply (Effect.wake)")
        case .note(let event): note(event, process)
        case .report(let trouble, _, _):
            if trouble == .overdue { trace.note(.loadOverdue, at: time, process: process.place) }
        }
    }

    private func note(_ event: CountEvent, _ process: SimulatedProcess) {
        let happening: Happening? =
            switch event {
            case .miss: .missed
            case .joined: .joined
            case .deferred: .deferred
            case .leaseWon: .leaseWon
            case .leaseLost: .leaseLost
            case .loadBegan, .loadEnded, .leaseExpired: nil
            }
        if let happening { trace.note(happening, at: time, process: process.place) }
    }

    private func answer(
        _ caller: Int, _ outcome: SimulatedProcess.Engine.Outcome, _ process: SimulatedProcess
    ) {
        guard let waiting = process.callers.removeValue(forKey: caller) else {
            return bounds.check(false, "a caller is answered once (CountCache.count)")
        }
        bounds.check(
            time <= waiting.deadline,
            "a caller waits for `wait` at most, and for `exact` twice the time limit of a count")
        switch outcome {
        case .count(let count):
            check(count, of: waiting.key, for: waiting.policy, asked: waiting.asked, waited: true, process)
        case .none: trace.note(.answeredNone, at: time, process: process.place, number: Int64(caller))
        case .failure:
            bounds.check(!plan.faults.isEmpty, "nothing fails where nothing is wrong")
            trace.note(.answeredFailure, at: time, process: process.place, number: Int64(caller))
        }
        if isEpilogue {
            guard case .count(let count) = outcome, count.source != .stale else {
                return bounds.check(false, "a while after the last fault there are counts again")
            }
        }
    }

    func check(
        _ count: Count, of key: Int, for policy: CountPolicy, asked: Int64, waited: Bool,
        _ process: SimulatedProcess
    ) {
        let happening: Happening =
            switch count.source {
            case .memory: .answeredMemory
            case .redis: .answeredRedis
            case .store: .answeredStore
            case .stale: .answeredStale
            }
        trace.note(happening, at: time, process: process.place, number: Int64(count.value))
        if count.isLowerBound { trace.note(.answeredLowerBound, at: time, process: process.place) }
        bounds.check(count, for: policy, asked: asked, waited: waited, at: time)
        if count.source == .redis {
            let found =
                if case .capped(let cap) = policy {
                    process.found[plan.keys[key].capped(at: cap)].map { min($0, cap) }
                } else {
                    process.found[plan.keys[key]]
                }
            bounds.check(found == count.value, "`redis` is what Redis has just said (CountSource.redis)")
        }
    }

    // MARK: Counting

    private func beginLoad(_ process: SimulatedProcess, _ flight: UInt64, key: Int, limit: Int?) {
        guard let begun = process.engine.flights[flight] else {
            return bounds.check(false, "what counts is a flight")
        }
        let (name, isExact) = (begun.key, begun.isExact)
        bounds.check(
            limit == name.cap.map { $0 + 1 },
            "a capped count loads one row more than its cap (CountPolicy.capped)")
        var grant: SimulatedProcess.Grant?
        if !isExact, plan.hasRedis {
            switch process.permissions[flight] {
            case .leased(let given): grant = given
            case .unleased: trace.note(.loadWithoutLease, at: time, process: process.place)
            case .no, nil: bounds.check(false, "without a lease a process counts only where Redis gives none")
            }
        }
        trace.note(.loadBegan, at: time, process: process.place, number: Int64(flight))
        if isExact { trace.note(.loadExact, at: time, process: process.place) }
        if grant != nil { trace.note(.loadLeased, at: time, process: process.place) }
        var cost = isHealed ? 100_000 : number(1...plan.commonCost)
        var ignoresCancelling = false
        if !isHealed, plan.faults.contains(.slowLoads), chance(0.2) {
            ignoresCancelling = chance(0.3)
            cost = number(1...(chance(0.5) ? plan.rules.loadTimeLimit : plan.longestLoad))
        }
        let load = SimulatedProcess.Load(
            key: name, isExact: isExact, began: time, lease: grant, result: result(limit: limit),
            ignoresCancelling: ignoresCancelling)
        process.loads[flight] = load
        queue.add(.loadEnds(process, flight: flight), at: time + cost)
        bounds.began(load, process, at: time)
    }

    private func result(limit: Int?) -> Result<Int, any Error> {
        if !isHealed, plan.faults.contains(.failingLoads), chance(0.15) {
            return chance(0.2) ? .success(-1) : .failure(Broken())
        }
        let total = Int(time)
        // A closure may disregard its limit.
        return .success(limit.map { chance(0.9) ? min($0, total) : total } ?? total)
    }

    private func cancelLoad(_ process: SimulatedProcess, _ flight: UInt64) {
        guard let load = process.loads[flight] else {
            return bounds.check(false, "only what runs is cancelled (Effect.cancelLoad)")
        }
        process.loads[flight]?.isOverdue = true
        bounds.check(
            time == load.began + plan.rules.loadTimeLimit, "a count is cancelled at its time limit")
        bounds.overdue(load, at: time)
        if load.ignoresCancelling {
            trace.note(.loadIgnoresCancelling, at: time, process: process.place)
        } else {
            queue.add(.loadEnds(process, flight: flight), at: time + number(0...milliseconds))
        }
    }

    func endLoad(_ process: SimulatedProcess, _ flight: UInt64) {
        guard isAlive(process), let load = process.loads.removeValue(forKey: flight) else { return }
        let wasCancelled = load.isOverdue && !load.ignoresCancelling
        let result = wasCancelled ? .failure(CancellationError()) : load.result
        trace.note(.loadEnded, at: time, process: process.place, number: Int64(flight))
        switch result {
        case .success(..<0): trace.note(.loadNegative, at: time, process: process.place)
        case .failure: trace.note(.loadFailed, at: time, process: process.place)
        case .success:
            if load.isOverdue { trace.note(.loadBeyondLimit, at: time, process: process.place) }
        }
        bounds.ended(load, result, process, at: time)
        tell(process) { engine, now, effects in
            engine.loaded(flight: flight, result: result, now: now, effects: &effects)
        }
    }
}
