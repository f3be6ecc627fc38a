import FeedStore

/// A page with posts of a collection, newest first.
struct FeedPageModel: Sendable {
    /// What the page is called, in its heading and its title.
    var heading: String
    /// The user whose posts these are; `nil` when they are everyone's.
    var user: Author?
    /// The page's own path: `/posts`.
    var path: String
    /// The path of the collection's feed, from which the script loads: `/api/posts/feed`.
    var apiPath: String
    var posts: [Post]
    /// The cursor of the posts after these; `nil` when there are none.
    var nextCursor: String?
    /// The cursor of the posts before these. Shown on a page that was reached by a cursor only:
    /// the first page has nothing above it.
    var prevCursor: String?
    /// Whether the page was asked for without a cursor.
    var isFirstPage: Bool
    /// How many posts the script asks for at a time.
    var pageSize: Int

    init(
        heading: String, user: Author? = nil, path: String, apiPath: String, posts: [Post],
        nextCursor: String?, prevCursor: String? = nil, isFirstPage: Bool = true, pageSize: Int
    ) {
        self.heading = heading
        self.user = user
        self.path = path
        self.apiPath = apiPath
        self.posts = posts
        self.nextCursor = nextCursor
        self.prevCursor = prevCursor
        self.isFirstPage = isFirstPage
        self.pageSize = pageSize
    }
}
