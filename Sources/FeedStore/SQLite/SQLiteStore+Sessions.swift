import Foundation
import GRDB

extension SQLiteStore {
    /// Expired sessions that a new one removes at the most.
    private static let removedSessions = 16

    public func createSession(
        key: [UInt8], userID: Int64, credentialVersion: Int64, expiresAt: Timestamp, origin: SessionOrigin
    ) async throws -> Bool {
        try await writer.write { [now] db in
            guard try Self.account(db, id: userID)?.credentials?.version == credentialVersion else {
                return false
            }
            let now = now().microseconds
            try db.cachedStatement(sql: SessionSQL.deleteExpired).execute(
                arguments: [now, Self.removedSessions])
            try db.cachedStatement(sql: SessionSQL.deleteOldest).execute(
                arguments: [userID, UserSession.maximumPerUser - 1])
            try db.cachedStatement(sql: SessionSQL.insert).execute(
                arguments: [
                    Data(key), UserSession.idLength, userID, now, now, expiresAt.microseconds,
                    origin.userAgent, origin.address,
                ])
            return true
        }
    }

    public func session(
        key: [UInt8], now: Timestamp
    ) async throws -> (user: User, session: UserSession)? {
        try await readers.read { _, db in
            try Row.fetchOne(
                db.cachedStatement(sql: SessionSQL.session), arguments: [Data(key), now.microseconds]
            ).map { (User(row: $0), UserSession(row: $0, from: 4)) }
        }
    }

    public func touchSession(key: [UInt8], at time: Timestamp) async throws {
        try await writer.write { db in
            try db.cachedStatement(
                sql: "UPDATE sessions SET last_used_at = ?1 WHERE key = ?2 AND last_used_at < ?1"
            ).execute(arguments: [time.microseconds, Data(key)])
        }
    }

    public func sessions(userID: Int64, now: Timestamp) async throws -> [UserSession] {
        try await readers.read { _, db in
            try Row.fetchAll(
                db.cachedStatement(sql: SessionSQL.sessions), arguments: [userID, now.microseconds]
            ).map { UserSession(row: $0, from: 0) }
        }
    }

    @discardableResult
    public func deleteSession(key: [UInt8]) async throws -> Int64? {
        try await writer.write { db in
            let key = Data(key)
            let owner = try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT user_id FROM sessions WHERE key = ?"), arguments: [key])
            try db.cachedStatement(sql: "DELETE FROM sessions WHERE key = ?").execute(arguments: [key])
            return owner
        }
    }

    public func deleteSession(id: [UInt8], userID: Int64) async throws -> Bool {
        try await writer.write { db in
            // A user has few: no index of its own finds one.
            try db.cachedStatement(
                sql: """
                    DELETE FROM sessions WHERE key IN (
                        SELECT key FROM sessions INDEXED BY sessions_by_user WHERE user_id = ? AND id = ?)
                    """
            ).execute(arguments: [userID, Data(id)])
            return db.changesCount > 0
        }
    }

    public func endSessions(userID: Int64) async throws -> Account? {
        try await writer.write { db in
            try Self.endAll(db, of: userID)
            return try Self.account(db, id: userID)
        }
    }

    // MARK: Parts of a write

    /// Voids all that was issued for a user's credentials.
    static func endAll(_ db: Database, of userID: Int64) throws {
        try db.cachedStatement(sql: "UPDATE credentials SET version = version + 1 WHERE user_id = ?")
            .execute(arguments: [userID])
        try deleteSessions(db, of: userID)
    }

    static func deleteSessions(_ db: Database, of userID: Int64) throws {
        try db.cachedStatement(sql: "DELETE FROM sessions WHERE user_id = ?").execute(arguments: [userID])
    }
}

private enum SessionSQL {
    private static let columns =
        "s.id, s.created_at, s.last_used_at, s.expires_at, s.user_agent, s.address"

    static let session = """
        SELECT u.id, u.username, u.image_file, u.email, \(columns)
        FROM sessions AS s CROSS JOIN users AS u ON u.id = s.user_id
        WHERE s.key = ? AND s.expires_at > ?
        """

    static let sessions = """
        SELECT \(columns) FROM sessions AS s INDEXED BY sessions_by_user
        WHERE s.user_id = ? AND s.expires_at > ? ORDER BY s.created_at DESC, s.key DESC
        """

    static let insert = """
        INSERT INTO sessions
            (key, id, user_id, created_at, last_used_at, expires_at, user_agent, address)
        VALUES (?, randomblob(?), ?, ?, ?, ?, ?, ?)
        """

    static let deleteExpired = """
        DELETE FROM sessions WHERE key IN (
            SELECT key FROM sessions INDEXED BY sessions_by_expiry
            WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)
        """

    /// All but so many of a user's newest.
    static let deleteOldest = """
        DELETE FROM sessions WHERE key IN (
            SELECT key FROM sessions INDEXED BY sessions_by_user
            WHERE user_id = ? ORDER BY created_at DESC, key DESC LIMIT -1 OFFSET ?)
        """
}

extension UserSession {
    fileprivate init(row: Row, from column: Int) {
        let id: Data = row[column]
        self.init(
            id: Array(id), createdAt: Timestamp(microseconds: row[column + 1]),
            lastUsedAt: Timestamp(microseconds: row[column + 2]),
            expiresAt: Timestamp(microseconds: row[column + 3]),
            origin: SessionOrigin(userAgent: row[column + 4], address: row[column + 5]))
    }
}
