import FeedStore
import HTTPTypes

/// The pages on which users look after their accounts.
struct AccountPages: Sendable {
    private static let path = "/account"

    let store: any AccountStore
    let accounts: AuditedAccounts
    let collections: CollectionResponder
    let context: PageContext

    func addRoutes(to table: RouteTable) {
        table.addPage("/account", [.get: account, .post: changeProfile])
        table.addPage("/account/password", [.post: changePassword])
        table.addPage("/account/picture", [.post: setPicture])
        table.addPage("/account/picture/delete", [.post: removePicture])
        table.addPage("/account/sessions/end", [.post: endSession])
        table.addPage("/account/sessions/end-others", [.post: endOtherSessions])
        table.addPage("/account/delete", [.post: delete])
        table.addPage("/account/drafts", [.get: drafts])
    }

    /// What has just been saved: the page says so at that form.
    private enum Saved: String, CaseIterable {
        case nothing, profile, password, picture, sessions

        var path: String { "\(AccountPages.path)?saved=\(rawValue)#\(rawValue)" }
    }

    private func account(_ visit: Visit) async throws -> Answer {
        var reader = ParameterReader(try QueryString(visit.query))
        let saved = reader.choice("saved", default: Saved.nothing)
        try reader.finish()
        return try await context.withViewer(visit) { viewer in
            var model = try await model(of: viewer, visit)
            switch saved {
            case .nothing: break
            case .profile: model.profile.notice = .done("Saved.")
            case .password: model.password.notice = .done("The password is changed.")
            case .picture: model.picture.notice = .done("Saved.")
            case .sessions: model.sessionsNotice = .done("Logged out there.")
            }
            return context.form(context.renderer.accountPage(model))
        }
    }

    private func changeProfile(_ visit: Visit) async throws -> Answer {
        try await withAccount(visit) { account in
            let form = try await visit.form(upTo: BodyLimits.form) { fields in
                (
                    username: fields.text(.username), email: fields.text(.email),
                    currentPassword: fields.currentPassword()
                )
            }
            let (username, email, currentPassword) = form.value
            return try await submit(visit, account.user) {
                try form.check()
                // The form sends both also when they are as before: that needs no password, counts as no attempt and
                // is no change for the audit log.
                let isMoving = !email.utf8.isText(account.user.email)
                let change = AccountChange(
                    username: username.utf8.isText(account.user.author.username) ? nil : username,
                    email: isMoving ? email : nil, currentPassword: currentPassword)
                let changed = try await accounts.change(account, change, from: visit.client)
                let cookie = isMoving ? try await begin(for: changed, visit) : nil
                return context.redirect(to: Saved.profile.path, cookie: cookie)
            } whenFailed: { model, failure in
                model.profile = .init(
                    username: username, email: email, issues: failure.issues, notice: failure.notice)
            }
        }
    }

    private func changePassword(_ visit: Visit) async throws -> Answer {
        try await withAccount(visit) { account in
            let form = try await visit.form(upTo: BodyLimits.form) { fields in
                AccountChange(
                    password: fields.text(.password), currentPassword: fields.currentPassword())
            }
            return try await submit(visit, account.user) {
                try form.check()
                let changed = try await accounts.change(account, form.value, from: visit.client)
                // All sessions have ended, this one too.
                let cookie = try await begin(for: changed, visit)
                return context.redirect(to: Saved.password.path, cookie: cookie)
            } whenFailed: { model, failure in
                model.password = .init(issues: failure.issues, notice: failure.notice)
            }
        }
    }

    private func setPicture(_ visit: Visit) async throws -> Answer {
        try await withAccount(visit) { account in
            try await submit(visit, account.user) {
                _ = try await accounts.setPicture(visit, of: account)
                return context.redirect(to: Saved.picture.path)
            } whenFailed: { model, failure in
                model.picture = .init(issues: failure.issues, notice: failure.notice)
            }
        }
    }

    private func removePicture(_ visit: Visit) async throws -> Answer {
        try await withAccount(visit) { account in
            _ = try await accounts.removePicture(visit, of: account)
            return context.redirect(to: Saved.picture.path)
        }
    }

    private func endSession(_ visit: Visit) async throws -> Answer {
        try await withAccount(visit) { account in
            let form = try await visit.form(upTo: BodyLimits.form) { $0.raw(SessionView.field) }
            try form.check()
            // Where there is none, it has ended already.
            if let id = form.value.flatMap(UserSession.id(text:)) {
                _ = try await context.sessions.end(id, of: account.user.author.id, from: visit.client)
            }
            return context.redirect(to: Saved.sessions.path)
        }
    }

    private func endOtherSessions(_ visit: Visit) async throws -> Answer {
        try await withAccount(visit) { account in
            guard
                let account = try await context.sessions.endAll(
                    of: account.user.author.id, from: visit.client)
            else {
                throw Problem.accountIsGone
            }
            // This one goes on under another key: a copy of the cookie is good no longer.
            return context.redirect(to: Saved.sessions.path, cookie: try await begin(for: account, visit))
        }
    }

    private func delete(_ visit: Visit) async throws -> Answer {
        try await withAccount(visit) { account in
            let form = try await visit.form(upTo: BodyLimits.form) { $0.currentPassword() }
            return try await submit(visit, account.user) {
                try form.check()
                try await accounts.delete(account, currentPassword: form.value, from: visit.client)
                return context.redirect(to: "/", cookie: try await context.sessions.end(visit))
            } whenFailed: { model, failure in
                model.deletion = .init(issues: failure.issues, notice: failure.notice)
            }
        }
    }

    private func drafts(_ visit: Visit) async throws -> Answer {
        try await context.withViewer(visit) { viewer in
            let id = viewer.author.id
            let query = "status=\(PostStatus.draft.rawValue)" + (visit.query.map { "&\($0)" } ?? "")
            let page = try await collections.feedPage(
                of: .userPosts(userID: id), query: query[...], for: id)
            let model = DraftsPageModel(
                posts: page.rows.posts, nextCursor: page.next, prevCursor: page.prev,
                isFirstPage: !page.isCursorGiven)
            return context.form(context.renderer.draftsPage(model, viewer: viewer.author))
        }
    }

    // MARK: Parts

    private func model(of user: User, _ visit: Visit) async throws -> AccountPageModel {
        var model = AccountPageModel(
            user: user, pictureHint: "JPEG, PNG, GIF or WebP, at most \(BodyLimits.picture >> 20) MiB")
        (model.sessions, model.ownSession) = try await context.sessions.all(visit.head)
        return model
    }

    private func begin(for account: Account, _ visit: Visit) async throws -> String? {
        try await context.sessions.begin(for: account, origin: SessionOrigin(visit))
    }

    private func withAccount(
        _ visit: Visit, _ answer: (Account) async throws -> Answer
    ) async throws -> Answer {
        try visit.takesNoParameters()
        return try await context.withViewer(visit) { viewer in
            guard let account = try await store.account(id: viewer.author.id) else {
                throw Problem.accountIsGone
            }
            return try await answer(account)
        }
    }

    /// Carries a form out, or shows the page again with what is wrong.
    private func submit(
        _ visit: Visit, _ user: User, _ action: () async throws -> Answer,
        whenFailed show: (inout AccountPageModel, FormFailure) -> Void
    ) async throws -> Answer {
        do {
            return try await action()
        } catch {
            let failure = try FormFailure(error)
            var model = try await model(of: user, visit)
            show(&model, failure)
            return context.form(context.renderer.accountPage(model), failure: failure)
        }
    }
}
