public import FeedStore

/// A generated post, lent to a closure: its text is the generator's own memory.
public struct BulkPost: ~Copyable, ~Escapable {
    /// 1…posts, each exactly once in a data set.
    public let id: Int64
    /// 1…users.
    public let userID: Int64
    public let status: PostStatus
    public let datePosted: Timestamp
    /// Later than `datePosted`; `nil` for a post that was never edited.
    public let updatedAt: Timestamp?
    /// 1…100 characters of UTF-8.
    public let title: Span<UInt8>
    /// 1…50 000 characters of UTF-8.
    public let content: Span<UInt8>

    @_lifetime(copy title, copy content)
    init(
        id: Int64, userID: Int64, status: PostStatus, datePosted: Timestamp, updatedAt: Timestamp?,
        title: Span<UInt8>, content: Span<UInt8>
    ) {
        self.id = id
        self.userID = userID
        self.status = status
        self.datePosted = datePosted
        self.updatedAt = updatedAt
        self.title = title
        self.content = content
    }
}
