import GRDB

/// Brings back what a clock that was ahead has dated in the future.
///
/// Dates of posts only ever rise, in the order of their commits: as long as the newest post is of the future, all later
/// ones are dated just behind it. This is the way back. It changes dates that were never to change, of those posts alone,
/// and keeps what readers rely on: their order stays, they are newer than all others and older than whatever is published
/// next, and a cursor from among their old dates is refused (``StoreError/Code/expired``), so that nobody goes on from a
/// place behind which all later posts would be missed. Every other cursor stays good.
///
/// Such a cursor is told from others by being later than all dates, so only until dates get to its own. Where that is
/// soon, nothing is changed: dates are right by themselves then.
public enum FutureDates {
    /// How far ahead of the clock a date has to be to be of the future.
    public static let tolerance = DateSource.tolerance

    /// The newest post has to be that far ahead of the clock for dates to be changed.
    public static let leastLead = Duration.seconds(24 * 3_600)

    /// What was changed.
    public struct Changes: Hashable, Sendable {
        /// Published posts that have another date.
        public var posts = 0
        /// Drafts that have another date.
        public var drafts = 0
        /// Sessions that were ended because they began in the future: they would have lasted for too long.
        public var sessions = 0
    }

    /// The number of published posts that are of the future, and whether anything is.
    ///
    /// - Parameters:
    ///   - path: of a database that no process has open.
    ///   - now: what is taken for the present.
    /// - Throws: ``StoreError/Code/unusable`` when the file can't be used.
    public static func find(in path: String, now: Timestamp = .now) throws -> (posts: Int, isAny: Bool) {
        try open(path) { db in
            let limit = limit(now)
            let posts =
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM posts WHERE status = 'published' AND date_posted > ?",
                    arguments: [limit]) ?? 0
            let isAny = try Bool.fetchOne(
                db,
                sql: """
                    SELECT last_date_posted > ?1
                        OR EXISTS (SELECT 1 FROM posts WHERE status = 'draft' AND date_posted > ?1)
                        OR EXISTS (SELECT 1 FROM sessions WHERE created_at > ?1)
                    FROM feed_state
                    """, arguments: [limit])
            return (posts, posts > 0 || isAny == true)
        }
    }

    /// Dates what is of the future at the present, all in one commit.
    ///
    /// - Parameters: see ``find(in:now:)``.
    /// - Throws: ``StoreError/Code/unusable`` when the file can't be used; when the newest post is ahead of the clock by
    ///   less than ``leastLead``; or when posts lie so close together around the present that there is no room for the
    ///   others, which there is a minute later.
    public static func bringBack(in path: String, now: Timestamp = .now) throws -> Changes {
        try open(path) { db in
            let limit = limit(now)
            var changes = Changes()
            let last = try Int64.fetchOne(db, sql: "SELECT last_date_posted FROM feed_state") ?? 0
            guard last <= limit || last >= (now + leastLead).microseconds else {
                throw StoreError(
                    .unusable,
                    "the newest post is less than a day ahead of the clock; dates are right again when that has passed"
                )
            }
            let posts = try Row.fetchAll(
                db,
                sql: """
                    SELECT date_posted, id FROM posts WHERE status = 'published' AND date_posted > ?
                    ORDER BY date_posted, id
                    """, arguments: [limit])
            // Later than any date that was ever given by a clock that was right, also to posts that are gone.
            let newest =
                try Int64.fetchOne(
                    db,
                    sql: "SELECT max(date_posted) FROM posts WHERE status = 'published' AND date_posted <= ?",
                    arguments: [limit]) ?? 0
            let base = max(now.microseconds, newest)
            // Old and new dates must not be mixed: a cursor tells the ones from the others by being later than all.
            guard base + Int64(posts.count) <= limit else {
                throw StoreError(
                    .unusable, "there is no room for the posts' dates now; try again in a minute")
            }
            for (index, post) in posts.enumerated() {
                let date = base + Int64(index) + 1
                try db.cachedStatement(
                    sql: """
                        UPDATE posts SET date_posted = ?1, updated_at = max(?1, min(updated_at, ?2))
                        WHERE status = 'published' AND date_posted = ?3 AND id = ?4
                        """
                ).execute(arguments: [date, now.microseconds, post[0] as Int64, post[1] as Int64])
            }
            changes.posts = posts.count
            try db.execute(
                sql: "UPDATE posts SET date_posted = ? WHERE status = 'draft' AND date_posted > ?",
                arguments: [now.microseconds, limit])
            changes.drafts = db.changesCount
            try db.execute(
                sql: "UPDATE posts SET updated_at = max(date_posted, ?) WHERE updated_at > ?",
                arguments: [now.microseconds, limit])
            try db.execute(sql: "DELETE FROM sessions WHERE created_at > ?", arguments: [limit])
            changes.sessions = db.changesCount
            try db.execute(
                sql: "UPDATE feed_state SET last_date_posted = ?1 WHERE last_date_posted > ?2",
                arguments: [base + Int64(posts.count), limit])
            return changes
        }
    }

    // MARK: Parts

    private static func limit(_ now: Timestamp) -> Int64 { (now + tolerance).microseconds }

    private static func open<Result>(_ path: String, _ body: (Database) throws -> Result) throws -> Result {
        let path = try SQLiteConnection.prepareFolder(of: path)
        let lock = try FileLock(besides: path)
        defer { lock.release() }
        do {
            try SQLiteConnection.checkUsable(path: path)
            let queue = try SQLiteConnection.openWriter(path: path)
            try Schema.migrator.migrate(queue)
            let result = try queue.write(body)
            try queue.close()
            return result
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.unusable, "\(path) can't be changed: \(error)")
        }
    }
}
