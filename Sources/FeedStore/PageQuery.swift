/// A set of rows that can be paged through.
public enum FeedCollection: Hashable, Sendable {
    /// Every published post.
    case posts
    /// The posts of one user that have one status.
    case userPosts(userID: Int64, status: PostStatus)
    /// Every user; they sort by `id` alone.
    case users
}

/// The order in which a collection is shown. Both orders are total: no two rows compare equal.
public enum Order: String, Sendable, CaseIterable {
    /// `date_posted` descending, then `id` descending.
    case newest
    /// The exact reverse of ``newest``. Users are always read in this order.
    case oldest
}

/// The way a reader travels through a collection's order.
public enum Direction: Sendable {
    /// Away from the first page: toward older posts in ``Order/newest``.
    case forward
    /// Back toward the first page.
    case backward
}

/// The place of a row in a collection's total order.
///
/// It holds values, not a reference: it stays good when its row is edited or deleted.
public struct Position: Hashable, Sendable {
    /// The row's `date_posted`; zero in ``FeedCollection/users``.
    public var datePosted: Timestamp
    public var id: Int64

    public init(datePosted: Timestamp, id: Int64) {
        self.datePosted = datePosted
        self.id = id
    }
}

/// Where a page starts.
public enum PageStart: Hashable, Sendable {
    /// At the first row of the order.
    case first
    /// Behind a position, travelling forward.
    case after(Position)
    /// With the rows just before a position, travelling backward. They are shown in the same order
    /// as every other page.
    case before(Position)
    /// Behind a number of rows that are skipped. The cost grows with that number.
    case offset(Int)

    /// Whether the cost of the page depends on its size alone.
    public var isBounded: Bool {
        switch self {
        case .first, .after, .before, .offset(0): true
        case .offset: false
        }
    }
}

/// One page to read.
public struct PageQuery: Hashable, Sendable {
    public var collection: FeedCollection
    public var order: Order
    public var start: PageStart
    /// At most this many rows, 1…``maximumPageSize``.
    public var pageSize: Int

    /// The largest page that a store reads at once, in rows.
    public static let maximumPageSize = 1_000

    /// - Precondition: `pageSize` is within 1…``maximumPageSize``, an offset is not negative.
    public init(collection: FeedCollection, order: Order, start: PageStart, pageSize: Int) {
        precondition((1...Self.maximumPageSize).contains(pageSize), "page size out of bounds")
        if case .offset(let skip) = start { precondition(skip >= 0, "negative offset") }
        self.collection = collection
        self.order = order
        self.start = start
        self.pageSize = pageSize
    }
}

/// What is known of a page besides its rows.
public struct PageEdges: Hashable, Sendable {
    /// The number of rows that the visitor was shown.
    public var count: Int
    /// Whether a further row was seen in the direction of travel. One row more than the page holds
    /// is looked for; nothing is counted.
    public var hasMore: Bool
    /// The position of the page's first row, `nil` when the page is empty.
    public var first: Position?
    /// The position of the page's last row, `nil` when the page is empty.
    public var last: Position?

    public init(count: Int, hasMore: Bool, first: Position?, last: Position?) {
        self.count = count
        self.hasMore = hasMore
        self.first = first
        self.last = last
    }
}
