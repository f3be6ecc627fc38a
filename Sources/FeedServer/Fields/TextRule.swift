/// What a text that clients write may be: its length and its form, the same for the API, for the pages
/// and in the OpenAPI document.
struct TextRule: Sendable {
    /// The field's name in JSON and in forms.
    let name: String
    /// In Unicode scalars, which JSON Schema counts as well (`minLength`, `maxLength`).
    let length: ClosedRange<Int>
    /// A regular expression for the whole text in ECMAScript's syntax, for documents.
    ///
    /// No text of a client is matched with it: an engine that tries every way through it takes hours
    /// for an address of a hundred characters.
    let pattern: String
    /// The pattern in words; `nil` for any text.
    private let form: String?
    /// The pattern as a function, which goes over the text once.
    private let isOfForm: @Sendable (String.UTF8View) -> Bool

    /// U+0000 would cut it off in many a client, and in SQLite.
    private init(anyTextNamed name: String, length: ClosedRange<Int>) {
        self.init(name: name, length: length, pattern: "^[^\\u0000]*$", form: nil) { _ in true }
    }

    private init(
        name: String, length: ClosedRange<Int>, pattern: String, form: String?,
        isOfForm: @escaping @Sendable (String.UTF8View) -> Bool
    ) {
        self.name = name
        self.length = length
        self.pattern = pattern
        self.form = form
        self.isOfForm = isOfForm
    }

    static let username = TextRule(
        name: "username", length: 1...50, pattern: "^[A-Za-z0-9_.-]+$",
        form: "of letters A to Z, digits, _, - and .",
        isOfForm: { $0.allSatisfy { isLetterOrDigit($0) || "_.-".utf8.contains($0) } })

    /// A valid e-mail address as the HTML Standard defines it
    /// (https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address).
    static let email = TextRule(
        name: "email", length: 3...120,
        pattern: "^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+"
            + "@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
            + "(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$",
        form: "of the form name@example.com", isOfForm: { isEmailAddress($0) })

    static let password = TextRule(anyTextNamed: "password", length: 8...128)
    static let title = TextRule(anyTextNamed: "title", length: 1...100)
    static let content = TextRule(anyTextNamed: "content", length: 1...50_000)

    /// What is allowed, as it stands beside a field: `1 to 50 characters of letters A to Z, …`.
    var hint: String {
        let count = "\(length.lowerBound) to \(length.upperBound) characters"
        return form.map { "\(count) \($0)" } ?? count
    }

    /// What is wrong with a text and what is allowed, or `nil`.
    func issue(with text: String) -> String? {
        if text.utf8.contains(0) { return "must not hold U+0000" }
        guard length.contains(text.unicodeScalars.count), isOfForm(text.utf8) else {
            return "must be \(hint)"
        }
        return nil
    }

    // MARK: Forms

    /// Characters of a part of a domain's name at the most (RFC 1034, section 3.5).
    private static let longestLabel = 63

    private static func isEmailAddress(_ text: String.UTF8View) -> Bool {
        let parts = text.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty,
            parts[0].allSatisfy({ isLetterOrDigit($0) || ".!#$%&'*+/=?^_`{|}~-".utf8.contains($0) })
        else { return false }
        return parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy(isLabel)
    }

    private static func isLabel(_ label: Substring.UTF8View) -> Bool {
        guard let first = label.first, let last = label.last else { return false }
        return label.count <= longestLabel && isLetterOrDigit(first) && isLetterOrDigit(last)
            && label.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
