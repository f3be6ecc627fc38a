import FeedStore
import HTTPTypes
import Hummingbird

/// Where an account's owner is logged in with a browser, and how that is ended. Tokens are kept nowhere, and are not
/// listed.
struct SessionsAPI: Sendable {
    let sessions: Sessions
    let authenticator: BearerAuthenticator

    func addRoutes(to table: RouteTable) {
        table.add("/api/users/me/sessions", [.get: list, .delete: endAll])
        table.add("/api/users/me/sessions/{id}", [.delete: end])
    }

    private func list(_ visit: Visit) async throws -> Answer {
        try visit.answersJSON()
        let userID = try await ownID(visit)
        return Answer(.ok, SessionListDocument(sessions: try await sessions.all(of: userID)))
    }

    private func end(_ visit: Visit) async throws -> Answer {
        let userID = try await ownID(visit)
        guard let id = visit.parameters.get("id").flatMap(UserSession.id(text:)),
            try await sessions.end(id, of: userID, from: visit.client)
        else { throw Problem.notFound("session with this id") }
        return .noContent
    }

    private func endAll(_ visit: Visit) async throws -> Answer {
        let userID = try await ownID(visit)
        guard try await sessions.endAll(of: userID, from: visit.client) != nil else {
            throw Problem.accountIsGone
        }
        return .noContent
    }

    private func ownID(_ visit: Visit) async throws -> Int64 {
        let account = try await authenticator.account(visit.head)
        try visit.takesNoParameters()
        return account.user.author.id
    }
}

extension UserSession {
    /// The id as text, for paths and documents.
    var idText: String { UnpaddedBase64.encode(id, alphabet: .urlSafe) }

    /// The id that a text stands for, `nil` where it stands for none.
    static func id(text: String) -> ID? {
        // Four characters for three bytes, begun ones too.
        guard text.utf8.count == (idLength * 4 + 2) / 3 else { return nil }
        return UnpaddedBase64.decode(text, alphabet: .urlSafe)
    }
}

/// The sessions of one account as JSON.
private struct SessionListDocument: Encodable {
    var sessions: [SessionDocument]

    init(sessions: [UserSession]) {
        self.sessions = sessions.map(SessionDocument.init)
    }
}

private struct SessionDocument: Encodable {
    var session: UserSession

    init(_ session: UserSession) {
        self.session = session
    }

    private enum CodingKeys: String, CodingKey {
        case id, address
        case createdAt = "created_at"
        case lastUsedAt = "last_used_at"
        case expiresAt = "expires_at"
        case userAgent = "user_agent"
    }

    // Absent and null are different things to a client.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(session.idText, forKey: .id)
        try container.encode(session.createdAt.rfc3339, forKey: .createdAt)
        try container.encode(session.lastUsedAt.rfc3339, forKey: .lastUsedAt)
        try container.encode(session.expiresAt.rfc3339, forKey: .expiresAt)
        try container.encode(session.origin.userAgent, forKey: .userAgent)
        try container.encode(session.origin.address, forKey: .address)
    }
}
