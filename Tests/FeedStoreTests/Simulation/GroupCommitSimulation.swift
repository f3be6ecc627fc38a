import TestSupport

@testable import FeedStore

/// Writers, their threads and the writer's own, a disk and a clock, around one ``GroupCommitEngine``: one step after
/// the other, drawn from the seed. What the engine says is done some steps later, as threads are held up, but by each
/// thread in its order.
///
/// ``run()`` goes on until nothing is left to do, and returns the promise that was broken first.
final class GroupCommitSimulation {
    typealias Engine = GroupCommitPlan.Engine

    enum Happening: CaseIterable {
        case accepted, overloaded, refused, cancelledBefore, cancelledWaiting, cancelledTooLate, failedAlone
        case committed, commitFailedInTheMiddle, commitFailedAtItsEnd, commitTookEffectAllTheSame
        case acknowledged, fullBatch, emptyHanded, closedIdle, closedBusy, closedTwice, clockSetBack
    }

    /// What is known of a write, by what was seen of it.
    private struct Record {
        var isCancelled = false
        var isRefused = false
        var isAccepted = false
        var answers = 0
        /// The commit that has taken it up.
        var commit: Int?
    }

    /// A commit on the writer's thread.
    private struct Commit {
        var number: Int
        var batch: [SimulatedWrite]
        var place = 0
        var failures: [Int: any Error] = [:]
        /// What it is about to put on the disk.
        var rows: [(number: UInt64, date: Int64)] = []
        var lastDate: Int64
    }

    let plan: GroupCommitPlan
    /// What is done to the engine's words on their way.
    let sabotage: GroupCommitSabotage?
    private(set) var bounds = GroupCommitBounds()
    private(set) var tally = [Int](repeating: 0, count: Happening.allCases.count)
    /// Of all that has happened: FNV-1a (Fowler, Noll, Vo), a word at a time.
    private(set) var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    private var random: SeededGenerator
    private var engine: Engine
    private var records: [UInt64: Record] = [:]
    private var order: [UInt64] = []
    /// By threads: what each still has to do of what the engine has said.
    private var pending: [[Engine.Action]] = []
    private var summons = 0
    private var commit: Commit?
    private var endings: [Engine.Ending?] = []
    /// The disk: rows in the order of their commits.
    private var rows: [(number: UInt64, date: Int64)] = []
    private var lastDate: Int64 = 0
    private var time: Int64 = 1_000
    private var comers: Int
    private var closers = 0
    private var closed: [Int] = []

    init(plan: GroupCommitPlan, sabotage: GroupCommitSabotage? = nil) {
        self.plan = plan
        self.sabotage = sabotage
        random = SeededGenerator(seed: plan.seed ^ 0x5eed)
        engine = Engine(rules: plan.rules)
        comers = plan.writers
    }

    func run() -> GroupCommitBounds.Promise? {
        while bounds.broken == nil, step() {}
        bounds.check(.nobodyIsLeft, engine.waitingCount == 0 && commit == nil && closed.count == closers)
        for (_, record) in records { bounds.check(.nobodyIsLeft, record.answers > 0) }
        checkDisk()
        return bounds.broken
    }

    // MARK: Chance

    private func chance(_ part: Double) -> Bool {
        Double.random(in: 0..<1, using: &random) < part
    }

    private func note(_ happening: Happening, _ number: UInt64 = 0) {
        guard let place = Happening.allCases.firstIndex(of: happening) else { return }
        tally[place] += 1
        digest = (digest ^ (UInt64(place) &+ number &* 64)) &* 0x100_0000_01b3
    }

    /// Does one thing that can be done; `false` where there is none.
    private func step() -> Bool {
        if comers > 0, chance(plan.pressure) {
            comers -= 1
            come()
            return true
        }
        if plan.writers - comers >= plan.end, closers < 2, chance(0.1) || (comers == 0 && closers == 0) {
            close()
            return true
        }
        var choices = pending.indices.map { $0 }
        // The writer's thread: it does one thing at a time.
        if commit != nil || summons > 0 { choices.append(-1) }
        guard let choice = choices.randomElement(using: &random) else {
            guard comers > 0 else { return false }
            comers -= 1
            come()
            return true
        }
        if choice >= 0 { perform(threadAt: choice) } else { work() }
        return true
    }

