import GRDB
import GRDBSQLite
import Testing

@testable import FeedStore

@Suite struct StoreErrorTests {
    /// To be tried again, and no fault of the program's: HTTP makes 503 of it. SQLite calls a read that has failed with
    /// EIO a damaged file.
    @Test(arguments: [
        // The second is SQLITE_IOERR_READ, which is no number to Swift.
        SQLITE_IOERR, SQLITE_IOERR | 1 << 8, SQLITE_FULL, SQLITE_CANTOPEN, SQLITE_READONLY,
        SQLITE_NOMEM, SQLITE_PROTOCOL, SQLITE_CORRUPT, SQLITE_BUSY,
    ])
    func aDiskThatFailsIsUnavailable(code: Int32) {
        #expect(StoreError(mapping: SQLiteFailure(code: code)).code == .unavailable)
        let error = DatabaseError(resultCode: ResultCode(rawValue: code))
        #expect(StoreError(mapping: error).code == .unavailable)
    }

    @Test(arguments: [SQLITE_ERROR, SQLITE_CONSTRAINT, SQLITE_MISUSE])
    func aMistakeIsInternal(code: Int32) {
        #expect(StoreError(mapping: SQLiteFailure(code: code)).code == .internal)
    }
}
