import FeedStore

/// A session in the list on `account-page.mustache`.
struct SessionView {
    /// What the form that ends a session sends its id in.
    static let field = "session"

    var browser: String
    var address: String?
    /// Whether the page is shown in it.
    var isOwn: Bool
    var begunAt: String
    var begunText: String
    var usedAt: String
    var usedText: String
    /// `nil` for one's own, which ends by logging out.
    var ending: FormView?

    /// - Parameter number: in the list.
    init(_ session: UserSession, number: Int, isOwn: Bool) {
        browser = session.origin.userAgent ?? "A browser that does not say which"
        address = session.origin.address
        self.isOwn = isOwn
        begunAt = session.createdAt.rfc3339
        begunText = session.createdAt.pageMoment
        usedAt = session.lastUsedAt.rfc3339
        usedText = session.lastUsedAt.pageMoment
        ending =
            isOwn
            ? nil
            : FormView(
                id: "session-\(number)", action: "/account/sessions/end",
                hiddenFields: [.init(name: Self.field, value: session.idText)], fields: [],
                buttons: [.init("Log out there", .plain)], issues: [], notice: nil)
    }
}
