import GRDB
import GRDBSQLite
import NIOPosix
import Synchronization

/// Lends readers, each to one caller at a time.
///
/// A bounded read runs on the thread that asks for it and never waits: as many readers are opened as
/// threads ever read at once. What may take long runs on a few threads of the pool's own, waits for
/// locks, has a deadline and can be interrupted.
final class ReaderPool: Sendable {
    /// Threads for reads of unbounded cost. A COUNT or OFFSET keeps a core busy while it runs, so
    /// more of them would take the cores away from the feed.
    static let slowThreads = 2

    /// Steps of the virtual machine between two looks at the clock: some tens of microseconds.
    private static let stepsBetweenChecks: Int32 = 4_000

    private struct State {
        var idle: [Reader] = []
        var isClosed = false
    }

    private let path: String
    private let deadline: Duration
    private let state = Mutex(State())
    private let slow: NIOThreadPool
    /// Commits so far. A snapshot that is older is not read from.
    private let commits = Atomic(0)

    /// - Parameter deadline: how long a read of unbounded cost may take.
    init(path: String, deadline: Duration) throws {
        self.path = path
        self.deadline = deadline
        slow = NIOThreadPool(numberOfThreads: Self.slowThreads)
        give(back: try Reader(path: path))
        slow.start()
    }

    /// Runs a bounded read here and now.
    ///
    /// - Returns: `nil` when it would have to wait for a lock, or has thrown ``TextBudgetExceeded``.
    func immediate<Result>(_ body: (Reader, Database) throws -> Result) throws -> Result? {
        let reader = try take()
        defer { give(back: reader) }
        return try reader.withConnection { db in
            do {
                try reader.renewSnapshot(db, version: commits.load(ordering: .acquiring))
                return try body(reader, db)
            } catch is TextBudgetExceeded {
                return nil
            } catch {
                reader.abandonSnapshot(db)
                if Self.isBusy(error) { return nil }
                throw StoreError(mapping: error)
            }
        }
    }

    /// Runs a read on a thread of the pool.
    func waiting<Result: Sendable>(
        _ body: @escaping @Sendable (Reader, Database) throws -> Result
    ) async throws -> Result {
        let limit = ReadLimit(deadline: .now + deadline)
        return try await withTaskCancellationHandler {
            do {
                return try await slow.runIfActive { [self] in try limited(limit, body) }
            } catch {
                if limit.isCancelled { throw CancellationError() }
                // What a pool says that has been shut down.
                if error is CancellationError { throw Self.closed }
                throw StoreError(mapping: error)
            }
        } onCancel: {
            limit.cancel()
        }
    }

    /// Runs a bounded read here, or where it would have to wait, on a thread of the pool.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (Reader, Database) throws -> Result
    ) async throws -> Result {
        if let result = try immediate(body) { return result }
        return try await waiting(body)
    }

    func close() async throws {
        state.withLock { state in
            state.isClosed = true
            state.idle.removeAll()
        }
        try await slow.shutdownGracefully()
    }

    /// To be called before a commit: lets go of the snapshots that nobody reads from, so that the log
    /// can be emptied.
    func willCommit() {
        state.withLock { state in
            for reader in state.idle {
                reader.withConnection { db in
                    do {
                        try reader.endSnapshot(db)
                    } catch {
                        reader.abandonSnapshot(db)
                    }
                }
            }
        }
    }

    /// To be called after a commit, before it is acknowledged: every read that begins from now on
    /// sees it.
    func didCommit() {
        commits.add(1, ordering: .releasing)
    }

    private func limited<Result>(
        _ limit: ReadLimit, _ body: (Reader, Database) throws -> Result
    ) throws -> Result {
        let reader = try take()
        defer { give(back: reader) }
        return try reader.withConnection { db in
            sqlite3_busy_timeout(db.sqliteConnection, Int32(SQLiteConnection.busyTimeout * 1_000))
            sqlite3_progress_handler(
                db.sqliteConnection, Self.stepsBetweenChecks,
                { context in
                    guard let context else { return 0 }
                    return Unmanaged<ReadLimit>.fromOpaque(context).takeUnretainedValue().isOver ? 1 : 0
                }, Unmanaged.passUnretained(limit).toOpaque())
            defer {
                sqlite3_progress_handler(db.sqliteConnection, 0, nil, nil)
                sqlite3_busy_timeout(db.sqliteConnection, 0)
            }
            // It may have waited for its thread longer than it may run.
            guard !limit.isOver else { throw SQLiteFailure(code: SQLITE_INTERRUPT) }
            do {
                try reader.renewSnapshot(db, version: commits.load(ordering: .acquiring))
                let result = try body(reader, db)
                try reader.endSnapshot(db)
                return result
            } catch {
                reader.abandonSnapshot(db)
                throw error
            }
        }
    }

    private func take() throws -> Reader {
        let idle = try state.withLock { state in
            if state.isClosed { throw Self.closed }
            return state.idle.popLast()
        }
        if let idle { return idle }
        do {
            return try Reader(path: path)
        } catch {
            throw StoreError(.unavailable, "a reader can't be opened: \(error)")
        }
    }

    private func give(back reader: Reader) {
        state.withLock { state in
            // One that comes back after the end is closed by being dropped.
            if !state.isClosed { state.idle.append(reader) }
        }
    }

    private static let closed = StoreError(.unavailable, "the store is closed")

    private static func isBusy(_ error: any Error) -> Bool {
        SQLiteFailure(error)?.isBusy == true
    }
}

/// When a read has to end.
private final class ReadLimit: Sendable {
    private let deadline: ContinuousClock.Instant
    private let cancelled = Atomic(false)

    init(deadline: ContinuousClock.Instant) {
        self.deadline = deadline
    }

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }
    var isOver: Bool { isCancelled || ContinuousClock.now >= deadline }

    func cancel() {
        cancelled.store(true, ordering: .relaxed)
    }
}
