import CFeedResources
import FeedStore
import Mustache
import NIOCore

/// The HTML pages for people: models in, UTF-8 out.
///
/// The templates are part of the binary and are parsed once, when the renderer is made.
struct PageRenderer: Sendable {
    /// Stands behind the name of a page in its title.
    private static let siteName = "FeedServer"

    /// Stands before the title of a page whose form was not accepted: it is what a screen reader reads first.
    private static let failureMark = "Error: "

    private let library: MustacheLibrary
    private let feedTemplate: MustacheTemplate
    private let postTemplate: MustacheTemplate
    private let formTemplate: MustacheTemplate
    private let accountTemplate: MustacheTemplate
    private let draftsTemplate: MustacheTemplate
    private let errorTemplate: MustacheTemplate
    private let docsTemplate: MustacheTemplate

    /// - Throws: `MustacheTemplate.ParserError` when a template is broken.
    init() throws {
        library = MustacheLibrary(templates: [
            "layout": try Self.parse(FeedResource.layout_mustache.bytes),
            "post-card": try Self.parse(FeedResource.post_card_mustache.bytes),
            "form": try Self.parse(FeedResource.form_mustache.bytes),
            "form-field": try Self.parse(FeedResource.form_field_mustache.bytes),
        ])
        feedTemplate = try Self.parse(FeedResource.feed_page_mustache.bytes)
        postTemplate = try Self.parse(FeedResource.post_page_mustache.bytes)
        formTemplate = try Self.parse(FeedResource.form_page_mustache.bytes)
        accountTemplate = try Self.parse(FeedResource.account_page_mustache.bytes)
        draftsTemplate = try Self.parse(FeedResource.drafts_page_mustache.bytes)
        errorTemplate = try Self.parse(FeedResource.error_page_mustache.bytes)
        docsTemplate = try Self.parse(FeedResource.docs_mustache.bytes)
    }

    // The `viewer` of every page is the signed-in user; `nil` is a stranger.

    /// A page of posts.
    func feedPage(_ model: FeedPageModel, viewer: Author?) -> ByteBuffer {
        let view = FeedView(model, title: title(model.heading), viewer: viewer.map(ViewerView.init))
        return render(view, with: feedTemplate)
    }

    /// The page of one post. Its author finds there how to edit and how to delete it.
    func postPage(_ post: Post, viewer: Author?) -> ByteBuffer {
        let view = SinglePostView(
            pageTitle: title(post.title), viewer: viewer.map(ViewerView.init), post: PostView(post),
            own: viewer?.id == post.author.id ? OwnPostView(post) : nil)
        return render(view, with: postTemplate)
    }

    func registerPage(_ form: RegisterForm, viewer: Author?) -> ByteBuffer {
        formPage(
            form.view, heading: "Register", viewer: viewer, question: "Have an account already?",
            link: PageLink(path: "/login", label: "Log in"))
    }

    func loginPage(_ form: LoginForm, viewer: Author?) -> ByteBuffer {
        formPage(
            form.view, heading: "Log in", viewer: viewer, question: "No account yet?",
            link: PageLink(path: "/register", label: "Register"))
    }

    /// The page where a post is written or edited.
    func postFormPage(_ form: PostForm, viewer: Author) -> ByteBuffer {
        formPage(
            form.view, heading: form.heading, viewer: viewer,
            link: form.postPath.map { PageLink(path: $0, label: "Back without saving") })
    }

    /// The page where a user changes what is known of them.
    func accountPage(_ model: AccountPageModel) -> ByteBuffer {
        let view = AccountView(model) { title("Your account", hasFailed: $0) }
        return render(view, with: accountTemplate)
    }

    func draftsPage(_ model: DraftsPageModel, viewer: Author) -> ByteBuffer {
        render(DraftsView(model, title: title("Drafts"), viewer: ViewerView(viewer)), with: draftsTemplate)
    }

    /// The page that says why there is no other.
    ///
    /// - Parameters:
    ///   - status: The HTTP status.
    ///   - title: What went wrong, in a few words.
    ///   - detail: What the reader can make of it.
    func errorPage(status: Int, title: String, detail: String, viewer: Author?) -> ByteBuffer {
        let view = ErrorView(
            pageTitle: self.title(title), viewer: viewer.map(ViewerView.init), status: "\(status)",
            errorTitle: title, detail: detail)
        return render(view, with: errorTemplate)
    }

    /// The page where a person reads and tries the API.
    func docsPage(viewer: Author?) -> ByteBuffer {
        render(DocsView(pageTitle: title("API"), viewer: viewer.map(ViewerView.init)), with: docsTemplate)
    }

    private func formPage(
        _ form: FormView, heading: String, viewer: Author?, question: String? = nil, link: PageLink?
    ) -> ByteBuffer {
        let view = FormPageView(
            pageTitle: title(heading, hasFailed: form.hasFailed), viewer: viewer.map(ViewerView.init),
            heading: heading, form: form, question: question, link: link)
        return render(view, with: formTemplate)
    }

    private func title(_ page: String, hasFailed: Bool = false) -> String {
        "\(hasFailed ? Self.failureMark : "")\(page) – \(Self.siteName)"
    }

    private func render(_ view: Any, with template: MustacheTemplate) -> ByteBuffer {
        ByteBuffer(string: template.render(view, library: library))
    }

    /// Every template begins by asking for ``HTMLText``: Mustache forgets it at each partial.
    private static func parse(_ bytes: [UInt8]) throws -> MustacheTemplate {
        let text = String(decoding: bytes, as: UTF8.self)
        return try MustacheTemplate(string: "{{% CONTENT_TYPE: \(HTMLText.name)}}\n\(text)")
    }
}
