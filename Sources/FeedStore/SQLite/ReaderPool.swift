import GRDB
import GRDBSQLite
import NIOPosix
import Synchronization

/// Lends readers, each to one caller at a time.
///
/// A bounded read runs on the thread that asks for it and never waits: for no lock, and for no reader to be opened.
/// What may take long, and what has to wait, runs on a few threads of the pool's own; it has a deadline and can be
/// interrupted. `docs/concurrency.md` says who holds what for how long.
final class ReaderPool: Sendable {
    /// Threads for reads of unbounded cost. A COUNT or OFFSET keeps a core busy while it runs, so
    /// more of them would take the cores away from the feed.
    static let slowThreads = 2

    /// Threads for bounded reads that could not be done where they were asked for, and for opening readers: none of
    /// these waits for a COUNT.
    static let boundedThreads = 2

    /// Steps of the virtual machine between two looks at the clock: some tens of microseconds.
    private static let stepsBetweenChecks: Int32 = 4_000

    private struct State {
        var idle: [Reader] = []
        var isOpening = false
        var isClosed = false
    }

    private let deadline: Duration
    private let openReader: @Sendable () throws -> Reader
    private let state = Mutex(State())
    private let slow: NIOThreadPool
    private let bounded: NIOThreadPool
    /// Rises with every commit, and with every other reason to begin new snapshots. One of an earlier version is not
    /// read from.
    private let version = Atomic(0)
    private let recalls = ReadRecalls()

    /// - Parameters:
    ///   - deadline: how long a read of unbounded cost may take.
    ///   - open: opens a reader; the first one here and now, further ones on the pool's threads.
    init(deadline: Duration, open: @escaping @Sendable () throws -> Reader) throws {
        self.deadline = deadline
        openReader = open
        slow = NIOThreadPool(numberOfThreads: Self.slowThreads)
        bounded = NIOThreadPool(numberOfThreads: Self.boundedThreads)
        give(back: try open())
        slow.start()
        bounded.start()
    }

    /// Runs a bounded read here and now.
    ///
    /// - Returns: `nil` when it would have to wait, for a lock or for a reader, and when `body` has thrown
    ///   ``TextBudgetExceeded``.
    func immediate<Result>(_ body: (Reader, Database) throws -> Result) throws -> Result? {
        guard let reader = try takeIdle() else { return nil }
        defer { give(back: reader) }
        return try reader.withConnection { db in
            do {
                try reader.renewSnapshot(db, version: version.load(ordering: .acquiring))
                return try body(reader, db)
            } catch is TextBudgetExceeded {
                return nil
            } catch {
                reader.abandonSnapshot(db)
                if SQLiteFailure(error)?.isBusy == true { return nil }
                throw StoreError(mapping: error)
            }
        }
    }

    /// Runs a read on a thread of the pool.
    ///
    /// - Parameter isBounded: whether it has only to wait, and does not take long.
    /// - Throws: ``StoreError``, or `CancellationError` where it has ended because its task was cancelled.
    func waiting<Result: Sendable>(
        isBounded: Bool = false, _ body: @escaping @Sendable (Reader, Database) throws -> Result
    ) async throws -> Result {
        let limit = ReadLimit(deadline: .now + deadline, recalls: recalls)
        let threads = isBounded ? bounded : slow
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // Why a read has failed is found out where it fails: whoever asks afterwards may find both that the
                // pool was closed and that the task was cancelled, in whichever order.
                threads.submit { [self] state in
                    switch state {
                    case .active: continuation.resume(with: Swift.Result { try limited(limit, body) })
                    // That is what threads say of all work that is left when they are shut down.
                    case .cancelled: continuation.resume(throwing: Self.closed)
                    }
                }
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
        return try await waiting(isBounded: true, body)
    }

    /// Refuses the reads that wait for a thread, and later ones; returns when those that are under way have ended.
    func close() async throws {
        // What comes out of the lock is dropped, and so closed, outside of it.
        _ = state.withLock { state in
            state.isClosed = true
            defer { state.idle.removeAll() }
            return state.idle
        }
        try await slow.shutdownGracefully()
        try await bounded.shutdownGracefully()
    }

    /// Readers that nobody has.
    var idleCount: Int { state.withLock { $0.idle.count } }

    // MARK: For the writer

    /// To be called after a commit, before it is acknowledged: every read that begins from now on
    /// sees it.
    func didCommit() {
        version.add(1, ordering: .releasing)
    }

