import Foundation
import Testing

@testable import FeedServer

/// Makes tokens with one thing wrong with each.
struct TokenForge {
    /// Of the server that is to be deceived.
    static let secret = "the secret of a server under test"
    private static let otherSecret = "the secret of an altogether other server"

    let userID: Int64
    let credentialVersion: Int64

    /// As the server would issue it now: what is wrong with the others is nothing else than their names
    /// say.
    func genuine() async throws -> String {
        try await token(secret: Self.secret, issuedAgo: 0)
    }

    func expired() async throws -> String {
        try await token(secret: Self.secret, issuedAgo: AccessTokens.defaultLifetime + 1)
    }

    /// Signed with another key, and saying so.
    func ofAnotherKey() async throws -> String {
        try await token(secret: Self.otherSecret, issuedAgo: 0)
    }

    /// Signed with another key, and naming the server's.
    func withAnotherSignature() async throws -> String {
        let (genuine, other) = (try await parts(of: genuine()), try await parts(of: ofAnotherKey()))
        return [genuine[0], genuine[1], other[2]].joined(separator: ".")
    }

    /// `"alg": "none"`, RFC 7519, section 6.
    func unsigned() async throws -> String {
        let genuine = try await parts(of: genuine())
        let header = try #require(UnpaddedBase64.decode(genuine[0], alphabet: .urlSafe))
        let text = String(decoding: header, as: UTF8.self)
        try #require(text.contains("HS256"))
        let none = UnpaddedBase64.encode(text.replacing("HS256", with: "none").utf8, alphabet: .urlSafe)
        return "\(none).\(genuine[1])."
    }

    private func token(secret: String, issuedAgo seconds: Int64) async throws -> String {
        let tokens = await AccessTokens(secret: Array(secret.utf8)) {
            Int64(Date.now.timeIntervalSince1970) - seconds
        }
        return try await tokens.issue(userID: userID, credentialVersion: credentialVersion).text
    }

    private func parts(of token: String) throws -> [String] {
        let parts = token.components(separatedBy: ".")
        try #require(parts.count == 3)
        return parts
    }
}
