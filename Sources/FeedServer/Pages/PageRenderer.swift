import FeedStore
import Mustache
import NIOCore

/// The HTML pages for people: models in, UTF-8 out.
///
/// The templates are part of the binary and are parsed once, when the renderer is made.
struct PageRenderer: Sendable {
    /// Stands behind the name of a page in its title.
    private static let siteName = "FeedServer"

    private let library: MustacheLibrary
    private let feedTemplate: MustacheTemplate
    private let postTemplate: MustacheTemplate
    private let errorTemplate: MustacheTemplate
    private let docsTemplate: MustacheTemplate

    /// - Throws: `MustacheTemplate.ParserError` when a template is broken.
    init() throws {
        MustacheContentTypes.register(HTMLText(), named: HTMLText.name)
        library = MustacheLibrary(templates: [
            "layout": try Self.parse(PackageResources.layout_mustache),
            "post-card": try Self.parse(PackageResources.post_card_mustache),
        ])
        feedTemplate = try Self.parse(PackageResources.feed_page_mustache)
        postTemplate = try Self.parse(PackageResources.post_page_mustache)
        errorTemplate = try Self.parse(PackageResources.error_page_mustache)
        docsTemplate = try Self.parse(PackageResources.docs_mustache)
    }

    /// A page of posts.
    func feedPage(_ model: FeedPageModel) -> ByteBuffer {
        render(FeedView(model, title: title(model.heading)), with: feedTemplate)
    }

    /// The page of one post.
    func postPage(_ post: Post) -> ByteBuffer {
        render(SinglePostView(pageTitle: title(post.title), post: PostView(post)), with: postTemplate)
    }

    /// The page that says why there is no other.
    ///
    /// - Parameters:
    ///   - status: The HTTP status.
    ///   - title: What went wrong, in a few words.
    ///   - detail: What the reader can make of it.
    func errorPage(status: Int, title: String, detail: String) -> ByteBuffer {
        let view = ErrorView(
            pageTitle: self.title(title), status: "\(status)", errorTitle: title, detail: detail)
        return render(view, with: errorTemplate)
    }

    /// The page where a person reads and tries the API.
    func docsPage() -> ByteBuffer {
        render(DocsView(pageTitle: title("API")), with: docsTemplate)
    }

    private func title(_ page: String) -> String {
        "\(page) – \(Self.siteName)"
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

/// What `feed-page.mustache` names.
private struct FeedView {
    var pageTitle: String
    var heading: String
    var portraitPath: String?
    var path: String
    var apiPath: String
    var posts: [PostView]
    var emptyPost = PostView()
    var nextCursor: String?
    var newerPath: String?
    var olderPath: String?
    var isLaterPage: Bool
    var pageSize: Int

    init(_ model: FeedPageModel, title: String) {
        pageTitle = title
        heading = model.heading
        portraitPath = model.user.map { imagePath(for: $0.imageFile) }
        path = model.path
        apiPath = model.apiPath
        posts = model.posts.enumerated().map { PostView($1, position: $0 + 1) }
        nextCursor = model.nextCursor
        // A cursor is base64url, and needs no escaping in a query.
        newerPath = model.isFirstPage ? nil : model.prevCursor.map { "\(model.path)?cursor=\($0)" }
        olderPath = model.nextCursor.map { "\(model.path)?cursor=\($0)" }
        isLaterPage = !model.isFirstPage
        pageSize = model.pageSize
    }
}

/// What `post-page.mustache` names.
private struct SinglePostView {
    var pageTitle: String
    var post: PostView
}

/// What `error-page.mustache` names.
private struct ErrorView {
    var pageTitle: String
    var status: String
    var errorTitle: String
    var detail: String
}

/// What `docs.mustache` names.
private struct DocsView {
    var pageTitle: String
}
