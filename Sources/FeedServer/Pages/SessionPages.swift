import FeedStore
import HTTPTypes

/// The pages on which people register, log in and log out.
struct SessionPages: Sendable {
    let accounts: AuditedAccounts
    let context: PageContext

    func addRoutes(to table: RouteTable) {
        table.addPage("/register", [.get: registerForm, .post: register])
        table.addPage("/login", [.get: logInForm, .post: logIn])
        table.addPage("/logout", [.post: logOut])
    }

    // MARK: Registering

    private func registerForm(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        let viewer = try await context.viewer(visit)
        return context.form(context.renderer.registerPage(RegisterForm(), viewer: viewer?.author))
    }

    private func register(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        let form = try await visit.form(upTo: BodyLimits.form) { Registration(&$0) }
        do {
            try form.check()
            let account = try await accounts.register(form.value, from: visit.client)
            return try await enter(account, visit, next: "/")
        } catch {
            let failure = try FormFailure(error)
            let again = RegisterForm(
                username: form.value.username, email: form.value.email, issues: failure.issues,
                notice: failure.notice)
            return context.form(
                context.renderer.registerPage(again, viewer: try await context.viewer(visit)?.author),
                failure: failure)
        }
    }

    // MARK: Logging in and out

    private func logInForm(_ visit: Visit) async throws -> Answer {
        var reader = ParameterReader(try QueryString(visit.query))
        let next = reader.text("next")
        try reader.finish()
        let viewer = try await context.viewer(visit)
        return context.form(
            context.renderer.loginPage(LoginForm(next: Self.local(next)), viewer: viewer?.author))
    }

    private func logIn(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        let form = try await visit.form(upTo: BodyLimits.form) { fields in
            (logIn: LogIn(page: &fields), next: Self.local(fields.raw("next")))
        }
        let (logIn, next) = form.value
        do {
            try form.check()
            let account = try await accounts.logIn(logIn, from: visit.client)
            return try await enter(account, visit, next: next ?? "/")
        } catch {
            let failure = try FormFailure(error)
            let again = LoginForm(
                email: logIn.email, next: next, issues: failure.issues, notice: failure.notice)
            return context.form(
                context.renderer.loginPage(again, viewer: try await context.viewer(visit)?.author),
                failure: failure)
        }
    }

    private func logOut(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        return context.redirect(to: "/", cookie: try await context.sessions.end(visit))
    }

    // MARK: Parts

    private func enter(_ account: Account, _ visit: Visit, next: String) async throws -> Answer {
        // Whoever was logged in with this browser is no longer.
        _ = try await context.sessions.end(visit)
        guard let cookie = try await context.sessions.begin(for: account, origin: SessionOrigin(visit))
        else {
            throw Problem.accountIsGone
        }
        return context.redirect(to: next, cookie: cookie)
    }

    /// A path of this server, or `nil`: nobody is sent to another site from here.
    private static func local(_ path: String?) -> String? {
        guard let path, path.utf8.starts(with: "/".utf8), !path.utf8.starts(with: "//".utf8),
            path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return nil }
        return path
    }
}