    // MARK: Writers

    private func come() {
        let write = SimulatedWrite(engine.nextNumber())
        let number = write.number
        records[number] = Record()
        if chance(plan.cancelled / 4) {
            note(.cancelledBefore, number)
            records[number]?.isCancelled = true
            tell { $0.submit(write, number: number, isCancelled: true) }
            return
        }
        let (waiting, wasClosed) = (engine.waitingCount, closers > 0)
        let actions = engine.submit(write, number: number, isCancelled: false)
        let refusal = actions.compactMap { action -> StoreError? in
            if case .answer(_, .failed(let error)) = action { error as? StoreError } else { nil }
        }.first
        let isFull = waiting >= plan.rules.maximumWaiting
        bounds.check(.closedRefuses, (refusal?.code == .unavailable) == wasClosed)
        bounds.check(.waitingIsBounded, (refusal?.code == .overloaded) == (isFull && !wasClosed))
        if let refusal {
            note(refusal.code == .overloaded ? .overloaded : .refused, number)
            records[number]?.isRefused = true
        } else {
            note(.accepted, number)
            records[number]?.isAccepted = true
            order.append(number)
        }
        bounds.check(.waitingIsBounded, engine.waitingCount <= plan.rules.maximumWaiting)
        take(actions)
        if chance(plan.cancelled), let victim = records.keys.sorted().randomElement(using: &random) {
            cancel(victim)
        }
    }

    private func cancel(_ number: UInt64) {
        guard let record = records[number] else { return }
        let isWaiting = record.isAccepted && record.commit == nil && !record.isCancelled
        note(isWaiting ? .cancelledWaiting : .cancelledTooLate, number)
        if isWaiting { records[number]?.isCancelled = true }
        if sabotage == .keepsTheCancelled, isWaiting {
            return take([.answer(SimulatedWrite(number), .failed(CancellationError()))])
        }
        let actions = engine.cancel(number)
        bounds.check(.begunIsCarriedOut, actions.isEmpty == !isWaiting)
        take(actions)
    }

    private func close() {
        closers += 1
        if closers == 2 { note(.closedTwice) }
        let isIdle = commit == nil && summons == 0 && engine.waitingCount == 0
        note(isIdle ? .closedIdle : .closedBusy)
        let number = closers
        tell { $0.close(number) }
        if sabotage == .closesAtOnce, commit != nil { take([.closed(number)]) }
    }

    // MARK: Actions

    private func tell(_ happening: (inout Engine) -> [Engine.Action]) {
        take(happening(&engine))
    }

    private func take(_ actions: [Engine.Action]) {
        let actions = sabotage?.change(actions) ?? actions
        if actions.contains(where: { if case .commit = $0 { true } else { false } }) {
            // What follows on the writer's own thread follows at once.
            for action in actions { perform(action) }
        } else if !actions.isEmpty {
            pending.append(actions)
        }
    }

    private func perform(threadAt place: Int) {
        let action = pending[place].removeFirst()
        if pending[place].isEmpty { pending.remove(at: place) }
        perform(action)
    }

    private func perform(_ action: Engine.Action) {
        switch action {
        case .summon: summons += 1
        case .commit(let batch): begin(batch)
        case .answer(let write, let answer): hear(write.number, answer)
        case .closed(let closer):
            bounds.check(.closedIsLast, commit == nil && engine.waitingCount == 0 && closers > 0)
            bounds.check(.closedIsLast, !closed.contains(closer))
            closed.append(closer)
        }
    }

