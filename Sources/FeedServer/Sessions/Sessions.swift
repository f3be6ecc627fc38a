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

    private var cookieName: String { isSecure ? "__Host-session" : "session" }

    /// Begins a session.
    ///
    /// - Returns: the `Set-Cookie` field, or `nil` when the account is gone or has another password or email by now.
    func begin(for account: Account) async throws -> String? {
        guard let version = account.credentials?.version else { return nil }
        var generator = SystemRandomNumberGenerator()
        let key = (0..<Self.keyBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let text = key.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
        let expiry = Timestamp(microseconds: now().microseconds + Int64(lifetime) * 1_000_000)
        let isBegun = try await store.createSession(
            key: Self.digest(text), userID: account.user.author.id, credentialVersion: version,
            expiresAt: expiry, origin: SessionOrigin())
        guard isBegun else { return nil }
        return cookie(text, maximumAge: lifetime)
    }

    /// Who has sent a request, `nil` for a stranger.
    func user(_ head: HTTPRequest) async throws -> User? {
        guard let key = key(head) else { return nil }
        return try await store.sessionUser(key: Self.digest(key), now: now())
    }

    /// Ends the session of a request, if it has one.
    ///
    /// - Returns: the `Set-Cookie` field that makes the browser forget it.
    func end(_ head: HTTPRequest) async throws -> String {
        if let key = key(head) { try await store.deleteSession(key: Self.digest(key)) }
        return cookie("", maximumAge: 0)
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
