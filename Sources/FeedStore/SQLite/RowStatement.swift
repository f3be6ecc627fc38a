import GRDB
import GRDBSQLite

/// A prepared statement of one connection, read column by column without objects in between.
struct RowStatement {
    /// Keeps the prepared statement alive; GRDB finalizes it.
    private let statement: Statement
    private var handle: OpaquePointer { statement.sqliteStatement }

    init(_ db: Database, sql: String) throws {
        statement = try db.makeStatement(sql: sql)
    }

    func bind(_ parameter: Int32, _ value: Int64) throws(SQLiteFailure) {
        try check(sqlite3_bind_int64(handle, parameter, value))
    }

    /// - Parameter text: static, because SQLite keeps the pointer.
    func bind(_ parameter: Int32, _ text: StaticString) throws(SQLiteFailure) {
        let start = UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
        try check(sqlite3_bind_text(handle, parameter, start, Int32(text.utf8CodeUnitCount), nil))
    }

    /// Moves to the next row; `false` behind the last one.
    func step() throws(SQLiteFailure) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw SQLiteFailure(code: code)
        }
    }

    /// Ends the read. The code it returns repeats what `step` has thrown.
    func reset() {
        sqlite3_reset(handle)
    }

    func integer(_ column: Int32) -> Int64 {
        sqlite3_column_int64(handle, column)
    }

    func optionalInteger(_ column: Int32) -> Int64? {
        sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : sqlite3_column_int64(handle, column)
    }

    /// Valid until the statement moves on.
    func text(_ column: Int32) -> BorrowedText {
        // The pointer has to be asked for before the length: it may convert the value.
        let start = sqlite3_column_text(handle, column)
        let count = Int(sqlite3_column_bytes(handle, column))
        return BorrowedText(bytes: UnsafeBufferPointer(start: start, count: count))
    }

    func optionalText(_ column: Int32) -> BorrowedText? {
        sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : text(column)
    }

    /// Steps of SQLite's virtual machine since the last call: a cost that no machine's speed changes.
    func takeVirtualMachineSteps() -> Int {
        Int(sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_VM_STEP, 1))
    }

    private func check(_ code: Int32) throws(SQLiteFailure) {
        if code != SQLITE_OK { throw SQLiteFailure(code: code) }
    }
}
