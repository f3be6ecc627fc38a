import Foundation
import GRDB
import GRDBSQLite
public import Logging
public import Metrics

/// The store in one SQLite file, embedded in this process.
public final class SQLiteStore: Store, AccountStore {
    /// How a store is opened.
    public struct Configuration: Sendable {
        /// How long a read of unbounded cost (COUNT, OFFSET) may take.
        public var readDeadline: Duration = .seconds(10)

        /// Makes `feed_store_commits_total`, `feed_store_commit_failures_total`, `feed_store_writes_total`,
        /// `feed_store_reads_refused_total`, `feed_store_log_bytes` and `feed_store_checkpoints_total`.
        public var metrics: any MetricsFactory = NOOPMetricsHandler.instance

        /// Hears of what an operator should know, once when it begins and once when it is over.
        public var logger = Logger(label: "feed-store") { _ in SwiftLogNoOpLogHandler() }

        /// How long after a commit has failed another one is tried.
        var probeInterval = CommitHealth.probeInterval

        /// When the log is emptied.
        var logRules = WriteAheadLog.Rules()

        /// The clock that dates posts.
        public var now: @Sendable () -> Timestamp = { .now }

        /// The clock that it is compared with: nobody sets it.
        var steady: @Sendable () -> ContinuousClock.Instant = { .now }

        /// The version of an account's first credentials. Random, so that what was issued for another
        /// database's user of the same id is void here; below 2^52, so that it can rise for long and stays
        /// exact in JSON.
        public var firstCredentialVersion: @Sendable () -> Int64 = { .random(in: 0..<1 << 52) }

        public init() {}
    }

    /// The file's path, links resolved.
    public let path: String

    public let identity: DatabaseIdentity

    let readers: ReaderPool
    /// Pages that are not read where they are asked for. Behind so many, one that skips ten thousand rows waits some
    /// tens of milliseconds.
    let slowPages: ReadQueue
    /// Apart from them: a total that can be counted makes later pages cheaper.
    let counts: ReadQueue
    let log: WriteAheadLog
    let writer: GroupCommit
    private let health: CommitHealth
    let dates: DateSource
    let now: @Sendable () -> Timestamp
    let firstCredentialVersion: @Sendable () -> Int64
    private let lock: FileLock

