import FeedStore
import HTTPTypes
import NIOCore

/// Accounts over HTTP: register, log in, read, change, delete, and pictures.
struct UsersAPI: Sendable {
    let store: any Store
    let accounts: AuditedAccounts
    let authenticator: BearerAuthenticator

    func addRoutes(to table: RouteTable) {
        table.add("/api/users", [.post: register], besides: [.get, .head])
        table.add("/api/users/token", [.post: logIn])
        table.add("/api/users/me", [.get: me])
        table.add("/api/users/{id}", [.get: user, .patch: change, .delete: delete])
        table.add("/api/users/{id}/picture", [.patch: setPicture, .delete: removePicture])
    }

    // MARK: Accounts

    private func register(_ visit: Visit) async throws -> Answer {
        try visit.answersJSON()
        try visit.takesNoParameters()
        let registration = try await visit.json { Registration(&$0) }
        let user = try await accounts.register(registration, from: visit.client).user
        var answer = Answer(.created, UserDocument(user))
        answer.fields[.location] = "/api/users/\(user.author.id)"
        return answer
    }

    /// The log-in form of OAuth 2.0.
    private func logIn(_ visit: Visit) async throws -> Answer {
        try visit.answersJSON()
        try visit.takesNoParameters()
        let form = try await visit.form(upTo: BodyLimits.form) { LogIn(token: &$0) }
        try form.check()
        let account = try await accounts.logIn(form.value, from: visit.client)
        return Answer(.ok, try await authenticator.issue(to: account))
    }

    private func me(_ visit: Visit) async throws -> Answer {
        try visit.answersJSON()
        let account = try await authenticator.account(visit.head)
        try visit.takesNoParameters()
        return Answer(cachedFor: visit.head, UserDocument(account.user))
    }

    private func user(_ visit: Visit) async throws -> Answer {
        try visit.answersJSON()
        try visit.takesNoParameters()
        let id = try visit.id(of: "user")
        guard let user = try await store.user(id: id) else {
            throw Problem.notFound("user with the id \(id)")
        }
        return Answer(cachedFor: visit.head, AuthorDocument(user.author))
    }

    private func change(_ visit: Visit) async throws -> Answer {
        try visit.answersJSON()
        let account = try await ownAccount(visit)
        let change = try await visit.json { AccountChange(&$0) }
        let changed = try await accounts.change(account, change, from: visit.client)
        return Answer(.ok, UserDocument(changed.user))
    }

    private func delete(_ visit: Visit) async throws -> Answer {
        let account = try await ownAccount(visit)
        let password = try await visit.jsonIfAny { $0.currentPassword() } ?? nil
        try await accounts.delete(account, currentPassword: password, from: visit.client)
        return .noContent
    }

    // MARK: Pictures

    private func setPicture(_ visit: Visit) async throws -> Answer {
        try visit.answersJSON()
        let account = try await ownAccount(visit)
        return Answer(.ok, UserDocument(try await accounts.setPicture(visit, of: account)))
    }

    private func removePicture(_ visit: Visit) async throws -> Answer {
        try visit.answersJSON()
        let account = try await ownAccount(visit)
        return Answer(.ok, UserDocument(try await accounts.removePicture(visit, of: account)))
    }

    /// The account in the path, which has to be that of the token.
    private func ownAccount(_ visit: Visit) async throws -> Account {
        let account = try await authenticator.account(visit.head)
        let id = try visit.id(of: "user")
        guard id == account.user.author.id else {
            throw Problem(code: .forbidden, detail: "This is not the account that the token belongs to.")
        }
        try visit.takesNoParameters()
        return account
    }
}
