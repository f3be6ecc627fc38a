import FeedStore
import Foundation
import Mustache
import NIOCore
import Testing

@testable import FeedServer

/// The pages of the account part: what a user typed stays text, and what is wrong stands by its field.
@Suite struct AccountPagesTests {
    /// Every way known of leaving an element, an attribute or a template; the last `<` and `"` are
    /// joined into one grapheme with what follows.
    private static let hostile =
        "\"'><script>alert(1)</script></textarea></title>{{pageTitle}}{{{pageTitle}}}&amp;"
        + "<\u{301}img\"\u{301} x=1>"

    /// How it must stand in a page.
    private static let harmless =
        "&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;/textarea&gt;&lt;/title&gt;{{pageTitle}}"
        + "{{{pageTitle}}}&amp;amp;&lt;\u{301}img&quot;\u{301} x=1&gt;"

    private static let author = Author(id: 6, username: "maria", imageFile: nil)
    private static let user = User(author: author, email: "maria@example.com")
    private static let hostileAuthor = Author(id: 6, username: hostile, imageFile: "6.jpg")

    private let pages: PageRenderer

    init() throws {
        pages = try PageRenderer()
    }

    // MARK: Text stays text

    /// Each field and message of a page alone, so that none is hidden behind another.
    private static let hostilePages: [(name: String, page: @Sendable (PageRenderer) -> String)] = [
        ("viewer", { text($0.feedPage(feed(), viewer: hostileAuthor)) }),
        (
            "viewer on an error",
            { text($0.errorPage(status: 404, title: "", detail: "", viewer: hostileAuthor)) }
        ),
        ("viewer on a post", { text($0.postPage(post(), viewer: hostileAuthor)) }),
        ("viewer in the docs", { text($0.docsPage(viewer: hostileAuthor)) }),
        ("viewer of drafts", { text($0.draftsPage(.init(posts: []), viewer: hostileAuthor)) }),
        ("viewer who writes", { text($0.postFormPage(.init(subject: .newPost), viewer: hostileAuthor)) }),
        ("registered username", { text($0.registerPage(.init(username: hostile), viewer: nil)) }),
        ("registered email", { text($0.registerPage(.init(email: hostile), viewer: nil)) }),
        ("registration's issue", { text($0.registerPage(.init(issues: issues("email")), viewer: nil)) }),
        ("registration's failure", { text($0.registerPage(.init(notice: .failed(hostile)), viewer: nil)) }),
        (
            "registration's unknown field",
            { page in
                let issue = Problem.Issue(parameter: hostile, detail: "is unknown")
                return text(page.registerPage(.init(issues: [issue]), viewer: nil))
            }
        ),
        ("login's email", { text($0.loginPage(.init(email: hostile), viewer: nil)) }),
        ("login's next", { text($0.loginPage(.init(next: hostile), viewer: nil)) }),
        ("login's issue", { text($0.loginPage(.init(issues: issues("password")), viewer: nil)) }),
        ("login's notice", { text($0.loginPage(.init(notice: .done(hostile)), viewer: nil)) }),
        ("account's username", { account($0) { $0.profile.username = hostile } }),
        ("account's email", { account($0) { $0.profile.email = hostile } }),
        ("account's stored email", { account($0) { $0.user.email = hostile } }),
        ("account's stored name", { account($0) { $0.user.author.username = hostile } }),
        ("account's hint", { account($0) { $0.pictureHint = hostile } }),
        ("profile's issue", { account($0) { $0.profile.issues = issues("username") } }),
        ("profile's notice", { account($0) { $0.profile.notice = .done(hostile) } }),
        ("picture's issue", { account($0) { $0.picture.issues = issues("file") } }),
        ("picture's notice", { account($0) { $0.picture.notice = .failed(hostile) } }),
        ("password's issue", { account($0) { $0.password.issues = issues("password") } }),
        ("password's notice", { account($0) { $0.password.notice = .failed(hostile) } }),
        ("sessions' notice", { account($0) { $0.sessionsNotice = .failed(hostile) } }),
        ("a session's browser", { account($0) { $0.sessions = [session(userAgent: hostile)] } }),
        ("a session's address", { account($0) { $0.sessions = [session(address: hostile)] } }),
        ("deletion's issue", { account($0) { $0.deletion.issues = issues("current_password") } }),
        ("deletion's notice", { account($0) { $0.deletion.notice = .failed(hostile) } }),
        ("draft's title", { text($0.draftsPage(.init(posts: [post(title: hostile)]), viewer: author)) }),
        ("drafts' notice", { text($0.draftsPage(.init(posts: [], notice: .done(hostile)), viewer: author)) }),
        (
            "drafts' failure",
            { text($0.draftsPage(.init(posts: [], notice: .failed(hostile)), viewer: author)) }
        ),
        (
            "written title",
            { text($0.postFormPage(.init(subject: .newPost, title: hostile), viewer: author)) }
        ),
        (
            "written content",
            { text($0.postFormPage(.init(subject: .newPost, content: hostile), viewer: author)) }
        ),
        (
            "post form's issue",
            { page in
                let form = PostForm(subject: .draft(id: 3), issues: issues("content"))
                return text(page.postFormPage(form, viewer: author))
            }
        ),
        (
            "post form's notice",
            { page in
                let form = PostForm(subject: .published(id: 3), notice: .failed(hostile))
                return text(page.postFormPage(form, viewer: author))
            }
        ),
        ("own post's title", { text($0.postPage(post(title: hostile), viewer: author)) }),
        ("own post's content", { text($0.postPage(post(content: hostile), viewer: author)) }),
    ]

