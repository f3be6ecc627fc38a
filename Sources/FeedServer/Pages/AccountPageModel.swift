import FeedStore

/// The page `/account`: what a user may change, a form for each.
struct AccountPageModel: Sendable {
    /// Name and e-mail address.
    struct ProfileForm: Sendable {
        /// As typed or, on a fresh page, as stored.
        var username: String
        /// As typed or, on a fresh page, as stored.
        var email: String
        var issues: [Problem.Issue] = []
        var notice: FormNotice?
    }

    /// A form that shows nothing of what was typed or chosen.
    struct Outcome: Sendable {
        var issues: [Problem.Issue] = []
        var notice: FormNotice?
    }

    /// The user as stored.
    var user: User
    var profile: ProfileForm
    var picture = Outcome()
    /// What a picture may be: `JPEG, PNG, GIF or WebP, at most 5 MiB.`
    var pictureHint: String
    var password = Outcome()
    /// Where the user is logged in, newest first.
    var sessions: [UserSession] = []
    /// The one that the page is shown in.
    var ownSession: UserSession.ID?
    var sessionsNotice: FormNotice?
    /// Of deleting the account.
    var deletion = Outcome()

    /// A fresh page, with what is stored.
    init(user: User, pictureHint: String) {
        self.user = user
        self.pictureHint = pictureHint
        profile = ProfileForm(username: user.author.username, email: user.email)
    }
}

extension AccountPageModel {
    var profileView: FormView {
        FormView(
            id: "profile", action: "/account", accountEmail: user.email,
            fields: [
                .username(profile.username), .email(profile.email, hint: TextRule.email.hint),
                .currentPassword(
                    name: "current_password", label: "Current password",
                    hint: "only for another e-mail address"),
            ],
            buttons: [.init("Save")], issues: profile.issues, notice: profile.notice)
    }

    var pictureView: FormView {
        FormView(
            id: "picture", action: "/account/picture", isMultipart: true,
            fields: [.picture(hint: pictureHint)], buttons: [.init("Upload")], issues: picture.issues,
            notice: picture.notice)
    }

    var pictureRemovalView: FormView {
        FormView(
            id: "picture-removal", action: "/account/picture/delete", fields: [],
            buttons: [.init("Remove the picture", .plain)], issues: [], notice: nil)
    }

    var passwordView: FormView {
        FormView(
            id: "password", action: "/account/password", accountEmail: user.email,
            fields: [
                .currentPassword(name: "current_password", label: "Current password"),
                .newPassword(label: "New password"),
            ],
            buttons: [.init("Change the password")], issues: password.issues, notice: password.notice)
    }

    var sessionViews: [SessionView] {
        sessions.enumerated().map { index, session in
            SessionView(session, number: index + 1, isOwn: session.id == ownSession)
        }
    }

    var otherSessionsView: FormView {
        FormView(
            id: "other-sessions", action: "/account/sessions/end-others", fields: [],
            buttons: [.init("Log out everywhere else", .plain)], issues: [], notice: sessionsNotice)
    }

    var deletionView: FormView {
        FormView(
            id: "deletion", action: "/account/delete", accountEmail: user.email,
            fields: [.currentPassword(name: "current_password", label: "Current password")],
            buttons: [.init("Delete the account", .danger)], issues: deletion.issues,
            notice: deletion.notice)
    }
}
