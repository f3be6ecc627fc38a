/// What somebody registers with.
struct Registration: Sendable {
    var username: String
    var email: String
    var password: String

    init(_ fields: inout FieldReader) {
        username = fields.text(.username)
        email = fields.text(.email)
        password = fields.text(.password)
        if let issue = CommonPasswords.issue(with: password, of: [username, email]) {
            fields.refuse(TextRule.password.name, issue)
        }
    }
}

/// What somebody changes of an account; `nil` leaves a field as it is.
struct AccountChange: Sendable {
    var username: String?
    var email: String?
    var password: String?
    /// Goes with a new email and a new password.
    var currentPassword: String?

    /// Whether it changes what somebody logs in with: a session or a token alone must not do.
    var needsCurrentPassword: Bool { email != nil || password != nil }
}

extension AccountChange {
    init(_ fields: inout FieldReader) {
        username = fields.optionalText(.username)
        email = fields.optionalText(.email)
        password = fields.optionalText(.password)
        currentPassword = fields.currentPassword()
    }
}

extension FieldReader {
    static let currentPasswordName = "current_password"

    /// The password that an account is said to have, `nil` where none is given. It is held to no rule: one that no
    /// account can have is a wrong one.
    mutating func currentPassword() -> String? {
        raw(Self.currentPasswordName)
    }
}

/// What somebody logs in with.
struct LogIn: Sendable {
    var email: String
    var password: String

    /// RFC 6749, section 4.3, the password grant.
    init(token fields: inout FieldReader) {
        email = Self.given("username", "is missing; it must be the account's email", &fields)
        password = Self.given("password", "is missing", &fields)
        if let grant = fields.raw("grant_type"), !grant.utf8.isText("password") {
            fields.refuse("grant_type", "must be password")
        }
        // What clients of OAuth 2 may send besides means nothing here.
        for name in ["scope", "client_id", "client_secret"] { _ = fields.raw(name) }
    }

    init(page fields: inout FieldReader) {
        email = Self.given("email", "is missing", &fields)
        password = Self.given("password", "is missing", &fields)
    }

    private static func given(_ name: String, _ refusal: String, _ fields: inout FieldReader) -> String {
        let text = fields.raw(name) ?? ""
        if text.isEmpty { fields.refuse(name, refusal) }
        return text
    }
}
