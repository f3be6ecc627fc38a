import FeedStore
import HTTPTypes

/// Tells by a request's bearer token whose it is (RFC 6750). Cookies mean nothing here.
struct BearerAuthenticator: Sendable {
    let tokens: AccessTokens
    let store: any AccountStore

    /// The account that a request is made for.
    ///
    /// - Throws: ``Problem/Code/unauthorized`` without a token, and with one that is not, or no longer,
    ///   good.
    func account(_ head: HTTPRequest) async throws -> Account {
        guard let account = try await accountIfAny(head) else {
            throw Problem(
                code: .unauthorized,
                detail: "Log in at /api/users/token and send the token as a bearer token.")
        }
        return account
    }

    /// As ``account(_:)``, but `nil` where nobody says who is asking.
    func accountIfAny(_ head: HTTPRequest) async throws -> Account? {
        let token: String
        switch BearerCredentials(head.headerFields) {
        case .absent: return nil
        case .token(let text): token = text
        case .unusable: throw Problem.badToken("The Authorization header holds no bearer token.")
        }
        let grant: AccessTokens.Grant
        do {
            grant = try await tokens.verify(token)
        } catch .expired {
            throw Problem.badToken("The token has expired. Log in again.")
        } catch {
            throw Problem.badToken("This is not a token of this server.")
        }
        guard let account = try await store.account(id: grant.userID),
            account.credentials?.version == grant.credentialVersion
        else { throw Problem.badToken("The token is no longer good. Log in again.") }
        return account
    }

    /// A token for an account that has just logged in.
    func issue(to account: Account) async throws -> TokenDocument {
        let token = try await tokens.issue(
            userID: account.user.author.id, credentialVersion: account.credentials?.version ?? 0)
        return TokenDocument(accessToken: token.text, expiresIn: token.lifetime)
    }
}

extension Problem {
    fileprivate static func badToken(_ detail: String) -> Problem {
        var problem = Problem(code: .unauthorized, detail: detail)
        problem.challenge = "Bearer error=\"invalid_token\""
        return problem
    }
}
