/// Decides about writes: which go into one commit, who is told what, and when the file may be closed. A value without
/// a thread, a lock, a task or a file: ``GroupCommit`` tells it what happened, and carries out its ``Action``s. So a
/// test can run many of them through writers, failures, cancellations and shutdowns in no time, and twice the same.
///
/// What holds whatever happens:
/// - A write is told that it is done only after a commit that held it has ended well.
/// - A commit that fails fails every write that was in it, and no other.
/// - Every write is answered, exactly once. One that is cancelled before a commit has taken it up is never carried
///   out; from then on it is carried out whoever is cancelled.
/// - Writes are carried out in the order in which they were accepted, one commit at a time: so dates that are given
///   inside a commit ascend from commit to commit.
/// - A commit holds at most ``Rules/maximumBatch`` writes, and all that wait where these are fewer. At most
///   ``Rules/maximumWaiting`` wait.
/// - Who closes is told when all that was accepted has ended, and nothing is accepted any more.
struct GroupCommitEngine<Write: Sendable, Closer: Sendable>: Sendable {
    struct Rules: Sendable {
        /// Writes in one commit at the most, above 0.
        var maximumBatch: Int
        /// Writes that may wait at the most; one more is refused as overloaded.
        var maximumWaiting: Int
    }

    /// What is to be done, in this order, after a call of the engine.
    enum Action: Sendable {
        /// Call ``GroupCommitEngine/begin()`` on the writer's thread, exactly once.
        case summon
        /// Carry these out in one commit, in this order; then call ``GroupCommitEngine/ended(_:)``, exactly once.
        case commit([Write])
        /// Tell a write how it has ended. It is not mentioned again.
        case answer(Write, Answer)
        /// Nothing waits, nothing is under way, and nothing will be.
        case closed(Closer)
    }

    enum Answer: Sendable {
        case done
        case failed(any Error)
    }

    /// How a commit has ended.
    enum Ending: Sendable {
        /// It is on the disk, without the writes that failed by themselves, named by their places in it.
        case committed(failures: [Int: any Error])
        /// Whether it took effect is not known.
        case failed(any Error)
    }

    private enum Phase: Sendable {
        case idle
        /// The thread is on its way.
        case summoned
        case committing([Write])
    }

    private let rules: Rules
    private var waiting: [(number: UInt64, write: Write)] = []
    private var phase = Phase.idle
    private var isClosing = false
    private var closers: [Closer] = []
    private var lastNumber: UInt64 = 0

    init(rules: Rules) {
        self.rules = rules
    }

    /// Writes that no commit has taken up yet.
    var waitingCount: Int { waiting.count }

    /// A number that has not been used before.
    mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    /// A write comes.
    ///
    /// - Parameters:
    ///   - number: one of ``nextNumber()``, by which it can be cancelled.
    ///   - isCancelled: whether it has been cancelled already, which ``cancel(_:)`` could not know it by.
    mutating func submit(_ write: Write, number: UInt64, isCancelled: Bool) -> [Action] {
        if isCancelled { return [.answer(write, .failed(CancellationError()))] }
        if isClosing { return [.answer(write, .failed(StoreError(.unavailable, "the store is closed")))] }
        guard waiting.count < rules.maximumWaiting else {
            return [.answer(write, .failed(StoreError(.overloaded, "too many writes are waiting")))]
        }
        waiting.append((number, write))
        guard case .idle = phase else { return [] }
        return proceed()
    }

    /// Nobody wants the write any more. Does nothing where a commit has taken it up, or where it is over.
    mutating func cancel(_ number: UInt64) -> [Action] {
        guard let place = waiting.firstIndex(where: { $0.number == number }) else { return [] }
        return [.answer(waiting.remove(at: place).write, .failed(CancellationError()))]
    }

    /// The thread has come.
    mutating func begin() -> [Action] {
        // Those that it was summoned for may have been cancelled meanwhile.
        guard !waiting.isEmpty else { return proceed() }
        let batch = waiting.prefix(rules.maximumBatch).map(\.write)
        waiting.removeFirst(batch.count)
        phase = .committing(batch)
        return [.commit(batch)]
    }

    /// The commit is over.
    mutating func ended(_ ending: Ending) -> [Action] {
        guard case .committing(let batch) = phase else { return [] }
        let answers = batch.enumerated().map { place, write -> Action in
            switch ending {
            case .committed(let failures): .answer(write, failures[place].map(Answer.failed) ?? .done)
            case .failed(let error): .answer(write, .failed(error))
            }
        }
        return answers + proceed()
    }

    /// Finishes what was accepted; refuses what comes later. May be called again.
    mutating func close(_ closer: Closer) -> [Action] {
        isClosing = true
        closers.append(closer)
        guard case .idle = phase else { return [] }
        return proceed()
    }

    /// What comes next where no commit is under way and no thread on its way.
    private mutating func proceed() -> [Action] {
        guard waiting.isEmpty else {
            phase = .summoned
            return [.summon]
        }
        phase = .idle
        defer { closers = [] }
        return closers.map(Action.closed)
    }
}
