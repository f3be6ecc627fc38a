import GRDB
import GRDBSQLite

/// A result code of SQLite other than success.
struct SQLiteFailure: Error {
    /// With its extension, where there is one: https://www.sqlite.org/rescode.html
    let code: Int32

    init(code: Int32) {
        self.code = code
    }

    /// `nil` for an error that is not SQLite's.
    init?(_ error: any Error) {
        switch error {
        case let error as SQLiteFailure: self = error
        case let error as DatabaseError: code = error.extendedResultCode.rawValue
        default: return nil
        }
    }

    /// Another connection holds a lock; nothing was read.
    var isBusy: Bool { primary == SQLITE_BUSY || primary == SQLITE_LOCKED }

    /// The statement was ended from outside: at its deadline, or because nobody wants its result any more.
    var isInterrupt: Bool { primary == SQLITE_INTERRUPT }

    /// Whether it is the file's, the disk's or the machine's fault, and not the statement's: whatever else is asked of
    /// the database now may fail in the same way, and may do so no more when the cause has been removed.
    var concernsAll: Bool { Self.concerningAll.contains(primary) }

    /// All primary codes of which that is true. The others are the statement's own (a constraint, a value that is too
    /// large, a mistake in SQL), mistakes in how SQLite is called, or not given by these functions.
    static let concerningAll: Set<Int32> = [
        SQLITE_PERM, SQLITE_ABORT, SQLITE_BUSY, SQLITE_LOCKED, SQLITE_NOMEM, SQLITE_READONLY, SQLITE_IOERR,
        SQLITE_CORRUPT, SQLITE_FULL, SQLITE_CANTOPEN, SQLITE_PROTOCOL, SQLITE_NOLFS, SQLITE_NOTADB,
    ]

    /// The code without its extension.
    private var primary: Int32 { code & 0xff }
}

extension StoreError {
    /// What an error of the engine means to the store's callers. Other errors stay what they say.
    init(mapping error: any Error) {
        if let error = error as? StoreError {
            self = error
        } else if let failure = SQLiteFailure(error) {
            let detail =
                (error as? DatabaseError).map { "\($0)" }
                ?? "\(String(cString: sqlite3_errstr(failure.code))) (\(failure.code))"
            self.init(failure, detail)
        } else {
            self.init(.internal, "\(error)")
        }
    }

    private init(_ failure: SQLiteFailure, _ detail: String) {
        if failure.isBusy {
            self.init(.unavailable, "the database is locked: \(detail)")
        } else if failure.isInterrupt {
            self.init(.timeout, "the read was interrupted at its deadline")
        } else if failure.concernsAll {
            self.init(.unavailable, "the database can't be used: \(detail)")
        } else {
            self.init(.internal, "SQLite: \(detail)")
        }
    }
}
