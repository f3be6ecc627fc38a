import GRDB
import Metrics
import NIOPosix
import Synchronization

/// The one writer: writes that wait together share one durable commit.
///
/// A commit costs a flush of the disk, whatever it holds. While one is being flushed, further writes
/// gather; the next commit takes them all. Each stands in a savepoint of its own, so that one that
/// fails takes no other with it, and each is acknowledged only when their commit is on the disk.
final class GroupCommit: Sendable {
    /// Writes in one commit at the most: bounds how long the first of them waits for the last.
    static let maximumBatch = 1_024

    /// Writes that may wait at the most; one more is refused as overloaded.
    static let maximumWaiting = 16_384

    private struct Write: Sendable {
        /// Runs the write and keeps its outcome.
        let perform: @Sendable (Database) throws -> Void
        /// Replaces the outcome: the write was undone.
        let fail: @Sendable (any Error) -> Void
        /// Hands out the outcome, or the error that undid the commit.
        let acknowledge: @Sendable ((any Error)?) -> Void
    }

    private struct State {
        var waiting: [Write] = []
        var isDraining = false
        var isClosed = false
    }

    private let queue: DatabaseQueue
    private let readers: ReaderPool
    private let log: WriteAheadLog
    private let health: CommitHealth
    private let thread: NIOThreadPool
    private let state = Mutex(State())
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
    /// It is not cancelled with its task: a write that was begun is carried out.
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let outcome = Mutex<Swift.Result<Result, any Error>?>(nil)
            let write = Write(
                perform: { db in
                    let value = try body(db)
                    outcome.withLock { $0 = .success(value) }
                },
                fail: { error in outcome.withLock { $0 = .failure(StoreError(mapping: error)) } },
                acknowledge: { commitError in
                    let result = outcome.withLock { $0 }
                    if let commitError {
                        continuation.resume(throwing: commitError)
                    } else if let result {
                        continuation.resume(with: result)
                    } else {
                        continuation.resume(throwing: StoreError(.internal, "a write was not run"))
                    }
                })
            enqueue(write)
        }
    }

    /// Writes that no commit has taken yet.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Looks at the writing connection, between two commits.
    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try queue.read(body)
    }

    /// Finishes what was accepted; refuses what comes later.
    func close() async throws {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                state.isClosed = true
                // The thread has taken up everything that was accepted before this.
                thread.submit { _ in continuation.resume() }
            }
        }
        try await thread.shutdownGracefully()
        try queue.close()
    }

    private func enqueue(_ write: Write) {
        let refusal: StoreError? = state.withLock { state in
            if state.isClosed { return StoreError(.unavailable, "the store is closed") }
            if state.waiting.count >= Self.maximumWaiting {
                return StoreError(.overloaded, "too many writes are waiting")
            }
            state.waiting.append(write)
            if !state.isDraining {
                state.isDraining = true
                thread.submit { [self] _ in drain() }
            }
            return nil
        }
        if let refusal { write.acknowledge(refusal) }
    }

    private func drain() {
        while true {
            let batch: [Write] = state.withLock { state in
                let batch = Array(state.waiting.prefix(Self.maximumBatch))
                state.waiting.removeFirst(batch.count)
                if batch.isEmpty { state.isDraining = false }
                return batch
            }
            if batch.isEmpty { return }
            commit(batch)
            log.emptyIfDue()
        }
    }

    private func commit(_ batch: [Write]) {
        let outcome = Result { try perform(batch) }
        // Also where it failed: whether it took effect is not known then.
        readers.didCommit()
        switch outcome {
        case .success(let succeeded):
            if log.takeGrowth() { health.committed() }
            commits.increment()
            writes.increment(by: succeeded)
            for write in batch { write.acknowledge(nil) }
        case .failure(let error):
            health.failed(error)
            let failure = StoreError(.unavailable, "a commit failed: \(error)")
            for write in batch { write.acknowledge(failure) }
        }
    }

    /// Carries out the writes in one transaction, and returns how many of them were not undone.
    private func perform(_ batch: [Write]) throws -> Int {
        try queue.writeWithoutTransaction { db in
            var succeeded = 0
            try db.inTransaction(.immediate) {
                for write in batch {
                    do {
                        try db.inSavepoint {
                            try write.perform(db)
                            return .commit
                        }
                        succeeded += 1
                    } catch  where db.isInsideTransaction && !Self.concernsAll(error) {
                        // Only its savepoint is undone.
                        write.fail(error)
                    }
                }
                return .commit
            }
            return succeeded
        }
    }

    /// Whether an error is the file's or the machine's, so that nothing after it can be trusted.
    private static func concernsAll(_ error: any Error) -> Bool {
        SQLiteFailure(error)?.concernsAll == true
    }
}
