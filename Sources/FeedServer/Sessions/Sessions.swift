import Crypto
import FeedStore
import HTTPTypes

/// Who is logged in with a browser: a random key in a cookie, its digest in the store.
///
/// The cookie is `HttpOnly`, so that no script reads it, and `SameSite=Lax`, so that no other site's
/// form sends it. Logging out, a new password and a new email end a session in the store, wherever its cookie has
/// been copied to. The API looks at bearer tokens only.
struct Sessions: Sendable {
    /// Random bytes of a key.
    private static let keyBytes = 32

    let store: any AccountStore
    /// Seconds that a session lasts.
    let lifetime: Int
    /// Whether browsers may send the cookie over HTTPS only. Its name then says so to them, too
    /// (https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis, section 4.1.3.2).
    let isSecure: Bool
    let now: @Sendable () -> Timestamp
    private let audit: AuditLog
    private let uses = SessionUses()

    init(
        store: any AccountStore, lifetime: Int, isSecure: Bool, audit: AuditLog = .off,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.lifetime = lifetime
        self.isSecure = isSecure
        self.audit = audit
        self.now = now
    }

    private var cookieName: String { isSecure ? "__Host-session" : "session" }

    /// Begins a session.
    ///
    /// - Returns: the `Set-Cookie` field, or `nil` when the account is gone or has another password or email by now.
    func begin(for account: Account, origin: SessionOrigin) async throws -> String? {
        guard let version = account.credentials?.version else { return nil }
        var generator = SystemRandomNumberGenerator()
        let key = (0..<Self.keyBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let text = key.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
        let expiry = Timestamp(microseconds: now().microseconds + Int64(lifetime) * 1_000_000)
        let isBegun = try await store.createSession(
            key: Self.digest(text), userID: account.user.author.id, credentialVersion: version,
            expiresAt: expiry, origin: origin)
        guard isBegun else { return nil }
        audit.record(.beginSession, of: .init(account: account.user.author.id), from: origin.address)
        return cookie(text, maximumAge: lifetime)
    }

    /// Who has sent a request, `nil` for a stranger.
    func user(_ head: HTTPRequest) async throws -> User? {
        guard let key = key(head).map(Self.digest) else { return nil }
        let now = now()
        guard let (user, session) = try await store.session(key: key, now: now) else { return nil }
        await uses.note(session, now: now) { try await store.touchSession(key: key, at: now) }
        return user
    }

    /// The sessions of the user who has sent a request, newest first, and which of them is the request's own.
    func all(_ head: HTTPRequest) async throws -> (sessions: [UserSession], own: UserSession.ID?) {
        guard let key = key(head).map(Self.digest),
            let (user, own) = try await store.session(key: key, now: now())
        else { return ([], nil) }
        return (try await all(of: user.author.id), own.id)
    }

    /// A user's sessions, newest first.
    func all(of userID: Int64) async throws -> [UserSession] {
        try await store.sessions(userID: userID, now: now())
    }

    /// Ends one of a user's sessions.
    ///
    /// - Returns: whether there was such a session.
    func end(_ id: UserSession.ID, of userID: Int64, from client: ClientAddress) async throws -> Bool {
        let hasEnded = try await store.deleteSession(id: id, userID: userID)
        if hasEnded { record(.one, userID, client) }
        return hasEnded
    }

    /// Ends all of a user's sessions, and all tokens.
    ///
    /// - Returns: the account with the credentials of which new ones may be issued, or `nil` when it is gone.
    func endAll(of userID: Int64, from client: ClientAddress) async throws -> Account? {
        let account = try await store.endSessions(userID: userID)
        if account != nil { record(.all, userID, client) }
        return account
    }

    /// Ends the session of a request, if it has one.
    ///
    /// - Returns: the `Set-Cookie` field that makes the browser forget it.
    func end(_ visit: Visit) async throws -> String {
        if let key = key(visit.head), let owner = try await store.deleteSession(key: Self.digest(key)) {
            record(.logOut, owner, visit.client)
        }
        return cookie("", maximumAge: 0)
    }

    private func record(_ ending: AuditLog.Ending, _ userID: Int64, _ client: ClientAddress) {
        audit.record(.endSession(ending), of: .init(account: userID), from: client.text)
    }

    private func cookie(_ value: String, maximumAge: Int) -> String {
        "\(cookieName)=\(value); Max-Age=\(maximumAge); Path=/; HttpOnly; SameSite=Lax"
            + (isSecure ? "; Secure" : "")
    }

    /// The key in the `Cookie` fields (RFC 6265, section 5.4), if one has the form of a key.
    private func key(_ head: HTTPRequest) -> String? {
        let prefix = cookieName + "="
        for field in head.headerFields[values: .cookie] {
            for pair in field.utf8.split(separator: UInt8(ascii: ";")) {
                let pair = pair.drop { $0 == UInt8(ascii: " ") }
                guard pair.starts(with: prefix.utf8) else { continue }
                let value = pair.dropFirst(prefix.utf8.count)
                if value.count == Self.keyLength { return String(Substring(value)) }
            }
        }
        return nil
    }

    /// Characters of a key, in hexadecimal digits.
    private static let keyLength = 2 * keyBytes

    /// What is stored: whoever reads the database can't log in with it.
    private static func digest(_ key: String) -> [UInt8] {
        Array(SHA256.hash(data: Array(key.utf8)))
    }
}
