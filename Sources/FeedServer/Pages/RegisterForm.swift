/// The form of `/register`. There is no place for the password: it is never shown again.
struct RegisterForm: Sendable {
    /// As typed.
    var username = ""
    /// As typed.
    var email = ""
    var issues: [Problem.Issue] = []
    var notice: FormNotice?
}

extension RegisterForm {
    var view: FormView {
        // The address stands right before the password: that is what password managers keep it for.
        FormView(
            id: "register", action: "/register",
            fields: [
                .username(username), .email(email, hint: TextRule.email.hint),
                .newPassword(label: "Password"),
            ],
            buttons: [.init("Register")], issues: issues, notice: notice)
    }
}
