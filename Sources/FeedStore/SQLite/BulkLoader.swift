import Foundation
import GRDB
import GRDBSQLite

/// A post's columns as they are handed to ``BulkLoader``.
public struct BulkPostColumns: ~Copyable {
    public var id: Int64
    public var userID: Int64
    public var status: PostStatus
    public var datePosted: Timestamp
    public var updatedAt: Timestamp?
    /// UTF-8, valid while the row is added.
    public var title: UnsafeBufferPointer<UInt8>
    /// UTF-8, valid while the row is added.
    public var content: UnsafeBufferPointer<UInt8>

    public init(
        id: Int64, userID: Int64, status: PostStatus, datePosted: Timestamp, updatedAt: Timestamp?,
        title: UnsafeBufferPointer<UInt8>, content: UnsafeBufferPointer<UInt8>
    ) {
        self.id = id
        self.userID = userID
        self.status = status
        self.datePosted = datePosted
        self.updatedAt = updatedAt
        self.title = title
        self.content = content
    }
}

/// Replaces a whole database by one that is filled from scratch, fast.
///
/// The new file is built beside the old one without journal, flushes or indexes, then indexed,
/// flushed and renamed over it: whoever interrupts it keeps the old database.
public final class BulkLoader {
    private let replacement: DatabaseReplacement
    private let queue: DatabaseQueue
    private var lastPostID: Int64 = 0
    private var lastDatePosted: Int64 = 0

    /// - Throws: ``StoreError/Code/unusable`` when a process has the database open, or when the file
    ///   is something else than a database of this application.
    public init(replacing path: String) throws {
        replacement = try DatabaseReplacement(of: path)
        try SQLiteConnection.createPrivateFile(replacement.buildPath)
        var configuration = GRDB.Configuration()
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA page_size = \(SQLiteConnection.pageBytes)")
            try db.execute(sql: "PRAGMA journal_mode = OFF")
            try db.execute(sql: "PRAGMA synchronous = OFF")
            try db.execute(sql: "PRAGMA cache_size = -65536")
        }
        queue = try DatabaseQueue(path: replacement.buildPath, configuration: configuration)
        try Schema.migrator.migrate(queue)
    }

    /// Adds users; their ids are given by the caller.
    public func add(users: [User]) throws {
        try queue.write { db in
            let insert = try db.cachedStatement(
                sql: "INSERT INTO users (id, username, email, image_file) VALUES (?, ?, ?, ?)")
            for user in users {
                try insert.execute(arguments: [
                    user.author.id, user.author.username, user.email, user.author.imageFile,
                ])
            }
        }
    }

    /// Adds posts, all of them in one call, fastest in ascending order of `(datePosted, id)`.
    ///
    /// - Parameter fill: calls its argument once for each post.
    public func addPosts(
        _ fill: ((borrowing BulkPostColumns) throws -> Void) throws -> Void
    ) throws {
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: Schema.dropIndexes)
            try db.inTransaction {
                let statement = try db.makeStatement(
                    sql: """
                        INSERT INTO posts (status, date_posted, id, user_id, updated_at, title, content)
                        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                        """)
                try fill { post in
                    try Self.insert(post, with: statement.sqliteStatement)
                    lastPostID = max(lastPostID, post.id)
                    lastDatePosted = max(lastDatePosted, post.datePosted.microseconds)
                }
                return .commit
            }
        }
    }

    /// Builds the indexes, makes the file durable, puts it in the old one's place and lets go of it.
    /// The loader is done with then.
    public func finish() throws {
        try queue.writeWithoutTransaction { db in
            // They are still there where no posts were added.
            try db.execute(sql: Schema.dropIndexes)
            try db.execute(sql: Schema.indexes)
            try db.execute(
                sql: "UPDATE feed_state SET last_post_id = ?, last_date_posted = ?",
                arguments: [lastPostID, lastDatePosted])
            guard try String.fetchOne(db, sql: "PRAGMA foreign_key_check") == nil else {
                throw StoreError(.internal, "a post was added whose user was not")
            }
        }
        // The file is opened in this mode later; being in it already leaves nothing to switch.
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        try queue.close()
        try replacement.finish()
    }

    private static func insert(
        _ post: borrowing BulkPostColumns, with statement: OpaquePointer
    ) throws {
        let status: StaticString = post.status == .published ? "published" : "draft"
        let statusStart = UnsafeRawPointer(status.utf8Start).assumingMemoryBound(to: CChar.self)
        sqlite3_bind_text(statement, 1, statusStart, Int32(status.utf8CodeUnitCount), nil)
        sqlite3_bind_int64(statement, 2, post.datePosted.microseconds)
        sqlite3_bind_int64(statement, 3, post.id)
        sqlite3_bind_int64(statement, 4, post.userID)
        if let updatedAt = post.updatedAt {
            sqlite3_bind_int64(statement, 5, updatedAt.microseconds)
        } else {
            sqlite3_bind_null(statement, 5)
        }
        // No destructor (static): the row's bytes outlive the step below.
        bind(statement, 6, post.title)
        bind(statement, 7, post.content)
        let code = sqlite3_step(statement)
        sqlite3_reset(statement)
        guard code == SQLITE_DONE else { throw StoreError(mapping: SQLiteFailure(code: code)) }
    }

    private static func bind(
        _ statement: OpaquePointer, _ parameter: Int32, _ text: UnsafeBufferPointer<UInt8>
    ) {
        let start = UnsafeRawPointer(text.baseAddress)?.assumingMemoryBound(to: CChar.self)
        sqlite3_bind_text(statement, parameter, start, Int32(text.count), nil)
    }
}
