import TestSupport

@testable import CountCache

/// Processes with an engine each, one Redis, and what lies between them, in a time of their own: one event after the
/// other, each drawn from the seed. ``CountSimulation/run()`` goes on until everything is quiet, then heals
/// everything, and asks once more.
///
/// A total is the time in nanoseconds. So a count tells when its counting began, and its age can be checked.
final class CountSimulation {
    enum Event {
        case crowd
        case ask(SimulatedProcess, key: Int, CountPolicy, isPatient: Bool)
        case join(SimulatedProcess, key: Int, CountPolicy)
        case leave(SimulatedProcess, caller: Int)
        case wake(SimulatedProcess, flight: UInt64, isSpurious: Bool)
        case loadEnds(SimulatedProcess, flight: UInt64)
        case arrival(command: Int)
        case reply(command: Int, SimulatedCommand.Reply?)
        case trouble
        case end(SimulationFault, place: Int)
    }

    let plan: SimulationPlan
    var random: SeededGenerator
    var time = SimulationPlan.start
    var queue = EventQueue<Event>()
    var trace = SimulationTrace()
    var bounds: SimulationBounds
    var redis: ModelLeases
    var processes: [SimulatedProcess?] = []
    var commands: [SimulatedCommand] = []
    var isRedisDown = false
    var isRedisFrozen = false
    var frozenCommands: [Int] = []
    /// Counts take no longer than they should, and nothing is lost, any more.
    var isHealed = false
    /// Everything has been well for longer than any pause, lease or age.
    var isEpilogue = false
    private var lastLife = 0
    private var lastCaller = 0
    private(set) var eventCount = 0

    init(plan: SimulationPlan) {
        self.plan = plan
        random = SeededGenerator(seed: plan.seed ^ 0x5eed)
        bounds = SimulationBounds(plan: plan)
        redis = ModelLeases(
            clockOffset: 1_700_000_000 * seconds + Int64.random(in: 0...seconds, using: &random))
        for place in 0..<plan.processCount { processes.append(newProcess(at: place)) }
    }

    /// Returns what was violated first, if anything.
    func run() -> String? {
        queue.add(.crowd, at: time)
        if !plan.faults.isEmpty { queue.add(.trouble, at: time + plan.duration / 10) }
        drain()
        heal()
        drain()
        checkQuiet()
        isEpilogue = true
        let longestPause = plan.longestLoad * plan.rules.pauseFactor
        time += max(longestPause, plan.rules.maxStaleAge) + 24 * 3_600 * seconds
        for process in processes.compactMap({ $0 }) {
            for key in plan.keys.indices { queue.add(.join(process, key: key, .cached), at: time) }
        }
        drain()
        checkQuiet()
        return bounds.violation
    }

    var isGoing: Bool { time < SimulationPlan.start + plan.duration }

    /// Handles what comes, for as long as the condition holds.
    func drain(while isWanted: () -> Bool = { true }) {
        while bounds.violation == nil, isWanted(), let next = queue.next() {
            time = next.time
            eventCount += 1
            if eventCount > 200_000 {
                bounds.violation = "it does not become quiet"
                return
            }
            handle(next.event)
        }
    }

    private func handle(_ event: Event) {
        switch event {
        case .crowd: crowd()
        case .ask(let process, let key, let policy, let isPatient):
            ask(process, key: key, policy, isPatient: isPatient)
        case .join(let process, let key, let policy): join(process, key: key, policy)
        case .leave(let process, let caller): leave(process, caller)
        case .wake(let process, let flight, let isSpurious):
            guard isAlive(process) else { return }
            if !isSpurious { process.wakes[flight]? -= 1 }
            tell(process) { engine, now, effects in engine.wake(flight: flight, now: now, effects: &effects) }
        case .loadEnds(let process, let flight): endLoad(process, flight)
        case .arrival(let command): arrive(command)
        case .reply(let command, let reply): answer(command, reply)
        case .trouble: makeTrouble()
        case .end(let fault, let place): endTrouble(fault, place: place)
        }
    }

    func isAlive(_ process: SimulatedProcess) -> Bool {
        processes[process.place] === process
    }

    func newProcess(at place: Int) -> SimulatedProcess {
        lastLife += 1
        return SimulatedProcess(place: place, life: lastLife, plan: plan, random: &random)
    }

    func chance(_ part: Double) -> Bool {
        Double.random(in: 0..<1, using: &random) < part
    }

    func number(_ range: ClosedRange<Int64>) -> Int64 {
        Int64.random(in: range, using: &random)
    }

    // MARK: Callers

