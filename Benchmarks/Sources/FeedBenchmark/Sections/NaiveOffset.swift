import FeedStore
import GRDB
import GRDBSQLite

/// A page by offset as most servers read it: the whole query, and `LIMIT … OFFSET …` behind it, so that every row that
/// is skipped is read and joined first. On the store's own table and with its settings of the connection.
final class NaiveOffset {
    private static let sql = """
        SELECT p.id, p.user_id, p.date_posted, p.updated_at, p.title, p.content, u.username, u.image_file
        FROM posts AS p JOIN users AS u ON u.id = p.user_id
        WHERE p.status = 'published'
        ORDER BY p.date_posted DESC, p.id DESC LIMIT ?1 OFFSET ?2
        """

    private let queue: DatabaseQueue
    private let statement: Statement

    init(database: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.allowsUnsafeTransactions = true
        configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA cache_size = -4096") }
        queue = try DatabaseQueue(path: database, configuration: configuration)
        statement = try queue.unsafeRead { db in
            // As the store does, it keeps its read transaction from page to page; nobody writes.
            try db.execute(sql: "BEGIN")
            return try db.makeStatement(sql: Self.sql)
        }
    }

    /// Reads a page, each column of each row, and returns the ids.
    func page(depth: Int, size: Int) throws -> [Int64] {
        try queue.unsafeRead { _ in
            let handle = statement.sqliteStatement
            defer { sqlite3_reset(handle) }
            sqlite3_bind_int64(handle, 1, Int64(size) + 1)
            sqlite3_bind_int64(handle, 2, Int64(depth))
            var ids: [Int64] = []
            while true {
                let status = sqlite3_step(handle)
                if status == SQLITE_DONE { return Array(ids.prefix(size)) }
                guard status == SQLITE_ROW else { throw BenchmarkFailure("SQLite answered \(status)") }
                for column: Int32 in 4...7 where sqlite3_column_text(handle, column) != nil {
                    _ = sqlite3_column_bytes(handle, column)
                }
                ids.append(sqlite3_column_int64(handle, 0))
            }
        }
    }

    /// Steps of SQLite's virtual machine that a page takes.
    func steps(depth: Int, size: Int) throws -> Int {
        queue.unsafeRead { _ in
            _ = sqlite3_stmt_status(statement.sqliteStatement, SQLITE_STMTSTATUS_VM_STEP, 1)
        }
        _ = try page(depth: depth, size: size)
        return queue.unsafeRead { _ in
            Int(sqlite3_stmt_status(statement.sqliteStatement, SQLITE_STMTSTATUS_VM_STEP, 1))
        }
    }
}
