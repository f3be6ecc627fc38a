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
    private let path: String
    private let buildPath: String
    private var isFinished = false
    private let lock: FileLock
    private let queue: DatabaseQueue
    private var lastPostID: Int64 = 0
    private var lastDatePosted: Int64 = 0

    /// - Throws: ``StoreError/Code/unusable`` when a process has the database open, or when the file
    ///   is something else than a database of this application.
    public init(replacing path: String) throws {
        let path = try SQLiteConnection.prepareFolder(of: path)
        self.path = path
        buildPath = path + ".new"
        lock = try FileLock(besides: path)
        try SQLiteConnection.checkUsable(path: path)
        try Self.removeFiles(of: buildPath)
        try SQLiteConnection.createPrivateFile(buildPath)
        var configuration = GRDB.Configuration()
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA page_size = \(SQLiteConnection.pageBytes)")
            try db.execute(sql: "PRAGMA journal_mode = OFF")
            try db.execute(sql: "PRAGMA synchronous = OFF")
            try db.execute(sql: "PRAGMA cache_size = -65536")
        }
        queue = try DatabaseQueue(path: buildPath, configuration: configuration)
        try Schema.migrator.migrate(queue)
    }

    deinit {
        // What was not finished is of no use; a leftover is removed by the next load at the latest.
        if !isFinished { try? Self.removeFiles(of: buildPath) }
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
        try Self.flush(buildPath)
        try Self.emptyLog(of: path)
        guard rename(buildPath, path) == 0 else {
            throw StoreError(.unusable, "\(path) can't be replaced: \(String(cString: strerror(errno)))")
        }
        try Self.flush(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        isFinished = true
        lock.release()
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

    /// Moves what the old database's log holds into its file, so that the log can neither be missed by
    /// the old file, if the replacement does not happen, nor be replayed into the new one.
    private static func emptyLog(of path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let old = try SQLiteConnection.openWriter(path: path)
        // The last connection to be closed removes the log.
        _ = try old.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try old.close()
    }

    private static func removeFiles(of path: String) throws {
        for suffix in ["", "-wal", "-shm", "-journal"]
        where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
    }

    private static func flush(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StoreError(.unusable, "\(path) can't be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw StoreError(.unusable, "\(path) can't be flushed: \(String(cString: strerror(errno)))")
        }
    }
}
