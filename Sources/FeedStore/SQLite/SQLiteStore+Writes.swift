import GRDB
import GRDBSQLite

extension SQLiteStore {
    public func createPost(
        userID: Int64, title: String, content: String, status: PostStatus
    ) async throws -> Post? {
        try Self.checkText(title, "title")
        try Self.checkText(content, "content")
        return try await writer.write { [dates] db in
            guard try Self.userExists(db, id: userID) else { return nil }
            let date = try status == .published ? Self.nextDatePosted(db, dates) : dates.now()
            let id = try Self.nextPostID(db)
            try db.cachedStatement(
                sql: """
                    INSERT INTO posts (status, date_posted, id, user_id, title, content)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [status.rawValue, date.microseconds, id, userID, title, content])
            return try Self.post(db, id: id)
        }
    }

    public func updatePost(id: Int64, changes: PostChanges) async throws -> Post? {
        try Self.checkText(changes.title ?? "", "title")
        try Self.checkText(changes.content ?? "", "content")
        return try await writer.write { [dates] db in
            guard let old = try Self.post(db, id: id) else { return nil }
            let publishes = changes.publish && old.status == .draft
            let status: PostStatus = publishes ? .published : old.status
            let date = try publishes ? Self.nextDatePosted(db, dates) : old.datePosted
            let isEdited = changes.title != nil || changes.content != nil
            // The clock may be behind the post's date: no post is edited before it was published.
            let updatedAt = try isEdited ? max(dates.now(), date) : old.updatedAt
            try db.cachedStatement(
                sql: """
                    UPDATE posts SET status = ?, date_posted = ?, updated_at = ?, title = ?, content = ?
                    WHERE status = ? AND date_posted = ? AND id = ?
                    """
            ).execute(arguments: [
                status.rawValue, date.microseconds, updatedAt?.microseconds,
                changes.title ?? old.title, changes.content ?? old.content,
                old.status.rawValue, old.datePosted.microseconds, id,
            ])
            return try Self.post(db, id: id)
        }
    }

    public func deletePost(id: Int64) async throws -> Bool {
        try await writer.write { db in
            try db.cachedStatement(sql: "DELETE FROM posts WHERE id = ?").execute(arguments: [id])
            return db.changesCount > 0
        }
    }

    // MARK: Parts

    static func checkText(_ text: String, _ field: String) throws {
        guard !text.utf8.contains(0) else {
            throw StoreError(.invalid, "\(field) holds U+0000", field: field)
        }
    }

    /// Greater than every date given before, kept in the file: neither a clock that is set back nor
    /// the deletion of the newest post lets a date be given twice.
    private static func nextDatePosted(_ db: Database, _ dates: DateSource) throws -> Timestamp {
        let microseconds = try Int64.fetchOne(
            db.cachedStatement(
                sql: """
                    UPDATE feed_state SET last_date_posted = max(last_date_posted + 1, ?)
                    RETURNING last_date_posted
                    """), arguments: [dates.now().microseconds])
        guard let microseconds else { throw StoreError(.internal, "feed_state is empty") }
        let date = Timestamp(microseconds: microseconds)
        try dates.give(date)
        return date
    }

    /// Never given twice, even when the newest post was deleted.
    private static func nextPostID(_ db: Database) throws -> Int64 {
        let id = try Int64.fetchOne(
            db.cachedStatement(
                sql: "UPDATE feed_state SET last_post_id = last_post_id + 1 RETURNING last_post_id"))
        guard let id else { throw StoreError(.internal, "feed_state is empty") }
        return id
    }

    private static func userExists(_ db: Database, id: Int64) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT 1 FROM users WHERE id = ?"), arguments: [id]) ?? false
    }

    private static func post(_ db: Database, id: Int64) throws -> Post? {
        guard
            let row = try Row.fetchOne(
                db.cachedStatement(sql: PointSQL.post.text), arguments: [id])
        else { return nil }
        return Post(
            id: row[0],
            author: Author(id: row[1], username: row[6], imageFile: row[7]),
            title: row[4], content: row[5], status: row[8] ? .published : .draft,
            datePosted: Timestamp(microseconds: row[2]),
            updatedAt: (row[3] as Int64?).map(Timestamp.init(microseconds:)))
    }
}
