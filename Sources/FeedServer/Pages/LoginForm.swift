/// The form of `/login`.
struct LoginForm: Sendable {
    /// As typed.
    var email = ""
    /// The path to go to afterwards. Whoever takes it back from the form checks it.
    var next: String?
    var issues: [Problem.Issue] = []
    var notice: FormNotice?
}

extension LoginForm {
    var view: FormView {
        FormView(
            id: "login", action: "/login",
            hiddenFields: next.map { [.init(name: "next", value: $0)] } ?? [],
            fields: [
                .email(email, hint: nil, autocomplete: "username"),
                .currentPassword(name: "password", label: "Password"),
            ],
            buttons: [.init("Log in")], issues: issues, notice: notice)
    }
}
