import Foundation
import GRDB
import GRDBSQLite
import Logging
import Metrics
import Synchronization

/// Empties SQLite's log (https://www.sqlite.org/wal.html), on the writer's thread, between two commits.
///
/// SQLite would do it inside a commit. Readers then hold snapshots from before that commit, so that it never gets to
/// the log's end, and the log grows for as long as somebody reads. Here it is done behind a commit, when readers see
/// that: first everything is copied into the database, then everybody is let go of the log, and the next commit begins
/// it anew. `docs/concurrency.md` tells the whole.
final class WriteAheadLog: Sendable {
    /// When it is emptied.
    struct Rules: Sendable {
        /// Pages from which the log is emptied: 8 MiB, as SQLite does it by itself.
        var checkpointPages = 1_000

        /// Pages behind an attempt that did not succeed after which there is another one. Each costs a flush of the
        /// database, and the wait below.
        var retryPages = 250

        /// Pages from which reads of unbounded cost are ended for it: 256 MiB. No snapshot of this process lives
        /// through that, so that the log has so many pages and those of one commit at the most.
        var maximumPages = 32_768
    }

    /// How long each of the two steps waits for reads that are under way, in milliseconds. Bounded reads take far less.
    static let wait: Int32 = 10

    /// What has come of an attempt.
    private enum Outcome: String, CaseIterable {
        /// The next commit begins the log anew.
        case complete
        /// Somebody reads what lies before its end.
        case partial
        /// The disk is full, for instance.
        case failed
    }

    private struct Progress {
        /// Pages from which there is an attempt.
        var threshold: Int
        var outcome = Outcome.complete
        var isTooLong = false
    }

    private let rules: Rules
    private let path: String
    private let queue: DatabaseQueue
    private let readers: ReaderPool
    private let logger: Logger
    private let size: Gauge
    private let checkpoints: [Outcome: Counter]
    /// As SQLite has told behind the last commit.
    private let pages = Atomic(0)
    /// Since it was last asked for.
    private let hasGrown = Atomic(false)
    /// Of the writer's thread alone; a lock that nobody waits for.
    private let progress: Mutex<Progress>

    /// - Parameters:
    ///   - queue: the one connection that writes.
    ///   - readers: all that this process reads with.
    init(
        of path: String, queue: DatabaseQueue, readers: ReaderPool, rules: Rules,
        metrics: any MetricsFactory, logger: Logger
    ) {
        self.rules = rules
        progress = Mutex(Progress(threshold: rules.checkpointPages))
        self.path = path + "-wal"
        self.queue = queue
        self.readers = readers
        self.logger = logger
        size = Gauge(label: "feed_store_log_bytes", factory: metrics)
        checkpoints = Dictionary(
            uniqueKeysWithValues: Outcome.allCases.map { outcome in
                let dimensions = [("outcome", outcome.rawValue)]
                return (
                    outcome,
                    Counter(label: "feed_store_checkpoints_total", dimensions: dimensions, factory: metrics)
                )
            })
        queue.writeWithoutTransaction { db in
            // In the place of SQLite's own, which would empty the log inside a commit. It is called by this connection's
            // commits only, and whoever makes these has this object.
            _ = sqlite3_wal_hook(
                db.sqliteConnection,
                { context, _, _, pages in
                    guard let context else { return SQLITE_OK }
                    let log = Unmanaged<WriteAheadLog>.fromOpaque(context).takeUnretainedValue()
                    log.pages.store(Int(pages), ordering: .relaxed)
                    log.hasGrown.store(true, ordering: .relaxed)
                    return SQLITE_OK
                }, Unmanaged.passUnretained(self).toOpaque())
        }
        size.record(bytes)
    }

    /// Whether a commit has written something since the last call: one whose writes changed nothing has not.
    func takeGrowth() -> Bool {
        hasGrown.exchange(false, ordering: .relaxed)
    }

    /// To be called on the writer's thread after a commit, when its writes have been acknowledged.
    func emptyIfDue() {
        defer { size.record(bytes) }
        progress.withLock { progress in
            let pages = self.pages.load(ordering: .relaxed)
            guard pages >= progress.threshold else {
                // It was begun anew.
                if pages < rules.checkpointPages { progress = Progress(threshold: rules.checkpointPages) }
                return
            }
            if pages >= rules.maximumPages { readers.recallWaiting() }
            let (outcome, code) = empty()
            checkpoints[outcome]?.increment()
            tell(outcome, code, before: progress.outcome)
            let isTooLong = outcome != .complete && pages >= rules.maximumPages
            if isTooLong, !progress.isTooLong {
                logger.warning(
                    "store: the log has \(bytes >> 20) MiB and can't be emptied; does another program read the database?"
                )
            }
            progress = Progress(
                threshold: outcome == .complete ? rules.checkpointPages : pages + rules.retryPages,
                outcome: outcome, isTooLong: isTooLong)
            if outcome == .complete { self.pages.store(0, ordering: .relaxed) }
        }
    }

    /// Bytes of the file; 0 where there is none.
    var bytes: Int {
        var information = stat()
        return stat(path, &information) == 0 ? Int(information.st_size) : 0
    }

    // MARK: Parts

    private func empty() -> (Outcome, Int32) {
        queue.writeWithoutTransaction { db in
            sqlite3_busy_timeout(db.sqliteConnection, Self.wait)
            defer {
                sqlite3_busy_timeout(db.sqliteConnection, Int32(SQLiteConnection.busyTimeout * 1_000))
            }
            // Reads that begin now see the last commit, and keep nothing from being copied.
            readers.renewSnapshots()
            var code = sqlite3_wal_checkpoint_v2(
                db.sqliteConnection, nil, SQLITE_CHECKPOINT_FULL, nil, nil)
            if code == SQLITE_OK {
                // Reads that begin now do without the log.
                readers.renewSnapshots()
                code = sqlite3_wal_checkpoint_v2(
                    db.sqliteConnection, nil, SQLITE_CHECKPOINT_RESTART, nil, nil)
            }
            switch code & 0xff {
            case SQLITE_OK: return (.complete, code)
            case SQLITE_BUSY: return (.partial, code)
            default: return (.failed, code)
            }
        }
    }

    /// Says that it fails, and that it does so no more.
    private func tell(_ outcome: Outcome, _ code: Int32, before: Outcome) {
        switch (before, outcome) {
        case (.failed, .failed): break
        case (_, .failed):
            logger.error(
                "store: the log can't be emptied: \(String(cString: sqlite3_errstr(code))) (\(code))")
        case (.failed, _): logger.notice("store: the log is emptied again")
        default: break
        }
    }
}
