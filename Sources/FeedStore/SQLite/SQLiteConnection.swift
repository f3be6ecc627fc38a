import Foundation
import GRDB

/// Opens connections: the one place where pragmas and open flags stand.
enum SQLiteConnection {
    /// How long a statement that may wait (never one on an event loop) waits for a lock, in seconds.
    static let busyTimeout: Double = 5

    /// Bytes of a page of the file.
    static let pageBytes = 8_192

    /// Bytes of page cache of one reading connection. Small: the hot pages of a feed are few, and
    /// the operating system caches the file as well.
    static let readerCacheBytes = 4 << 20

    /// Bytes of page cache of the writing connection.
    static let writerCacheBytes = 8 << 20

    /// Bytes that the log's file keeps when it is begun anew: twice what it usually gets to.
    static let logBytes = 16 << 20

    /// The one read-write connection of a file. Creates the file where there is none.
    static func openWriter(path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "feed-store.writer"
        configuration.busyMode = .timeout(busyTimeout)
        configuration.prepareDatabase { db in
            // Of a new file: a page of the feed then lies in one or two pages of it.
            try db.execute(sql: "PRAGMA page_size = \(pageBytes)")
            // Readers don't wait for the writer, nor it for them.
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            // A commit is on the disk before it is acknowledged; NORMAL could lose it with the power.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA cache_size = -\(writerCacheBytes / 1024)")
            // A log that one long read made large does not stay large.
            try db.execute(sql: "PRAGMA journal_size_limit = \(logBytes)")
            // Functions in a schema that somebody else wrote run nothing.
            try db.execute(sql: "PRAGMA trusted_schema = OFF")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// A connection that can only read, and by default gives up at once where it would wait.
    static func openReader(path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "feed-store.reader"
        configuration.readonly = true
        // A reader keeps its snapshot from one read to the next.
        configuration.allowsUnsafeTransactions = true
        configuration.busyMode = .immediateError
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA query_only = ON")
            try db.execute(sql: "PRAGMA cache_size = -\(readerCacheBytes / 1024)")
            try db.execute(sql: "PRAGMA trusted_schema = OFF")
            // Sorting never spills into a file; nothing on the feed's way sorts at all.
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Makes the folder of a database, and resolves links in its path: one file has one lock beside it,
    /// by whatever name it is opened.
    static func prepareFolder(of path: String) throws -> String {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }

    /// Makes an empty file that only its owner can read, where there is none. SQLite gives the same
    /// mode to the files that it puts beside it.
    static func createPrivateFile(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(.unusable, "\(path) can't be opened: \(String(cString: strerror(errno)))")
        }
        close(descriptor)
    }

    /// Whether there is a file of this name.
    ///
    /// - Throws: ``StoreError/Code/unusable`` when the disk does not say: a file that can't be looked at is not one
    ///   that is not there, in whose place something may be put.
    static func isThere(_ path: String) throws -> Bool {
        var status = stat()
        if stat(path, &status) == 0 { return true }
        guard errno == ENOENT || errno == ENOTDIR else {
            throw StoreError(.unusable, "\(path) can't be looked at: \(String(cString: strerror(errno)))")
        }
        return false
    }

    /// Looks at a file before anything is written to it.
    ///
    /// - Throws: ``StoreError/Code/unusable`` when the file is no database, another application's,
    ///   or written by a newer version. The file is left as it was.
    static func checkUsable(path: String) throws {
        guard try isThere(path) else { return }
        try checkHeader(path: path)
        do {
            // A crash while a file was made leaves a journal, which only a writer may roll back.
            let hasJournal = try isThere(path + "-journal")
            let queue = try hasJournal ? DatabaseQueue(path: path) : openReader(path: path)
            defer {
                // The connection only read; there is nothing to lose when closing fails.
                try? queue.close()
            }
            try queue.unsafeRead { db in
                let applicationID = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
                // The migrator's own table is committed before there is anything else: a first start that the disk or
                // a kill has ended between the two leaves a file that is as good as empty.
                let isEmpty =
                    try Int.fetchOne(
                        db, sql: "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> 'grdb_migrations'")
                    == 0
                if applicationID != Schema.applicationID, !isEmpty {
                    throw StoreError(.unusable, "\(path) is a database of another application")
                }
                if try Schema.migrator.hasBeenSuperseded(db) {
                    throw StoreError(
                        .unusable, "\(path) was written by a newer version of this program; update it")
                }
            }
        } catch let error as DatabaseError {
            throw StoreError(.unusable, "\(path) can't be read: \(error.message ?? "SQLite error")")
        }
    }

    /// The first bytes of a database file, see https://www.sqlite.org/fileformat2.html#the_database_header
    private static func checkHeader(path: String) throws {
        let magic = Array("SQLite format 3\u{0}".utf8)
        let head: Data?
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            head = try file.read(upToCount: magic.count)
            try file.close()
        } catch {
            throw StoreError(.unusable, "\(path) can't be read: \(error.localizedDescription)")
        }
        // An empty file is what an interrupted first start leaves behind: a new database.
        guard let head, !head.isEmpty else { return }
        guard Array(head) == magic else {
            throw StoreError(.unusable, "\(path) is not an SQLite database")
        }
    }
}
