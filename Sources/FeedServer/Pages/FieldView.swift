/// A field of a form, as `form-field.mustache` names its parts.
struct FieldView: Sendable {
    /// Pictures that a browser offers to choose from. What a file really is shows when it is decoded.
    private static let pictureTypes = "image/jpeg,image/png,image/gif,image/webp"

    var name: String
    var label: String
    /// What is allowed.
    var hint: String?
    /// `nil` for what is never sent back to a browser: passwords and files.
    var value: String?
    var type: String? = "text"
    /// What a browser or a password manager may fill in.
    var autocomplete: String?
    /// The media types of a file.
    var accept: String?
    var isMultiline = false
    /// Whether the text is in somebody's own language, and in its direction.
    var isProse = false
    var isRequired = true

    // Known once the field is part of a form.

    var id = ""
    /// What is wrong with what was typed, as a sentence.
    var issue: String?
    /// The ids of the hint and of the issue.
    var describedBy: String?
}

extension FieldView {
    static func username(_ value: String) -> FieldView {
        // Not "username", by which a password manager means what a person logs in with.
        FieldView(
            name: "username", label: "Username", hint: TextRule.username.hint, value: value,
            autocomplete: "nickname")
    }

    static func email(_ value: String, hint: String?, autocomplete: String = "email") -> FieldView {
        FieldView(
            name: "email", label: "E-mail address", hint: hint, value: value, type: "email",
            autocomplete: autocomplete)
    }

    static func newPassword(label: String) -> FieldView {
        FieldView(
            name: "password", label: label, hint: TextRule.password.hint, type: "password",
            autocomplete: "new-password")
    }

    /// The password that the account has.
    ///
    /// - Parameter hint: says when it is needed, where that is not always so.
    static func currentPassword(name: String, label: String, hint: String? = nil) -> FieldView {
        FieldView(
            name: name, label: label, hint: hint, type: "password", autocomplete: "current-password",
            isRequired: hint == nil)
    }

    static func picture(hint: String) -> FieldView {
        FieldView(name: "file", label: "New picture", hint: hint, type: "file", accept: Self.pictureTypes)
    }

    static func title(_ value: String) -> FieldView {
        FieldView(
            name: "title", label: "Title", hint: TextRule.title.hint, value: value, autocomplete: "off",
            isProse: true)
    }

    static func content(_ value: String) -> FieldView {
        FieldView(
            name: "content", label: "Content", hint: TextRule.content.hint, value: value, type: nil,
            isMultiline: true, isProse: true)
    }

    /// The field as part of a form.
    ///
    /// - Parameter issues: Those of the whole form; the field takes its own.
    func placed(in formID: String, issues: [Problem.Issue]) -> FieldView {
        var field = self
        field.id = "\(formID)-\(name)"
        let own = issues.filter { $0.parameter == name }.map { $0.sentence(about: label) }
        field.issue = own.isEmpty ? nil : own.joined(separator: " ")
        let descriptions = [
            hint.map { _ in "\(field.id)-hint" }, field.issue.map { _ in "\(field.id)-issue" },
        ]
        let ids = descriptions.compactMap { $0 }
        field.describedBy = ids.isEmpty ? nil : ids.joined(separator: " ")
        return field
    }
}

extension Problem.Issue {
    /// The API's `must be …` as a whole sentence: `Username must be …`
    func sentence(about label: String) -> String {
        "\(label) \(detail)\(detail.hasSuffix(".") ? "" : ".")"
    }
}
