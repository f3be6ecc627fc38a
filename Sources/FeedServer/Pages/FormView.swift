/// A form that is posted, as `form.mustache` names its parts.
struct FormView: Sendable {
    struct HiddenField: Sendable {
        var name: String
        var value: String
    }

    struct Button: Sendable {
        enum Style: String {
            /// What the form is there for.
            case main = "button"
            case plain = "button plain"
            /// What can't be undone.
            case danger = "button danger"
        }

        var label: String
        var classes: String
        /// What the form sends when this button was pressed, besides its fields.
        var name: String?
        var value: String?

        init(_ label: String, _ style: Style = .main, name: String? = nil, value: String? = nil) {
            self.label = label
            self.classes = style.rawValue
            self.name = name
            self.value = value
        }
    }

    /// An issue on top of the form.
    struct Issue: Sendable {
        var sentence: String
        /// The field that it leads to. `nil` when the form has no such field.
        var fieldID: String?
    }

    /// Stands before every id in the form: a page can have several forms.
    var formID: String
    /// The path that the form is posted to.
    var action: String
    var isMultipart: Bool
    var isWide: Bool
    /// Tells a password manager whose password it is. It is not sent.
    var accountEmail: String?
    var hiddenFields: [HiddenField]
    var fields: [FieldView]
    /// The first one also stands for the Enter key.
    var buttons: [Button]
    var done: String?
    var failure: String?
    var issues: [Issue]
    var hasIssues: Bool
    /// Whether the form is shown again because something was wrong.
    var hasFailed: Bool

    init(
        id: String, action: String, isMultipart: Bool = false, isWide: Bool = false,
        accountEmail: String? = nil, hiddenFields: [HiddenField] = [], fields: [FieldView],
        buttons: [Button], issues: [Problem.Issue], notice: FormNotice?
    ) {
        formID = id
        self.action = action
        self.isMultipart = isMultipart
        self.isWide = isWide
        self.accountEmail = accountEmail
        self.hiddenFields = hiddenFields
        self.buttons = buttons
        let placed = fields.map { $0.placed(in: id, issues: issues) }
        self.fields = placed
        self.issues = issues.map { issue in
            let field = placed.first { $0.name == issue.parameter }
            return Issue(
                sentence: issue.sentence(about: field?.label ?? issue.parameter), fieldID: field?.id)
        }
        switch notice {
        case .done(let text): done = text
        case .failed(let text): failure = text
        case nil: break
        }
        hasIssues = !issues.isEmpty
        hasFailed = failure != nil || hasIssues
    }
}
