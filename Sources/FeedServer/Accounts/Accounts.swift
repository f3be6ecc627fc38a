import FeedStore

/// Registering, logging in, changing and deleting accounts: the same for the API and the pages.
struct Accounts: Sendable {
    let store: any AccountStore
    let passwords: PasswordHasher
    let attempts: AttemptLimiter
    let portraits: Portraits

    /// Adds an account.
    ///
    /// - Throws: ``Problem/Code/conflict`` where the username or the email is taken,
    ///   ``Problem/Code/rateLimited``, ``Problem/Code/unavailable`` where too many passwords wait.
    func register(_ registration: Registration, from client: ClientAddress) async throws -> Account {
        try admit(attempts.admit(address: client, account: nil))
        let passwordHash = try await attempt(from: client) {
            try await hash(registration.password, for: client)
        }
        return try await store.createUser(
            username: registration.username, email: registration.email, passwordHash: passwordHash)
    }

    /// The account that an email and a password belong to.
    ///
    /// An email that nobody has takes as long as a wrong password, and is answered alike.
    ///
    /// - Throws: ``Problem/Code/unauthorized``, ``Problem/Code/rateLimited``,
    ///   ``Problem/Code/unavailable`` where too many passwords wait.
    func logIn(_ logIn: LogIn, from client: ClientAddress) async throws -> Account {
        let account = try await store.account(email: logIn.email)
        guard try await verify(logIn.password, of: account, email: logIn.email, from: client), let account
        else {
            throw Problem(code: .unauthorized, detail: "The e-mail address or the password is wrong.")
        }
        return account
    }

    /// Changes an account. A new email and a new password need the current password, and end all tokens and sessions,
    /// the caller's too.
    ///
    /// - Throws: ``Problem/Code/unauthorized`` as ``delete(_:currentPassword:from:)`` does, and as
    ///   ``confirm(_:currentPassword:from:)`` and ``register(_:from:)`` do.
    func change(_ account: Account, _ change: AccountChange, from client: ClientAddress) async throws
        -> Account
    {
        if change.needsCurrentPassword {
            try await confirm(account, currentPassword: change.currentPassword, from: client)
        }
        let user = account.user
        if let password = change.password,
            let issue = CommonPasswords.issue(
                with: password, of: [change.username ?? user.author.username, change.email ?? user.email])
        {
            throw Problem.validation([.init(parameter: TextRule.password.name, detail: issue)])
        }
        // The answer tells whether a name is taken.
        let isAttempt = change.username != nil || change.email != nil
        if isAttempt { try admit(attempts.admit(address: client, account: nil)) }
        var changes = AccountChanges(
            username: change.username, email: change.email,
            credentialVersion: account.credentials?.version)
        if let password = change.password {
            changes.passwordHash =
                isAttempt
                ? try await attempt(from: client) { try await hash(password, for: client) }
                : try await hash(password, for: client)
        }
        let id = account.user.author.id
        guard let changed = try await store.updateAccount(id: id, changes: changes) else {
            throw try await store.problem(ofAccount: id)
        }
        return changed
    }

    /// Checks the password of somebody who is logged in already (ASVS 5.0, 7.5.1).
    ///
    /// - Throws: ``Problem/Code/forbidden`` where there is none or it is wrong, ``Problem/Code/rateLimited``,
    ///   ``Problem/Code/unavailable``.
    private func confirm(
        _ account: Account, currentPassword: String?, from client: ClientAddress
    ) async throws {
        guard let currentPassword, !currentPassword.isEmpty else {
            throw Problem.currentPassword(
                "This needs the account's password: send it as current_password in a JSON body.", "is missing"
            )
        }
        let email = account.user.email
        guard try await verify(currentPassword, of: account, email: email, from: client) else {
            throw Problem.currentPassword(
                "What was sent as current_password is not the account's password.",
                "is not the account's password")
        }
    }

    /// Deletes an account with its posts and its picture.
    ///
    /// - Throws: ``Problem/Code/unauthorized`` when it has just been deleted, or its credentials have changed since
    ///   `account` was read, and as ``confirm(_:currentPassword:from:)`` does.
    func delete(_ account: Account, currentPassword: String?, from client: ClientAddress) async throws {
        try await confirm(account, currentPassword: currentPassword, from: client)
        let id = account.user.author.id
        guard
            let user = try await store.deleteUser(
                id: id, credentialVersion: account.credentials?.version)
        else { throw try await store.problem(ofAccount: id) }
        if let picture = user.author.imageFile { await portraits.discard(picture) }
    }

    // MARK: Parts

    private func verify(
        _ password: String, of account: Account?, email: String, from client: ClientAddress
    ) async throws -> Bool {
        // By its id: whoever has a token could otherwise change the email, and go on guessing.
        let key =
            account.map { "user \($0.user.author.id)" } ?? "email \(EmailKey(Self.shortened(email)).text)"
        try admit(attempts.admit(address: client, account: key))
        // No password is longer, and preparing one can take the square of its length.
        let isPossible = TextRule.password.issue(with: password) == nil
        let stored = isPossible ? account?.credentials?.passwordHash : nil
        let verdict: PasswordHasher.Verdict
        do {
            verdict = try await passwords.verify(
                isPossible ? password : "", against: stored, for: client)
        } catch {
            attempts.giveBack(address: client, account: key)
            throw Self.problem(for: error)
        }
        guard verdict != .wrong else { return false }
        attempts.succeeded(address: client, account: key)
        if verdict == .outdated, let stored, let account {
            await renew(password, of: account.user.author.id, from: stored, for: client)
        }
        return true
    }

    /// Hashes a right password anew, as it would be hashed today.
    private func renew(
        _ password: String, of userID: Int64, from stored: String, for client: ClientAddress
    ) async {
        do {
            let hash = try await passwords.hash(password, for: client)
            try await store.renewPasswordHash(userID: userID, from: stored, to: hash)
        } catch {
            // The old hash is as good as before; the next log-in tries again.
        }
    }

    /// As much of what somebody calls an email as one can have.
    private static func shortened(_ email: String) -> String {
        email.shortened(to: TextRule.email.length.upperBound + 1)
    }

    private func hash(_ password: String, for client: ClientAddress) async throws -> String {
        do {
            return try await passwords.hash(password, for: client)
        } catch {
            throw Self.problem(for: error)
        }
    }

    /// Prepares an attempt that was admitted; one that is not made after all is not counted.
    private func attempt<Result>(
        from client: ClientAddress, _ prepare: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await prepare()
        } catch {
            attempts.giveBack(address: client, account: nil)
            throw error
        }
    }

    private func admit(_ admission: AttemptLimiter.Admission) throws(Problem) {
        guard case .refused(let seconds) = admission else { return }
        var problem = Problem(
            code: .rateLimited, detail: "Too many attempts. Try again in \(seconds) seconds.")
        problem.retryAfter = seconds
        throw problem
    }

    private static func problem(for error: any Error) -> any Error {
        guard let failure = error as? PasswordHasher.Failure, failure != .unreadableHash else { return error }
        return Problem(code: .unavailable, detail: "Too many passwords are being checked. Try again.")
    }
}

extension Problem {
    /// Refuses what needs the account's password.
    ///
    /// - Parameter issue: what a form says at the field.
    fileprivate static func currentPassword(_ detail: String, _ issue: String) -> Problem {
        let parameter = FieldReader.currentPasswordName
        return Problem(
            code: .forbidden, detail: detail, issues: [.init(parameter: parameter, detail: issue)])
    }
}
