/// The accounts of users: what they log in with, their sessions and their pictures.
///
/// Every write has been made durable when its function returns. What a write throws is described at
/// ``Store``.
public protocol AccountStore: Sendable {
    /// - Parameter passwordHash: what the password is checked against; `nil` for a user who can't log in.
    /// - Throws: ``StoreError/Code/conflict`` when the username or the email is taken, whatever the
    ///   case of its ASCII letters: an email of the same ``EmailKey``.
    func createUser(username: String, email: String, passwordHash: String?) async throws -> Account

    /// The account of a user, or `nil`.
    func account(id: Int64) async throws -> Account?

    /// The account with an email of the same ``EmailKey``, or `nil`.
    func account(email: String) async throws -> Account?

    /// Changes an account; what is `nil` stays. A new password, and an email with other bytes than before, raise the
    /// credentials' version and end every session.
    ///
    /// - Returns: the account as it is now, or `nil` when there is none, or none with these credentials.
    /// - Throws: ``StoreError/Code/conflict`` as ``createUser(username:email:passwordHash:)`` does.
    func updateAccount(id: Int64, changes: AccountChanges) async throws -> Account?

    /// Puts another hash of the same password in the place of an older one: tokens and sessions stay
    /// good. Does nothing where the hash is no longer the old one.
    func renewPasswordHash(userID: Int64, from old: String, to new: String) async throws

    /// Sets or removes a user's picture.
    ///
    /// - Parameter credentialVersion: of the credentials that were checked; `nil` for any.
    /// - Returns: the user as it is now, and the file name that was there before; or `nil` when there
    ///   is no such user, or none with these credentials.
    func setImageFile(
        userID: Int64, credentialVersion: Int64?, to imageFile: String?
    ) async throws -> (user: User, previous: String?)?

    /// Whether a picture is anyone's.
    func isImageFileUsed(_ imageFile: String) async throws -> Bool

    /// Deletes a user with its posts, some in a commit, so that a user with very many of them holds up
    /// nobody else's writes. The user itself goes last: whoever is interrupted can do it again.
    ///
    /// - Parameter credentialVersion: of the credentials that were checked; `nil` for any. Where they have changed,
    ///   nothing is deleted, nor anything more of what was begun.
    /// - Returns: the user that was deleted, or `nil` when there was none, or none with these credentials.
    func deleteUser(id: Int64, credentialVersion: Int64?) async throws -> User?

    /// Keeps a session. Where its user has ``UserSession/maximumPerUser``, the oldest ends.
    ///
    /// - Parameters:
    ///   - key: a digest of what the client holds; 32 bytes.
    ///   - credentialVersion: of the password that was checked. Where it has changed meanwhile, there
    ///     is no session.
    ///   - origin: within its bounds.
    /// - Returns: whether there is a session now.
    func createSession(
        key: [UInt8], userID: Int64, credentialVersion: Int64, expiresAt: Timestamp, origin: SessionOrigin
    ) async throws -> Bool

    /// A session that has not expired, and its user; or `nil`.
    func session(key: [UInt8], now: Timestamp) async throws -> (user: User, session: UserSession)?

    /// Keeps when a session was used, unless it was used later.
    func touchSession(key: [UInt8], at time: Timestamp) async throws

    /// A user's sessions that have not expired, newest first.
    func sessions(userID: Int64, now: Timestamp) async throws -> [UserSession]

    /// Ends a session, if there is one.
    ///
    /// - Returns: whose it was.
    @discardableResult
    func deleteSession(key: [UInt8]) async throws -> Int64?

    /// Ends a session of a user.
    ///
    /// - Parameter id: ``UserSession/id``.
    /// - Returns: whether there was one.
    func deleteSession(id: [UInt8], userID: Int64) async throws -> Bool

    /// Raises the version of a user's credentials, and ends every session.
    ///
    /// - Returns: the account as it is now, or `nil` when there is none.
    func endSessions(userID: Int64) async throws -> Account?
}

extension AccountStore {
    /// The user of a session that has not expired, or `nil`.
    public func sessionUser(key: [UInt8], now: Timestamp) async throws -> User? {
        try await session(key: key, now: now)?.user
    }

    /// Adds a user who can't log in.
    public func createUser(username: String, email: String) async throws -> User {
        try await createUser(username: username, email: email, passwordHash: nil).user
    }
}

/// A user with what it logs in with.
public struct Account: Hashable, Sendable {
    public var user: User
    /// `nil` for a user who can't log in.
    public var credentials: Credentials?

    public init(user: User, credentials: Credentials?) {
        self.user = user
        self.credentials = credentials
    }
}

/// What a user logs in with.
public struct Credentials: Hashable, Sendable {
    public var passwordHash: String
    /// Rises with every change of the password or of the email, and when all sessions are ended: what was issued for an older one is void. It begins
    /// with a random number, so that what was issued for another database's user of the same id is void, too.
    public var version: Int64

    public init(passwordHash: String, version: Int64) {
        self.passwordHash = passwordHash
        self.version = version
    }
}

/// What ``AccountStore/updateAccount(id:changes:)`` changes; `nil` leaves a field as it is.
public struct AccountChanges: Hashable, Sendable {
    public var username: String?
    public var email: String?
    public var passwordHash: String?
    /// Of the credentials that were checked. Where they have changed meanwhile, nothing is changed;
    /// `nil` for any.
    public var credentialVersion: Int64?

    public init(
        username: String? = nil, email: String? = nil, passwordHash: String? = nil,
        credentialVersion: Int64? = nil
    ) {
        self.username = username
        self.email = email
        self.passwordHash = passwordHash
        self.credentialVersion = credentialVersion
    }
}
