import FeedStore

// What the templates of whole pages name. `pageTitle` and `viewer` belong to the layout.

/// What `feed-page.mustache` names.
struct FeedView {
    var pageTitle: String
    var viewer: ViewerView?
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

    init(_ model: FeedPageModel, title: String, viewer: ViewerView?) {
        pageTitle = title
        self.viewer = viewer
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
struct SinglePostView {
    var pageTitle: String
    var viewer: ViewerView?
    var post: PostView
    /// What its author can do with it; `nil` for everybody else.
    var own: OwnPostView?
}

/// What a post's author can do with it.
struct OwnPostView {
    var editPath: String
    var deletion: FormView

    init(_ post: Post) {
        editPath = "/posts/\(post.id)/edit"
        deletion = FormView(
            id: "deletion", action: "/posts/\(post.id)/delete", fields: [],
            buttons: [.init("Delete it for good", .danger)], issues: [], notice: nil)
    }
}

/// A way elsewhere from a form.
struct PageLink {
    var path: String
    var label: String
}

/// What `form-page.mustache` names: a page that is one form.
struct FormPageView {
    var pageTitle: String
    var viewer: ViewerView?
    var heading: String
    var form: FormView
    /// Stands before the link.
    var question: String?
    var link: PageLink?
}

/// What `account-page.mustache` names.
struct AccountView {
    var pageTitle: String
    var viewer: ViewerView?
    var postsPath: String
    var portraitPath: String
    var profile: FormView
    var picture: FormView
    /// `nil` for a user without a picture.
    var pictureRemoval: FormView?
    var password: FormView
    var sessions: [SessionView]
    var otherSessions: FormView
    var deletion: FormView

    /// - Parameter title: The page's title, which says so when one of the forms was not accepted.
    init(_ model: AccountPageModel, title: (_ hasFailed: Bool) -> String) {
        let author = model.user.author
        viewer = ViewerView(author)
        postsPath = "/users/\(author.id)/posts"
        portraitPath = imagePath(for: author.imageFile)
        profile = model.profileView
        picture = model.pictureView
        pictureRemoval = author.imageFile.map { _ in model.pictureRemovalView }
        password = model.passwordView
        sessions = model.sessionViews
        otherSessions = model.otherSessionsView
        deletion = model.deletionView
        pageTitle = title([profile, picture, password, deletion].contains { $0.hasFailed })
    }
}

/// What `drafts-page.mustache` names.
struct DraftsView {
    private static let draftsPath = "/account/drafts"

    var pageTitle: String
    var viewer: ViewerView?
    var path = Self.draftsPath
    var done: String?
    var failure: String?
    var drafts: [DraftView]
    var isLaterPage: Bool
    var newerPath: String?
    var olderPath: String?

    init(_ model: DraftsPageModel, title: String, viewer: ViewerView) {
        pageTitle = title
        self.viewer = viewer
        switch model.notice {
        case .done(let text): done = text
        case .failed(let text): failure = text
        case nil: break
        }
        drafts = model.posts.map(DraftView.init)
        isLaterPage = !model.isFirstPage
        // A cursor is base64url, and needs no escaping in a query.
        newerPath = model.isFirstPage ? nil : model.prevCursor.map { "\(Self.draftsPath)?cursor=\($0)" }
        olderPath = model.nextCursor.map { "\(Self.draftsPath)?cursor=\($0)" }
    }
}

/// A draft in the list of them.
struct DraftView {
    var post: PostView
    var editPath: String

    init(_ post: Post) {
        self.post = PostView(post)
        editPath = "/posts/\(post.id)/edit"
    }
}

/// What `error-page.mustache` names.
struct ErrorView {
    var pageTitle: String
    var viewer: ViewerView?
    var status: String
    var errorTitle: String
    var detail: String
}

/// What `docs.mustache` names.
struct DocsView {
    var pageTitle: String
    var viewer: ViewerView?
}
