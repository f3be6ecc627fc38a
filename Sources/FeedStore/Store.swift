/// Posts and users, kept durably, read in pages. Accounts are kept by an ``AccountStore``.
///
/// Nothing of an engine shows through: SQLite stands behind it today, PostgreSQL can tomorrow.
/// Every write has been made durable when its function returns, and throws ``StoreError``:
/// ``StoreError/Code/invalid`` where a text holds U+0000, ``StoreError/Code/overloaded`` where too
/// many writes are waiting, ``StoreError/Code/unavailable`` where the commit failed. One whose task is
/// cancelled while it waits throws `CancellationError` and is not carried out; one that was begun is.
public protocol Store: Sendable {
    /// Whose rows these are: to be part of the name of whatever is kept of them elsewhere. The same as long as the store
    /// is open.
    var identity: DatabaseIdentity { get }

    /// Reads a page without waiting, on the calling thread, in microseconds; fit for an event loop.
    ///
    /// - Returns: `nil` when the store can't do so now (the page's cost is not bounded, its rows have more text than
    ///   an event loop has time for, a lock is held, the engine is remote). The visitor may have seen some of the rows
    ///   then; drop it, and call ``page(_:visitor:)`` with a new one instead.
    func pageIfImmediate<Visitor: RowVisitor>(
        _ query: PageQuery, visitor: inout Visitor
    ) throws -> PageEdges?

    /// Reads a page, off the calling thread where that could take long.
    ///
    /// - Returns: the visitor after it was shown the rows, and the page's edges.
    /// - Throws: ``StoreError``, ``StoreError/Code/overloaded`` at once where too many wait already; or
    ///   `CancellationError` when the task was cancelled.
    func page<Visitor: RowVisitor & Sendable>(
        _ query: PageQuery, visitor: Visitor
    ) async throws -> (visitor: Visitor, edges: PageEdges)

    /// The number of rows in a collection, counted now: the cost grows with that number.
    ///
    /// - Parameter limit: where counting stops, 0 or more; `nil` for all rows.
    func count(_ collection: FeedCollection, limit: Int?) async throws -> Int

    /// A post that a user may see, by its id: a published one, or one that the user wrote.
    ///
    /// A draft of somebody else costs what a post costs that is not there: it is decided before anything of
    /// the draft is read, so that no answer's time tells of it.
    ///
    /// - Parameter reader: the user who asks, `nil` for anybody.
    /// - Returns: `nil` when there is none for this reader.
    func post(id: Int64, visibleTo reader: Int64?) async throws -> Post?

    /// A user by its id, or `nil`.
    func user(id: Int64) async throws -> User?

    /// Writes a post. A published one gets a `date_posted` that is greater than that of every post
    /// published before it, in commit order, so that no position in the feed is ever skipped.
    ///
    /// - Returns: `nil` when there is no such user.
    func createPost(
        userID: Int64, title: String, content: String, status: PostStatus
    ) async throws -> Post?

    /// Changes a post; what is `nil` stays. Publishing a draft gives it its `date_posted`, which
    /// never changes afterwards; a published post can't become a draft again.
    ///
    /// - Returns: the post as it is now, or `nil` when there is none.
    func updatePost(id: Int64, changes: PostChanges) async throws -> Post?

    /// Returns whether there was one.
    func deletePost(id: Int64) async throws -> Bool

    /// How the store is, as far as it knows at the moment.
    var status: StoreStatus { get }
}

/// What ``Store/updatePost(id:changes:)`` changes; `nil` leaves a field as it is.
public struct PostChanges: Hashable, Sendable {
    public var title: String?
    public var content: String?
    /// Publishes a draft.
    public var publish: Bool

    public init(title: String? = nil, content: String? = nil, publish: Bool = false) {
        self.title = title
        self.content = content
        self.publish = publish
    }
}

extension Store {
    /// A store that never finds out that something is wrong with it.
    public var status: StoreStatus { StoreStatus() }

    /// The number of all rows in a collection.
    public func count(_ collection: FeedCollection) async throws -> Int {
        try await count(collection, limit: nil)
    }
}
