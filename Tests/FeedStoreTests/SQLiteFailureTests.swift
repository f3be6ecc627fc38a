import GRDB
import GRDBSQLite
import Testing

@testable import FeedStore

/// What SQLite's result codes mean to clients: https://www.sqlite.org/rescode.html
@Suite struct SQLiteFailureTests {
    /// All primary codes from SQLITE_ERROR to SQLITE_NOTADB, and what is answered: each stands here, so that none is
    /// forgotten.
    private static let codes: [(code: Int32, meaning: StoreError.Code)] = [
        (SQLITE_ERROR, .internal), (SQLITE_INTERNAL, .internal), (SQLITE_PERM, .unavailable),
        (SQLITE_ABORT, .unavailable), (SQLITE_BUSY, .unavailable), (SQLITE_LOCKED, .unavailable),
        (SQLITE_NOMEM, .unavailable), (SQLITE_READONLY, .unavailable), (SQLITE_INTERRUPT, .timeout),
        (SQLITE_IOERR, .unavailable), (SQLITE_CORRUPT, .unavailable), (SQLITE_NOTFOUND, .internal),
        (SQLITE_FULL, .unavailable), (SQLITE_CANTOPEN, .unavailable), (SQLITE_PROTOCOL, .unavailable),
        (SQLITE_EMPTY, .internal), (SQLITE_SCHEMA, .internal), (SQLITE_TOOBIG, .internal),
        (SQLITE_CONSTRAINT, .internal), (SQLITE_MISMATCH, .internal), (SQLITE_MISUSE, .internal),
        (SQLITE_NOLFS, .unavailable), (SQLITE_AUTH, .internal), (SQLITE_FORMAT, .internal),
        (SQLITE_RANGE, .internal), (SQLITE_NOTADB, .unavailable),
    ]

    @Test func everyCodeHasAMeaning() {
        #expect(Self.codes.map(\.code) == Array(SQLITE_ERROR...SQLITE_NOTADB))
        for (code, meaning) in Self.codes {
            // With and without an extension, from either way of calling SQLite.
            for code in [code, code | 7 << 8] {
                #expect(StoreError(mapping: SQLiteFailure(code: code)).code == meaning, "\(code)")
                let error = DatabaseError(resultCode: ResultCode(rawValue: code))
                #expect(StoreError(mapping: error).code == meaning, "\(code)")
                #expect(SQLiteFailure(error)?.concernsAll == (meaning == .unavailable), "\(code)")
            }
        }
    }

    /// The other writes of its commit are not carried out either: nothing after it can be trusted.
    @Test(arguments: [ResultCode.SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_FULL])
    func aWriteThatMeetsOneIsUnavailable(_ code: ResultCode) async throws {
        let fixture = try StoreFixture(dates: [1])
        let error = await #expect(throws: StoreError.self) {
            try await fixture.store.writer.write { _ in throw DatabaseError(resultCode: code) }
        }
        #expect(error?.code == .unavailable)
        #expect(try await fixture.store.count(.posts) == 1)
    }
}