    /// Mustache has one table of content types for the whole process, in which another part may use any name.
    @Test func theContentTypesOfOthersStayTheirs() throws {
        MustacheContentTypes.register(Shouted(), named: "SCALAR_HTML")
        let pages = try PageRenderer()
        let others = try MustacheTemplate(string: "{{% CONTENT_TYPE: SCALAR_HTML}}{{.}}")
        #expect(others.render("<a") == "<A")
        #expect(Self.text(pages.feedPage(Self.feed(), viewer: Self.hostileAuthor)).contains(Self.harmless))
    }

    @Test(arguments: hostilePages.indices)
    func hostileTextStaysText(_ index: Int) {
        let (name, make) = Self.hostilePages[index]
        let page = make(pages)
        #expect(page.contains(Self.harmless), "\(name)")
        // Scalars, as a browser reads them.
        let bytes = Array(page.utf8)
        for forbidden in ["<script>", "\"'>", "<\u{301}", "</textarea></title>"] {
            #expect(bytes.firstRange(of: Array(forbidden.utf8)) == nil, "\(name): \(forbidden)")
        }
    }

    // MARK: Fields

    @Test func passwordFieldsHaveNoValue() throws {
        var model = AccountPageModel(user: Self.user, pictureHint: "")
        model.password.issues = [.init(parameter: "current_password", detail: "is wrong")]
        model.deletion.issues = [.init(parameter: "current_password", detail: "is wrong")]
        let issues = [Problem.Issue(parameter: "password", detail: "must be longer")]
        let shown = [
            Self.text(
                pages.registerPage(.init(username: "maria", email: "m@x", issues: issues), viewer: nil)),
            Self.text(pages.loginPage(.init(email: "m@x", issues: issues), viewer: nil)),
            Self.text(pages.accountPage(model)),
        ]
        for page in shown {
            let inputs = Self.tags("input", in: page).filter { $0.contains(#"type="password""#) }
            try #require(!inputs.isEmpty)
            for input in inputs { #expect(!input.contains(" value=")) }
        }
        #expect(Self.tags("input", in: shown[2]).filter { $0.contains(#"type="file""#) }.count == 1)
        #expect(
            !Self.tags("input", in: shown[2]).contains {
                $0.contains(#"type="file""#) && $0.contains(" value=")
            })
    }

    @Test(arguments: ["", "text", "\ntext", "\n\n  text\n", "\r\ntext"])
    func contentSurvivesWithItsFirstNewline(_ content: String) throws {
        let form = PostForm(subject: .draft(id: 3), content: content)
        let page = Self.text(pages.postFormPage(form, viewer: Self.author))
        let start = try #require(page.range(of: "<textarea"))
        let open = try #require(page.range(of: ">", range: start.upperBound..<page.endIndex))
        let end = try #require(page.range(of: "</textarea>"))
        // HTML drops one newline behind the tag (HTML Standard, section 13.2.6.4.7, start tag "textarea").
        #expect(
            String(page[open.upperBound..<end.lowerBound]).unicodeScalars.elementsEqual(
                "\n\(content)".unicodeScalars))
    }

    @Test func issuesAreTiedToTheirFields() throws {
        let issues = [
            Problem.Issue(parameter: "username", detail: "must be shorter"),
            Problem.Issue(parameter: "password", detail: "must be longer"),
            Problem.Issue(parameter: "colour", detail: "is unknown."),
        ]
        let page = Self.text(pages.registerPage(.init(issues: issues), viewer: nil))
        let alert = try #require(page.range(of: #"role="alert""#))
        let form = try #require(page.range(of: "<label"))
        #expect(alert.lowerBound < form.lowerBound)
        #expect(page.contains("<title>Error: Register"))
        #expect(page.contains(##"<a href="#register-username">Username must be shorter.</a>"##))
        #expect(page.contains(##"<a href="#register-password">Password must be longer.</a>"##))
        #expect(page.contains("<li>colour is unknown.</li>"))
        #expect(page.contains(#"id="register-username-issue">Username must be shorter.<"#))
        let inputs = Self.tags("input", in: page)
        let username = try #require(inputs.first { $0.contains(#"id="register-username""#) })
        #expect(username.contains(#"aria-invalid="true""#))
        #expect(username.contains(#"aria-describedby="register-username-hint register-username-issue""#))
        let email = try #require(inputs.first { $0.contains(#"id="register-email""#) })
        #expect(!email.contains("aria-invalid"))
        #expect(email.contains(#"aria-describedby="register-email-hint""#))
    }

    @Test func aFreshFormHasNoAlert() {
        let shown = [
            pages.registerPage(.init(), viewer: nil), pages.loginPage(.init(), viewer: nil),
            pages.accountPage(.init(user: Self.user, pictureHint: "")),
            pages.postFormPage(.init(subject: .newPost), viewer: Self.author),
        ]
        for page in shown.map(Self.text) {
            #expect(!page.contains("alert"))
            #expect(!page.contains("aria-invalid"))
            #expect(!page.contains("Error"))
        }
    }

    @Test func issuesOfOneFormLeaveTheOthersAlone() throws {
        var model = AccountPageModel(user: Self.user, pictureHint: "")
        model.deletion.issues = [.init(parameter: "current_password", detail: "is wrong")]
        let page = Self.text(pages.accountPage(model))
        #expect(page.contains(##"<a href="#deletion-current_password">Current password is wrong.</a>"##))
        #expect(!page.contains("password-current_password-issue"))
        #expect(page.contains("<details open>"))
        #expect(Self.text(pages.accountPage(.init(user: Self.user, pictureHint: ""))).contains("<details>"))
    }

    /// An id that two elements have leads to one of them only.
    @Test func idsAreUniqueAndReferencesLeadSomewhere() {
        var model = AccountPageModel(user: Self.user, pictureHint: "what may be")
        model.user.author.imageFile = "6.jpg"
        model.profile.issues = Self.issues("username", "email")
        model.picture.issues = Self.issues("file")
        model.password.issues = Self.issues("current_password", "password")
        model.deletion.issues = Self.issues("current_password")
        model.sessions = [Self.session(number: 1), Self.session(number: 2)]
        let shown = [
            pages.accountPage(model),
            pages.registerPage(.init(issues: Self.issues("username", "email", "password")), viewer: nil),
            pages.loginPage(.init(issues: Self.issues("email", "password")), viewer: nil),
            pages.postFormPage(
                .init(subject: .newPost, issues: Self.issues("title", "content")), viewer: Self.author),
            pages.draftsPage(.init(posts: [Self.post(id: 1), Self.post(id: 2)]), viewer: Self.author),
            pages.postPage(Self.post(), viewer: Self.author),
        ]
        for page in shown.map(Self.text) {
            let ids = page.matches(of: /\ id="([^"]*)"/).map { String($0.1) }
            #expect(Set(ids).count == ids.count, "\(ids)")
            let references = page.matches(of: /\ (?:for|aria-describedby|aria-labelledby)="([^"]*)"/)
                .flatMap { $0.1.split(separator: " ") }.map(String.init)
            let links = page.matches(of: /\ href="#([^"]*)"/).map { String($0.1) }
            #expect(Set(references + links).isSubset(of: ids))
        }
    }

    // MARK: What a page offers to whom

    @Test func navigationDiffersByViewer() {
        let shown: [(Author?) -> String] = [
            { Self.text(self.pages.feedPage(Self.feed(), viewer: $0)) },
            { Self.text(self.pages.postPage(Self.post(), viewer: $0)) },
            { Self.text(self.pages.errorPage(status: 404, title: "", detail: "", viewer: $0)) },
            { Self.text(self.pages.docsPage(viewer: $0)) },
        ]
        let viewer = Author(id: 7, username: "joao", imageFile: "7.jpg")
        let forStrangers = [#"href="/login""#, #"href="/register""#]
        let forUsers = [
            #"href="/posts/new""#, #"href="/account/drafts""#, #"href="/account""#, #"action="/logout""#,
            #"src="/media/7.jpg""#, "<bdi>joao</bdi>",
        ]
        for page in shown {
            let stranger = page(nil)
            let user = page(viewer)
            for part in forStrangers { #expect(stranger.contains(part) && !user.contains(part), "\(part)") }
            for part in forUsers { #expect(user.contains(part) && !stranger.contains(part), "\(part)") }
        }
    }

    @Test func onlyItsAuthorCanEditAPost() {
        let other = Author(id: 7, username: "joao", imageFile: nil)
        for part in [#"href="/posts/3/edit""#, #"action="/posts/3/delete""#] {
            #expect(Self.text(pages.postPage(Self.post(), viewer: Self.author)).contains(part))
            #expect(!Self.text(pages.postPage(Self.post(), viewer: other)).contains(part))
            #expect(!Self.text(pages.postPage(Self.post(), viewer: nil)).contains(part))
        }
    }

    @Test func draftsAreMarked() {
        #expect(Self.text(pages.postPage(Self.post(status: .draft), viewer: Self.author)).contains(">Draft<"))
        #expect(!Self.text(pages.postPage(Self.post(), viewer: Self.author)).contains(">Draft<"))
    }

    @Test func buttonsSayWhatBecomesOfThePost() {
        func values(_ subject: PostForm.Subject) -> [String] {
            Self.tags(
                "button", in: Self.text(pages.postFormPage(.init(subject: subject), viewer: Self.author))
            )
            .compactMap { $0.firstMatch(of: /name="status" value="(\w+)"/).map { String($0.1) } }
        }
        // The first button is the one of the Enter key.
        #expect(values(.newPost) == ["draft", "published"])
        #expect(values(.draft(id: 3)) == ["draft", "published"])
        #expect(values(.published(id: 3)) == ["published"])
    }

    @Test func aPictureCanBeRemovedWhenThereIsOne() {
        var model = AccountPageModel(user: Self.user, pictureHint: "")
        #expect(!Self.text(pages.accountPage(model)).contains("/account/picture/delete"))
        model.user.author.imageFile = "6.jpg"
        #expect(Self.text(pages.accountPage(model)).contains("/account/picture/delete"))
    }

    @Test func sessionsAreListedAndOnesOwnIsMarked() {
        var model = AccountPageModel(user: Self.user, pictureHint: "")
        model.sessions = [
            Self.session(number: 1, userAgent: "A browser"), Self.session(number: 2, address: "2001:db8::1"),
        ]
        model.ownSession = model.sessions[1].id
        let page = Self.text(pages.accountPage(model))
        let ids = page.matches(of: /name="session" value="([^"]*)"/).map { String($0.1) }
        #expect(ids == [model.sessions[0].idText], "one's own ends by logging out")
        #expect(page.matches(of: /This browser/).count == 1)
        #expect(page.contains("From 2001:db8::1, since"))
        let time = #"<time datetime="2025-08-06T14:30:00.123456Z">August 06, 2025, 14:30 UTC</time>"#
        #expect(page.contains("since \(time), last used about \(time)"))
        #expect(page.contains(#"action="/account/sessions/end-others""#))
    }

    @Test func draftsLeadOn() {
        let model = DraftsPageModel(
            posts: [Self.post()], nextCursor: "older", prevCursor: "newer", isFirstPage: false)
        let page = Self.text(pages.draftsPage(model, viewer: Self.author))
        #expect(page.contains(#"href="/account/drafts?cursor=older" rel="next""#))
        #expect(page.contains(#"href="/account/drafts?cursor=newer" rel="prev""#))
        let first = DraftsPageModel(posts: [], prevCursor: "newer")
        #expect(!Self.text(pages.draftsPage(first, viewer: Self.author)).contains("cursor="))
        #expect(Self.text(pages.draftsPage(first, viewer: Self.author)).contains("No drafts"))
    }

    /// Nothing that `Content-Security-Policy` would stop.
    @Test func nothingIsInline() {
        var model = AccountPageModel(user: Self.user, pictureHint: "")
        model.user.author.imageFile = "6.jpg"
        let shown = [
            pages.accountPage(model), pages.registerPage(.init(), viewer: nil),
            pages.loginPage(.init(), viewer: nil), pages.docsPage(viewer: Self.author),
            pages.postFormPage(.init(subject: .newPost), viewer: Self.author),
            pages.draftsPage(.init(posts: [Self.post()]), viewer: Self.author),
            pages.postPage(Self.post(), viewer: Self.author),
        ]
        for page in shown.map(Self.text) {
            #expect(!page.contains(/<style|\ style=|\ on\w+="|<script(?![^>]*\ src=)/))
            // Everything changes by POST to this server.
            for form in Self.tags("form", in: page) {
                #expect(form.contains(#"method="post" action="/"#))
            }
        }
    }

    @Test func everyAssetOfAPageIsServed() {
        let assets = StaticAssets()
        let shown = [
            pages.docsPage(viewer: nil), pages.loginPage(.init(), viewer: nil),
            pages.feedPage(Self.feed(next: "abc"), viewer: nil),
        ]
        for page in shown.map(Self.text) {
            let names = page.matches(of: /\/static\/([\w.-]+)/).map { String($0.1) }
            #expect(!names.isEmpty)
            for name in names { #expect(assets[name] != nil, "\(name)") }
        }
    }

    // MARK: Given

    private static func text(_ page: ByteBuffer) -> String {
        String(buffer: page)
    }

    private static func account(_ pages: PageRenderer, _ change: (inout AccountPageModel) -> Void) -> String {
        var model = AccountPageModel(user: user, pictureHint: "")
        change(&model)
        return text(pages.accountPage(model))
    }

    private static func session(
        number: UInt8 = 1, userAgent: String? = nil, address: String? = nil
    ) -> UserSession {
        let time = Timestamp(microseconds: 1_754_490_600_123_456)
        return UserSession(
            id: [UInt8](repeating: number, count: UserSession.idLength), createdAt: time, lastUsedAt: time,
            expiresAt: time, origin: SessionOrigin(userAgent: userAgent, address: address))
    }

    private static func issues(_ names: String...) -> [Problem.Issue] {
        names.map { Problem.Issue(parameter: $0, detail: "must not be \(hostile)") }
    }

    private static func feed(next: String? = nil) -> FeedPageModel {
        FeedPageModel(
            heading: "Posts", path: "/posts", apiPath: "/api/posts/feed", posts: [post()], nextCursor: next,
            pageSize: 20)
    }

    private static func post(
        id: Int64 = 3, title: String = "Title", content: String = "Content", status: PostStatus = .published
    ) -> Post {
        Post(
            id: id, author: author, title: title, content: content, status: status,
            datePosted: Timestamp(microseconds: 1_754_490_600_123_456), updatedAt: nil)
    }

    /// The start tags of a name, with their attributes.
    private static func tags(_ name: String, in page: String) -> [Substring] {
        page.ranges(of: "<\(name) ").map { start in
            page[start.lowerBound...].prefix { $0 != ">" }
        }
    }
}

/// Somebody else's.
private struct Shouted: MustacheContentType {
    func escapeText(_ text: String) -> String { text.uppercased() }
}