    /// Some callers come, to one process or to several, and then the next ones.
    private func crowd() {
        guard isGoing else { return }
        queue.add(.crowd, at: time + number(1...(2 * plan.pace)))
        let size = chance(0.2) ? Int(number(2...12)) : 1
        let spread = chance(0.5) ? 0 : plan.rules.wait
        let key = chance(0.6) ? 0 : Int(number(0...Int64(plan.keys.count - 1)))
        let place = Int(number(0...Int64(plan.processCount - 1)))
        for _ in 0..<size {
            let asked = chance(0.5) ? place : Int(number(0...Int64(plan.processCount - 1)))
            guard let process = processes[asked] else { continue }
            let policy: CountPolicy =
                switch number(0...99) {
                case 0..<75: .cached
                case 75..<90: .capped(at: plan.cap)
                case 90..<97: .exact
                default: .none
                }
            let isPatient = policy == .exact || chance(0.7)
            queue.add(
                .ask(process, key: key, policy, isPatient: isPatient), at: time + number(0...spread))
        }
    }

    /// As `CountCache` does: first what can be said at once, then, a moment later, the waiting.
    private func ask(_ process: SimulatedProcess, key: Int, _ policy: CountPolicy, isPatient: Bool) {
        guard isAlive(process) else { return }
        trace.note(.asked, at: time, process: process.place, number: Int64(key))
        var reply = SimulatedProcess.Engine.Reply.none
        let name = plan.keys[key]
        let effectCount = tell(process) { engine, now, effects in
            reply = engine.ask(
                name, policy, isPatient ? .wouldWait : .now, loader: key, now: now, effects: &effects)
        }
        switch reply {
        case .count(let count): check(count, of: key, for: policy, asked: time, waited: false, process)
        case .none:
            bounds.check(policy != .exact, "`exact` is counted, not refused")
            bounds.check(
                policy != .none || effectCount == 0, "`none` costs nothing (CountPolicy.none)")
            trace.note(.answeredNone, at: time, process: process.place, number: Int64(key))
        case .wait:
            bounds.check(isPatient, "who does not wait is answered at once (CountCache.current)")
            bounds.check(effectCount == 0, "who is only ready to wait changes nothing (Patience.wouldWait)")
            queue.add(.join(process, key: key, policy), at: time + (chance(0.5) ? 0 : number(0...50_000)))
        case .waiting: bounds.check(false, "only who waits is answered later (Reply.waiting)")
        }
    }

    func join(_ process: SimulatedProcess, key: Int, _ policy: CountPolicy) {
        guard isAlive(process) else { return }
        lastCaller += 1
        let caller = lastCaller
        let number = process.engine.nextNumber()
        let patience = policy == .exact ? 2 * plan.rules.loadTimeLimit : plan.rules.wait
        process.callers[caller] = SimulatedProcess.Caller(
            key: key, policy: policy, asked: time, deadline: time + patience, number: number)
        var reply = SimulatedProcess.Engine.Reply.none
        let name = plan.keys[key]
        tell(process) { engine, now, effects in
            reply = engine.ask(
                name, policy, .waits(caller, number: number), loader: key, now: now, effects: &effects)
        }
        switch reply {
        case .count(let count):
            process.callers[caller] = nil
            check(count, of: key, for: policy, asked: time, waited: false, process)
        case .none:
            process.callers[caller] = nil
            bounds.check(!isEpilogue, "a while after the last fault there are counts again")
            trace.note(.answeredNone, at: time, process: process.place, number: Int64(key))
        case .wait: bounds.check(false, "who waits is not told to wait (Reply.wait)")
        case .waiting:
            if !isHealed, chance(0.1) {
                queue.add(.leave(process, caller: caller), at: time + self.number(0...patience))
            }
        }
    }

    private func leave(_ process: SimulatedProcess, _ caller: Int) {
        guard isAlive(process), let waiting = process.callers.removeValue(forKey: caller) else { return }
        trace.note(.left, at: time, process: process.place, number: Int64(caller))
        let left = process.engine.leave(plan.keys[waiting.key], waiting.policy, number: waiting.number)
        bounds.check(left == caller, "who has not been answered can leave (CountEngine.leave)")
    }

    // MARK: The end

    func checkQuiet() {
        guard bounds.violation == nil else { return }
        for process in processes.compactMap({ $0 }) {
            bounds.check(process.callers.isEmpty, "every caller is answered (CountCache.count)")
            bounds.check(process.engine.flightCount == 0, "no flight is left behind (CountCache.workCount)")
            bounds.check(process.loads.isEmpty, "no count is left behind")
            for key in plan.keys {
                bounds.check(process.engine.waiterCount(for: key) == 0, "no waiter is left behind")
            }
        }
    }
}
