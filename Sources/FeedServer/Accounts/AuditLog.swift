import Crypto
import FeedStore
import Foundation

/// The audit log: a line for every log-in and log-out and every change of an account, done or refused.
///
/// `2026-11-21T07:53:18.123456Z audit authn_login_fail account=7 client=192.0.2.1 outcome=failure reason=unauthorized`
///
/// Events have the names of OWASP's Application Logging Vocabulary where it has one. Nothing of a line is a client's
/// text: it is made of the server's own words, of numbers, addresses and digests. So it holds no secret, and nobody
/// writes lines of his own. Who logs in or registers is told by a keyed digest of the e-mail address that was given, which
/// is the same for the same address; the id of an account stands only where its owner was sure to be asking.
final class AuditLog: Sendable {
    /// What somebody does, or tries to.
    enum Action: Hashable, Sendable {
        case register
        case logIn
        /// A browser is logged in.
        case beginSession
        case endSession(Ending)
        /// - Parameter fields: the server's names of them.
        case change(fields: [String])
        case delete
    }

    /// How sessions end before their time.
    enum Ending: String, Sendable {
        /// Of the browser itself.
        case logOut = "logout"
        /// One, from elsewhere.
        case one
        /// All, with all tokens.
        case all
    }

    /// Who does it, as far as is known.
    struct Subject: Hashable, Sendable {
        var account: Int64?
        /// As it was given: it may be anybody's, or any text.
        var email: String?
    }

    /// Bytes of a digest that are shown.
    private static let digestLength = 8

    /// What writes the lines; `nil` where none are.
    let lines: LineBatches?
    private let key: SymmetricKey
    private let now: @Sendable () -> Timestamp

    /// Writes nothing.
    static let off = AuditLog(lines: nil, secret: [])

    /// - Parameter secret: kept by the operator. The key of digests is derived from it with HKDF-SHA256 (RFC 5869).
    init(lines: LineBatches?, secret: [UInt8], now: @escaping @Sendable () -> Timestamp = { .now }) {
        self.lines = lines
        self.now = now
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret), info: Data("feed-server audit log v1".utf8),
            outputByteCount: SHA256.byteCount)
    }

    /// Does something that concerns an account, and records what has become of it.
    ///
    /// - Parameters:
    ///   - subject: who does it, as far as is known before.
    ///   - client: where the request is from.
    /// - Returns: the account that it was done to.
    func recording(
        _ action: Action, of subject: Subject, from client: ClientAddress, _ body: () async throws -> Account
    ) async throws -> Account {
        do {
            let account = try await body()
            let subject = Subject(account: account.user.author.id, email: subject.email)
            record(action, of: subject, from: client.text)
            return account
        } catch {
            record(action, of: subject, from: client.text, failure: Self.reason(of: error))
            throw error
        }
    }

    /// Records what has been done.
    ///
    /// - Parameters:
    ///   - client: an address as text, `nil` where it is not known.
    ///   - failure: why it was not done; `nil` where it was.
    func record(
        _ action: Action, of subject: Subject, from client: String?, failure: Problem.Code? = nil
    ) {
        guard let lines else { return }
        // Before the lines' lock is taken, which every thread waits for.
        var words = " audit \(action.event(failure)) \(text(of: subject)) client=\(client ?? "-")"
        words += " outcome=\(failure == nil ? "success" : "failure")"
        if let failure { words += " reason=\(failure.rawValue)" }
        if failure == .rateLimited { words += " event=\(action.event(.forbidden))" }
        if case .change(let fields) = action { words += " fields=\(fields.joined(separator: ","))" }
        if case .endSession(let ending) = action { words += " sessions=\(ending.rawValue)" }
        lines.add { [words] line in
            line.appendTime(now())
            line.append(contentsOf: words.utf8)
        }
    }

    private func text(of subject: Subject) -> String {
        let account = "account=" + (subject.account.map { "\($0)" } ?? "-")
        guard let email = subject.email else { return account }
        let bytes = Data(EmailKey(email).text.utf8)
        let digest = HMAC<SHA256>.authenticationCode(for: bytes, using: key).prefix(Self.digestLength)
        return account + " email=" + UnpaddedBase64.encode(digest, alphabet: .urlSafe)
    }

    private static func reason(of error: any Error) -> Problem.Code {
        let problem = error as? Problem ?? (error as? StoreError).flatMap(Problem.init(_:))
        return problem?.code ?? (error is CancellationError ? .unavailable : .internal)
    }
}

extension AuditLog.Action {
    /// The name in OWASP's vocabulary, or one like those.
    fileprivate func event(_ failure: Problem.Code?) -> String {
        if failure == .rateLimited { return "excess_rate_limit_exceeded" }
        let hasFailed = failure != nil
        switch self {
        case .register: return "user_created"
        case .logIn: return hasFailed ? "authn_login_fail" : "authn_login_success"
        case .beginSession: return "session_created"
        case .endSession: return "session_expired"
        case .change(let fields) where fields.contains("password"):
            return hasFailed ? "authn_password_change_fail" : "authn_password_change"
        case .change: return "user_updated"
        case .delete: return "user_deleted"
        }
    }
}
