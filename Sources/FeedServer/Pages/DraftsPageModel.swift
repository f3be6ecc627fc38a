import FeedStore

/// A page with the drafts of the signed-in user, newest first.
struct DraftsPageModel: Sendable {
    var posts: [Post]
    /// The cursor of the drafts after these; `nil` when there are none.
    var nextCursor: String?
    /// The cursor of the drafts before these. Shown on a page that was reached by a cursor only.
    var prevCursor: String?
    /// Whether the page was asked for without a cursor.
    var isFirstPage = true
    var notice: FormNotice?
}
