import Foundation
import GRDB
import GRDBSQLite

extension SQLiteStore {
    /// Posts that one commit deletes with their user at the most.
    static let deletedPostsPerCommit = 500

    public func createUser(
        username: String, email: String, passwordHash: String?
    ) async throws -> Account {
        try Self.checkText(username, "username")
        try Self.checkText(email, "email")
        return try await writer.write { [firstCredentialVersion] db in
            try Self.withUniqueNames {
                try db.cachedStatement(sql: "INSERT INTO users (username, email) VALUES (?, ?)")
                    .execute(arguments: [username, email])
            }
            let id = db.lastInsertedRowID
            if let passwordHash {
                try db.cachedStatement(
                    sql: "INSERT INTO credentials (user_id, password_hash, version) VALUES (?, ?, ?)"
                ).execute(arguments: [id, passwordHash, firstCredentialVersion()])
            }
            guard let account = try Self.account(db, id: id) else {
                throw StoreError(.internal, "a user that was added is not there")
            }
            return account
        }
    }

    public func account(id: Int64) async throws -> Account? {
        try await readers.read { _, db in try Self.account(db, id: id) }
    }

    public func account(email: String) async throws -> Account? {
        try await readers.read { _, db in
            try Row.fetchOne(
                db.cachedStatement(sql: "\(AccountSQL.account) WHERE u.email = ?"),
                arguments: [EmailKey(email).text]
            ).map(Account.init(row:))
        }
    }

    public func updateAccount(id: Int64, changes: AccountChanges) async throws -> Account? {
        try Self.checkText(changes.username ?? "", "username")
        try Self.checkText(changes.email ?? "", "email")
        return try await writer.write { [firstCredentialVersion] db in
            guard let before = try Self.account(db, id: id, credentialVersion: changes.credentialVersion)
            else { return nil }
            try Self.withUniqueNames {
                try db.cachedStatement(
                    sql: """
                        UPDATE users SET username = coalesce(?, username), email = coalesce(?, email)
                        WHERE id = ?
                        """
                ).execute(arguments: [changes.username, changes.email, id])
            }
            if let hash = changes.passwordHash {
                try db.cachedStatement(
                    sql: """
                        INSERT INTO credentials (user_id, password_hash, version)
                        VALUES (?, ?, ?)
                        ON CONFLICT DO UPDATE SET
                            password_hash = excluded.password_hash, version = version + 1
                        """
                ).execute(arguments: [id, hash, firstCredentialVersion()])
                try Self.deleteSessions(db, of: id)
            } else if let email = changes.email, !email.utf8.elementsEqual(before.user.email.utf8) {
                try Self.endAll(db, of: id)
            }
            return try Self.account(db, id: id)
        }
    }

    public func renewPasswordHash(userID: Int64, from old: String, to new: String) async throws {
        try await writer.write { db in
            try db.cachedStatement(
                sql: "UPDATE credentials SET password_hash = ? WHERE user_id = ? AND password_hash = ?"
            ).execute(arguments: [new, userID, old])
        }
    }

    public func setImageFile(
        userID: Int64, credentialVersion: Int64?, to imageFile: String?
    ) async throws -> (user: User, previous: String?)? {
        try await writer.write { db in
            guard var user = try Self.account(db, id: userID, credentialVersion: credentialVersion)?.user
            else { return nil }
            try db.cachedStatement(sql: "UPDATE users SET image_file = ? WHERE id = ?")
                .execute(arguments: [imageFile, userID])
            let previous = user.author.imageFile
            user.author.imageFile = imageFile
            return (user, previous)
        }
    }

    public func isImageFileUsed(_ imageFile: String) async throws -> Bool {
        try await readers.read { _, db in
            try Bool.fetchOne(
                db.cachedStatement(
                    sql: "SELECT 1 FROM users INDEXED BY users_by_image_file WHERE image_file = ? LIMIT 1"),
                arguments: [imageFile]) ?? false
        }
    }

    public func deleteUser(id: Int64, credentialVersion: Int64?) async throws -> User? {
        var deleted: Int
        repeat {
            deleted = try await writer.write { db in
                guard try Self.account(db, id: id, credentialVersion: credentialVersion) != nil else {
                    return 0
                }
                try db.cachedStatement(
                    sql: """
                        DELETE FROM posts WHERE id IN (
                            SELECT id FROM posts INDEXED BY \(Schema.Index.user) WHERE user_id = ? LIMIT ?)
                        """
                ).execute(arguments: [id, Self.deletedPostsPerCommit])
                return db.changesCount
            }
        } while deleted == Self.deletedPostsPerCommit
        return try await writer.write { db in
            guard let user = try Self.account(db, id: id, credentialVersion: credentialVersion)?.user
            else { return nil }
            // What was written since the last step goes with it.
            try db.cachedStatement(sql: "DELETE FROM users WHERE id = ?").execute(arguments: [id])
            return user
        }
    }

    // MARK: Parts

    static func account(_ db: Database, id: Int64) throws -> Account? {
        try Row.fetchOne(
            db.cachedStatement(sql: "\(AccountSQL.account) WHERE u.id = ?"), arguments: [id]
        ).map(Account.init(row:))
    }

    /// The account of a user, if its credentials are those that were checked.
    ///
    /// - Parameter credentialVersion: `nil` for any.
    private static func account(
        _ db: Database, id: Int64, credentialVersion: Int64?
    ) throws -> Account? {
        guard let account = try account(db, id: id),
            credentialVersion == nil || account.credentials?.version == credentialVersion
        else { return nil }
        return account
    }

    private static func withUniqueNames(_ write: () throws -> Void) throws {
        do {
            try write()
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE {
            let field = error.message?.hasSuffix("users.email") == true ? "email" : "username"
            throw StoreError(.conflict, "this \(field) is taken", field: field)
        }
    }
}

private enum AccountSQL {
    static let account = """
        SELECT u.id, u.username, u.image_file, u.email, c.password_hash, c.version
        FROM users AS u LEFT JOIN credentials AS c ON c.user_id = u.id
        """
}

extension User {
    /// - Parameter row: begins with `id`, `username`, `image_file` and `email`.
    init(row: Row) {
        self.init(author: Author(id: row[0], username: row[1], imageFile: row[2]), email: row[3])
    }
}

extension Account {
    fileprivate init(row: Row) {
        let hash: String? = row[4]
        self.init(
            user: User(row: row),
            credentials: hash.map { Credentials(passwordHash: $0, version: row[5]) })
    }
}