    private func hear(_ number: UInt64, _ answer: Engine.Answer) {
        records[number]?.answers += 1
        guard let record = records[number] else { return }
        bounds.check(.answeredOnce, record.answers == 1)
        let ending = record.commit.flatMap { endings[$0] }
        switch answer {
        case .done:
            note(.acknowledged, number)
            bounds.check(.acknowledgedIsCommitted, rows.contains { $0.number == number })
            guard case .committed = ending else { return bounds.check(.failureIsTheCommits, false) }
        case .failed(SimulatedFailure.write(let failed)):
            guard case .committed = ending else { return bounds.check(.failureIsTheCommits, false) }
            bounds.check(.failureIsTheCommits, failed == number && !rows.contains { $0.number == number })
        case .failed(SimulatedFailure.commit(let commit)):
            guard case .failed = ending else { return bounds.check(.failureIsTheCommits, false) }
            bounds.check(.failureIsTheCommits, commit == record.commit)
        case .failed(is CancellationError):
            bounds.check(.begunIsCarriedOut, record.commit == nil && record.isCancelled)
        case .failed: bounds.check(.closedRefuses, record.isRefused)
        }
    }

    // MARK: The writer's thread and the disk

    private func work() {
        guard commit != nil else {
            summons -= 1
            let waiting = engine.waitingCount
            if waiting == 0 { note(.emptyHanded) }
            tell { $0.begin() }
            // What waits is begun with, once the thread has come.
            bounds.check(
                .commitIsBounded, (commit?.batch.count ?? 0) == min(waiting, plan.rules.maximumBatch))
            return
        }
        carryOut()
    }

    private func begin(_ batch: [SimulatedWrite]) {
        bounds.check(.oneAtATime, commit == nil)
        bounds.check(.closedIsLast, closed.isEmpty)
        bounds.check(.commitIsBounded, !batch.isEmpty && batch.count <= plan.rules.maximumBatch)
        if batch.count == plan.rules.maximumBatch { note(.fullBatch) }
        for write in batch {
            bounds.check(.carriedOutOnce, records[write.number]?.commit == nil)
            records[write.number]?.commit = endings.count
        }
        commit = Commit(number: endings.count, batch: batch, lastDate: lastDate)
        endings.append(nil)
    }

    /// One write of the commit, or its end.
    private func carryOut() {
        guard var current = commit else { return }
        if chance(plan.broken / 8) {
            note(.commitFailedInTheMiddle)
            return end(.failed(SimulatedFailure.commit(current.number)))
        }
        guard current.place < current.batch.count else { return finish(current) }
        let number = current.batch[current.place].number
        bounds.check(.cancelledNeverWrites, records[number]?.isCancelled == false)
        if chance(plan.failing) {
            note(.failedAlone, number)
            current.failures[current.place] = SimulatedFailure.write(number)
        } else {
            let step = Int64.random(in: -2...5, using: &random)
            if step < 0 { note(.clockSetBack) }
            time += step
            current.lastDate = max(current.lastDate + 1, time)
            current.rows.append((number, current.lastDate))
        }
        current.place += 1
        commit = current
    }

    private func finish(_ current: Commit) {
        let hasFailed = chance(plan.broken)
        let takesEffect = !hasFailed || chance(0.3)
        if takesEffect {
            rows += current.rows
            lastDate = current.lastDate
        }
        guard hasFailed else {
            note(.committed)
            return end(.committed(failures: current.failures))
        }
        note(takesEffect ? .commitTookEffectAllTheSame : .commitFailedAtItsEnd)
        end(.failed(SimulatedFailure.commit(current.number)))
    }

    private func end(_ ending: Engine.Ending) {
        guard let current = commit else { return }
        commit = nil
        endings[current.number] = ending
        if sabotage == .takesAFailureForSuccess, case .failed = ending {
            tell { $0.ended(.committed(failures: [:])) }
        } else {
            tell { $0.ended(ending) }
        }
    }

    /// The order of what is on the disk is that in which it was accepted, and that of its dates.
    private func checkDisk() {
        for (one, next) in zip(rows, rows.dropFirst()) { bounds.check(.datesAscend, one.date < next.date) }
        let present = Set(rows.map(\.number))
        bounds.check(.datesAscend, rows.map(\.number) == order.filter(present.contains))
        for (number, record) in records where bounds.broken == nil {
            bounds.check(
                .closedRefuses, !record.isAccepted || record.isCancelled || record.commit != nil)
            bounds.check(.cancelledNeverWrites, !record.isCancelled || !present.contains(number))
        }
    }
}