    /// Ends the snapshots that nobody reads from, and lets those that are read from end with their reads: from now on
    /// every new read begins a snapshot of its own. To be called on a thread that may wait.
    func renewSnapshots() {
        version.add(1, ordering: .releasing)
        // One after the other, so that the others can be read with meanwhile, and outside of the lock, which event
        // loops take. It ends, because no snapshot becomes older than this while it is idle.
        while let reader = takeOutdated() {
            reader.withConnection { db in reader.releaseSnapshot(db) }
            give(back: reader)
        }
    }

    /// Ends the reads of unbounded cost that are under way, as if they were past their deadline.
    func recallWaiting() {
        recalls.count.add(1, ordering: .releasing)
    }

    // MARK: Parts

    /// - Throws: ``StoreError``, or `CancellationError` where the read has ended because it was cancelled.
    private func limited<Result>(
        _ limit: ReadLimit, _ body: (Reader, Database) throws -> Result
    ) throws -> Result {
        let reader = try takeIdle() ?? open()
        defer { give(back: reader) }
        limit.begin()
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
            do {
                // It may have waited for its thread longer than it may run.
                guard !limit.isOver else { throw SQLiteFailure(code: SQLITE_INTERRUPT) }
                try reader.renewSnapshot(db, version: version.load(ordering: .acquiring))
                let result = try body(reader, db)
                try reader.endSnapshot(db)
                return result
            } catch {
                reader.abandonSnapshot(db)
                if SQLiteFailure(error)?.isInterrupt == true, limit.isCancelled { throw CancellationError() }
                throw StoreError(mapping: error)
            }
        }
    }

    /// A reader that nobody has; `nil` where there is none.
    ///
    /// Where it is the last one, another is opened on a thread of the pool, so that there is one more than are needed
    /// at once.
    private func takeIdle() throws -> Reader? {
        let (reader, opens) = try state.withLock { state in
            if state.isClosed { throw Self.closed }
            let reader = state.idle.popLast()
            let opens = state.idle.isEmpty && !state.isOpening
            if opens { state.isOpening = true }
            return (reader, opens)
        }
        if opens {
            bounded.submit { [self] state in
                // Where it can't be opened, whoever needs it is told why.
                let reader = state == .active ? try? open() : nil
                self.state.withLock { $0.isOpening = false }
                if let reader { give(back: reader) }
            }
        }
        return reader
    }

    private func takeOutdated() -> Reader? {
        state.withLock { state in
            let version = version.load(ordering: .acquiring)
            let index = state.idle.firstIndex { $0.hasSnapshot(before: version) }
            return index.map { state.idle.remove(at: $0) }
        }
    }

    /// On a thread that may wait.
    private func open() throws -> Reader {
        do {
            return try openReader()
        } catch {
            throw StoreError(.unavailable, "a reader can't be opened: \(error)")
        }
    }

    /// No reader is idle with a snapshot that is not read from any more: the log could not be emptied.
    private func give(back reader: Reader) {
        while true {
            let isDone = state.withLock { state in
                // One that comes back after the end is closed by being dropped.
                if state.isClosed { return true }
                if reader.hasSnapshot(before: version.load(ordering: .acquiring)) { return false }
                state.idle.append(reader)
                return true
            }
            if isDone { return }
            reader.withConnection { db in reader.releaseSnapshot(db) }
        }
    }

    private static let closed = StoreError(.unavailable, "the store is closed")
}

/// How often reads of unbounded cost have been asked to end.
private final class ReadRecalls: Sendable {
    let count = Atomic(0)
}

/// When a read has to end.
private final class ReadLimit: Sendable {
    private let deadline: ContinuousClock.Instant
    private let recalls: ReadRecalls
    private let recallsBefore = Atomic(0)
    private let cancelled = Atomic(false)

    init(deadline: ContinuousClock.Instant, recalls: ReadRecalls) {
        self.deadline = deadline
        self.recalls = recalls
    }

    /// The read begins: recalls before this were not for it.
    func begin() {
        recallsBefore.store(recalls.count.load(ordering: .acquiring), ordering: .relaxed)
    }

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    var isOver: Bool {
        isCancelled || recalls.count.load(ordering: .relaxed) != recallsBefore.load(ordering: .relaxed)
            || ContinuousClock.now >= deadline
    }

    func cancel() {
        cancelled.store(true, ordering: .relaxed)
    }
}
