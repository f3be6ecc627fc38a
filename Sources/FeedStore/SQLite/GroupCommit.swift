import GRDB
import Metrics
import NIOPosix
import Synchronization

/// The one writer: writes that wait together share one durable commit.
///
/// A commit costs a flush of the disk, whatever it holds. While one is being flushed, further writes
/// gather; the next commit takes them all. Each stands in a savepoint of its own, so that one that
/// fails takes no other with it, and each is acknowledged only when their commit is on the disk.
///
/// ``GroupCommitEngine`` decides; this has the lock, the thread and the file, and carries out what it says.
final class GroupCommit: Sendable {
    /// Writes in one commit at the most: bounds how long the first of them waits for the last.
    static let maximumBatch = 1_024

    /// Writes that may wait at the most; one more is refused as overloaded.
    static let maximumWaiting = 16_384

    private struct Write: Sendable {
        /// Runs the write and keeps its result.
        let perform: @Sendable (Database) throws -> Void
        /// Hands out the result, or an error in its place.
        let answer: @Sendable (Engine.Answer) -> Void
    }

    private typealias Engine = GroupCommitEngine<Write, CheckedContinuation<Void, Never>>

    private let queue: DatabaseQueue
    private let readers: ReaderPool
    private let log: WriteAheadLog
    private let health: CommitHealth
    private let thread: NIOThreadPool
    private let engine = Mutex(
        Engine(rules: .init(maximumBatch: maximumBatch, maximumWaiting: maximumWaiting)))
    private let commits: Counter
    private let writes: Counter

    /// - Parameters:
    ///   - readers: are told of every commit.
    ///   - log: is emptied between two commits.
    ///   - health: is told how each of them has ended.
    init(
        queue: DatabaseQueue, readers: ReaderPool, log: WriteAheadLog, health: CommitHealth,
        metrics: any MetricsFactory
    ) {
        self.queue = queue
        self.readers = readers
        self.log = log
        self.health = health
        commits = Counter(label: "feed_store_commits_total", factory: metrics)
        writes = Counter(label: "feed_store_writes_total", factory: metrics)
        thread = NIOThreadPool(numberOfThreads: 1)
        thread.start()
    }

    /// Runs `body` inside the next commit and returns once that is durable.
    ///
    /// - Throws: ``StoreError``; `CancellationError` when the task is cancelled before a commit has taken the write
    ///   up, which is then never carried out. One that was begun is carried out whoever is cancelled.
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        let number = engine.withLock { $0.nextNumber() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let value = Mutex<Result?>(nil)
                let write = Write(
                    perform: { db in
                        let result = try body(db)
                        value.withLock { $0 = result }
                    },
                    answer: { answer in
                        switch (answer, value.withLock { $0 }) {
                        case (.failed(let error), _): continuation.resume(throwing: error)
                        case (.done, let result?): continuation.resume(returning: result)
                        case (.done, nil):
                            continuation.resume(throwing: StoreError(.internal, "a write was not run"))
                        }
                    })
                // The flag is set before `onCancel` runs. So either it is seen here, or `cancel` finds the write.
                tell { $0.submit(write, number: number, isCancelled: Task.isCancelled) }
            }
        } onCancel: {
            tell { $0.cancel(number) }
        }
    }

    /// Writes that no commit has taken yet.
    var waitingCount: Int { engine.withLock { $0.waitingCount } }

    /// Looks at the writing connection, between two commits.
    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try queue.read(body)
    }

    /// Finishes what was accepted; refuses what comes later.
    func close() async throws {
        await withCheckedContinuation { continuation in tell { $0.close(continuation) } }
        try await thread.shutdownGracefully()
        try queue.close()
    }

    /// Tells the engine what happened, and does what follows from it.
    private func tell(_ happening: (inout Engine) -> [Engine.Action]) {
        for action in engine.withLock({ happening(&$0) }) {
            switch action {
            case .summon: thread.submit { [self] _ in tell { $0.begin() } }
            case .commit(let batch):
                let ending = commit(batch)
                tell { $0.ended(ending) }
                log.emptyIfDue()
            case .answer(let write, let answer): write.answer(answer)
            case .closed(let closer): closer.resume()
            }
        }
    }

    private func commit(_ batch: [Write]) -> Engine.Ending {
        let outcome = Result { try perform(batch) }
        // Also where it failed: whether it took effect is not known then.
        readers.didCommit()
        switch outcome {
        case .success(let failures):
            if log.takeGrowth() { health.committed() }
            commits.increment()
            writes.increment(by: batch.count - failures.count)
            return .committed(failures: failures)
        case .failure(let error):
            health.failed(error)
            return .failed(StoreError(.unavailable, "a commit failed: \(error)"))
        }
    }

    /// Carries out the writes in one transaction, and returns those that were undone, by their places, with the reason.
    private func perform(_ batch: [Write]) throws -> [Int: any Error] {
        try queue.writeWithoutTransaction { db in
            var failures: [Int: any Error] = [:]
            try db.inTransaction(.immediate) {
                for (place, write) in batch.enumerated() {
                    do {
                        try db.inSavepoint {
                            try write.perform(db)
                            return .commit
                        }
                    } catch  where db.isInsideTransaction && !Self.concernsAll(error) {
                        // Only its savepoint is undone.
                        failures[place] = StoreError(mapping: error)
                    }
                }
                return .commit
            }
            return failures
        }
    }

    /// Whether an error is the file's or the machine's, so that nothing after it can be trusted.
    private static func concernsAll(_ error: any Error) -> Bool {
        SQLiteFailure(error)?.concernsAll == true
    }
}