    /// Opens the file, or creates it with empty tables, and brings an older one up to date.
    ///
    /// - Throws: ``StoreError/Code/unusable`` when another process writes to the file, or when it is
    ///   not a database, another application's or of a newer version. It is then left untouched.
    public init(path: String, configuration: Configuration = Configuration()) throws {
        do {
            self.path = try SQLiteConnection.prepareFolder(of: path)
            let path = self.path
            lock = try FileLock(besides: path)
            let isAsItWasLeft = try lock.takeMark().map { $0 == FileMark(of: path) } ?? false
            try SQLiteConnection.checkUsable(path: path)
            try SQLiteConnection.createPrivateFile(path)
            let queue = try SQLiteConnection.openWriter(path: path)
            try Schema.migrator.migrate(queue)
            identity = try Self.identity(queue, isAsItWasLeft: isAsItWasLeft)
            // What a write may have to undo is kept in memory: a process that is killed would leave files in the
            // system's folder, and each costs a commit several calls. Making an index may take more than memory has.
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA temp_store = MEMORY") }
            dates = DateSource(
                lastDate: try Self.lastDate(queue), wall: configuration.now, steady: configuration.steady,
                logger: configuration.logger)
            readers = try ReaderPool(deadline: configuration.readDeadline) { try Reader(path: path) }
            log = WriteAheadLog(
                of: path, queue: queue, readers: readers, rules: configuration.logRules,
                metrics: configuration.metrics, logger: configuration.logger)
            health = CommitHealth(
                probeInterval: configuration.probeInterval, metrics: configuration.metrics,
                logger: configuration.logger)
            let writer = GroupCommit(
                queue: queue, readers: readers, log: log, health: health, metrics: configuration.metrics)
            self.writer = writer
            health.probe(with: { [weak writer] in
                try await writer?.write { db in
                    // There and back: SQLite writes no page on which a row is replaced by the same one.
                    for step in ["+ 1", "- 1"] {
                        try db.execute(sql: "UPDATE feed_state SET last_post_id = last_post_id \(step)")
                    }
                }
            })
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.unusable, "\(path) can't be opened: \(error)")
        }
        slowPages = ReadQueue(kind: "page", capacity: Self.maximumSlowReads, metrics: configuration.metrics)
        counts = ReadQueue(kind: "count", capacity: Self.maximumSlowReads, metrics: configuration.metrics)
        now = configuration.now
        firstCredentialVersion = configuration.firstCredentialVersion
    }

    /// Finishes the writes that were accepted, closes the file and lets other processes have it. Later
    /// calls throw ``StoreError/Code/unavailable``.
    public func close() async throws {
        health.close()
        try await readers.close()
        try await writer.close()
        if let mark = FileMark(of: path) { lock.leave(mark) }
        lock.release()
    }

    public var status: StoreStatus {
        let dates = dates.status
        return StoreStatus(
            writes: health.writes, clock: dates.clock, clockLead: dates.clockLead, dateLead: dates.dateLead)
    }

    /// The identity that the database has, or a new one where its file may have been replaced.
    private static func identity(_ queue: DatabaseQueue, isAsItWasLeft: Bool) throws -> DatabaseIdentity {
        if isAsItWasLeft,
            let kept = try queue.read({
                try String.fetchOne($0, sql: "SELECT identity FROM database_identity")
            })
        {
            return DatabaseIdentity(kept: kept)
        }
        let identity = DatabaseIdentity()
        try queue.write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO database_identity VALUES (1, ?)",
                arguments: [identity.description])
        }
        return identity
    }

    // MARK: Reads

    /// Reads of each kind that run on threads of the reader pool or wait for one, at the most.
    static let maximumSlowReads = 128

    /// Bytes of a page's texts up to which it is read where it was asked for: an event loop is kept from its other
    /// connections for less than a millisecond. Ten to twenty usual pages; what has more of text is read once more, on
    /// a thread of the reader pool.
    static let immediateTextBudget = 128 << 10

    public func pageIfImmediate<Visitor: RowVisitor>(
        _ query: PageQuery, visitor: inout Visitor
    ) throws -> PageEdges? {
        guard query.start.isBounded else { return nil }
        try checkPosition(of: query)
        return try readers.immediate { reader, db in
            try reader.page(db, query, textBudget: Self.immediateTextBudget, visitor: &visitor)
        }
    }

    public func page<Visitor: RowVisitor & Sendable>(
        _ query: PageQuery, visitor: Visitor
    ) async throws -> (visitor: Visitor, edges: PageEdges) {
        if query.start.isBounded {
            var visitor = visitor
            if let edges = try pageIfImmediate(query, visitor: &visitor) { return (visitor, edges) }
        }
        return try await slowPages.run {
            try await readers.waiting(isBounded: query.start.isBounded) { reader, db in
                var visitor = visitor
                let edges = try reader.page(db, query, visitor: &visitor)
                return (visitor, edges)
            }
        }
    }

    public func count(_ collection: FeedCollection, limit: Int?) async throws -> Int {
        try await counts.run {
            try await readers.waiting { reader, db in try reader.count(db, collection, limit: limit) }
        }
    }

    public func post(id: Int64, visibleTo user: Int64?) async throws -> Post? {
        try await readers.read { reader, db in try reader.post(db, id: id, visibleTo: user) }
    }

    public func user(id: Int64) async throws -> User? {
        try await readers.read { reader, db in try reader.user(db, id: id) }
    }

    // MARK: Parts

    /// Behind a position that is later than every date, all posts would be missed until dates get there.
    private func checkPosition(of query: PageQuery) throws {
        switch query.collection {
        case .users, .userPosts(_, .draft): return
        case .posts, .userPosts(_, .published): break
        }
        switch query.start {
        case .first, .offset: return
        case .after(let position), .before(let position):
            guard dates.hasGiven(position.datePosted) else {
                throw StoreError(.expired, "a position is later than every date that was given")
            }
        }
    }

    private static func lastDate(_ queue: DatabaseQueue) throws -> Timestamp {
        let microseconds = try queue.read { db in
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT max(last_date_posted, coalesce((
                        SELECT max(date_posted) FROM posts INDEXED BY \(Schema.Index.published)
                        WHERE status = 'published'), 0))
                    FROM feed_state
                    """)
        }
        guard let microseconds else { throw StoreError(.unusable, "feed_state is empty") }
        return Timestamp(microseconds: microseconds)
    }
}

extension Timestamp {
    /// The host's clock.
    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}
