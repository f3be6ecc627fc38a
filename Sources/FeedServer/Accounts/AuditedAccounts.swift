import FeedStore

/// ``Accounts``, with a line in the audit log for whatever is done or refused.
struct AuditedAccounts: Sendable {
    let accounts: Accounts
    let log: AuditLog

    func register(_ registration: Registration, from client: ClientAddress) async throws -> Account {
        try await log.recording(.register, of: .init(email: registration.email), from: client) {
            try await accounts.register(registration, from: client)
        }
    }

    func logIn(_ logIn: LogIn, from client: ClientAddress) async throws -> Account {
        try await log.recording(.logIn, of: .init(email: logIn.email), from: client) {
            try await accounts.logIn(logIn, from: client)
        }
    }

    func change(
        _ account: Account, _ change: AccountChange, from client: ClientAddress
    ) async throws -> Account {
        let fields = change.fields
        guard !fields.isEmpty else { return try await accounts.change(account, change, from: client) }
        return try await log.recording(.change(fields: fields), of: Self.subject(account), from: client) {
            try await accounts.change(account, change, from: client)
        }
    }

    func delete(_ account: Account, currentPassword: String?, from client: ClientAddress) async throws {
        _ = try await log.recording(.delete, of: Self.subject(account), from: client) {
            try await accounts.delete(account, currentPassword: currentPassword, from: client)
            return account
        }
    }

    /// Gives a user the picture that a request brings.
    func setPicture(_ visit: Visit, of account: Account) async throws -> User {
        let user = try await accounts.portraits.receive(visit, of: account)
        recordPicture(of: account, visit)
        return user
    }

    /// Gives a user the default picture again.
    func removePicture(_ visit: Visit, of account: Account) async throws -> User {
        let user = try await accounts.portraits.remove(of: account)
        recordPicture(of: account, visit)
        return user
    }

    /// What is wrong with a picture concerns nobody's security: only what was done is recorded.
    private func recordPicture(of account: Account, _ visit: Visit) {
        log.record(.change(fields: ["picture"]), of: Self.subject(account), from: visit.client.text)
    }

    private static func subject(_ account: Account) -> AuditLog.Subject {
        .init(account: account.user.author.id)
    }
}

extension AccountChange {
    /// The names of what is changed.
    fileprivate var fields: [String] {
        [
            username.map { _ in TextRule.username.name }, email.map { _ in TextRule.email.name },
            password.map { _ in TextRule.password.name },
        ].compactMap(\.self)
    }
}
