import BenchmarkReport
import FeedStore
import Foundation

/// The main database, in the forms of both servers, and where its posts stand.
struct FeedData: Sendable {
    var database: URL
    /// The peer's form, or why there is none.
    var peerDatabase: Outcome<URL>
    /// Published posts, newest first.
    var positions: [Position]
    /// Ids of users who have a page of posts at least.
    var prolificUsers: [Int64]

    /// Where the page begins that has so many posts in front of it; `nil` for the first.
    func start(atDepth depth: Int) -> PageStart {
        depth == 0 ? .first : .after(positions[depth - 1])
    }

    /// Ids of the posts on the page behind so many.
    func ids(atDepth depth: Int, pageSize: Int) -> [Int64] {
        positions[depth..<(depth + pageSize)].map(\.id)
    }

    /// The address at feed-server of the page behind so many posts, by cursor.
    func path(depth: Int, pageSize: Int) -> String {
        guard case .after(let position) = start(atDepth: depth) else { return Self.firstPath(pageSize) }
        let cursor = PageCursor(
            position: position, direction: .forward, scope: CursorScope(collection: .posts, order: .newest))
        return Self.firstPath(pageSize) + "&cursor=\(FeedServerBinary.cursors.encode(cursor))"
    }

    /// And at the peer.
    func peerPath(depth: Int, pageSize: Int) -> String {
        guard case .after(let position) = start(atDepth: depth) else { return Self.firstPath(pageSize) }
        return Self.firstPath(pageSize) + "&cursor=\(Peer.cursor(after: position))"
    }

    /// By offset, at both.
    func offsetPath(depth: Int, pageSize: Int) -> String {
        "/api/posts?skip=\(depth)&limit=\(pageSize)"
    }

    private static func firstPath(_ pageSize: Int) -> String {
        "/api/posts/feed?page_size=\(pageSize)"
    }
}

/// Where the published posts of a store stand, and who wrote them.
struct FeedSurvey: RowVisitor, Sendable {
    /// Newest first.
    private(set) var positions: [Position] = []
    /// Posts of each user, by the user's id.
    private(set) var postsByUser: [Int64: Int] = [:]

    /// Reads all of it.
    static func of(_ store: SQLiteStore) async throws -> FeedSurvey {
        var survey = FeedSurvey()
        var query = PageQuery(
            collection: .posts, order: .newest, start: .first, pageSize: PageQuery.maximumPageSize)
        while true {
            try Task.checkCancellation()
            let (page, edges) = try await store.page(query, visitor: FeedSurvey())
            survey.positions += page.positions
            survey.postsByUser.merge(page.postsByUser, uniquingKeysWith: +)
            guard edges.hasMore, let last = edges.last else { return survey }
            query.start = .after(last)
        }
    }

    mutating func visit(_ row: borrowing PostRow) {
        positions.append(Position(datePosted: row.datePosted, id: row.id))
        postsByUser[row.userID, default: 0] += 1
    }

    mutating func visit(_ row: borrowing UserRow) {}

    mutating func reverse() { positions.reverse() }
}

/// Looks at every column of a row, as whatever uses it would, and keeps nothing.
struct RowReader: RowVisitor, Sendable {
    private(set) var rows = 0
    /// Of the texts.
    private(set) var bytes = 0

    mutating func visit(_ row: borrowing PostRow) {
        rows += 1
        bytes += row.title.count + row.content.count + row.username.count + (row.imageFile?.count ?? 0)
    }

    mutating func visit(_ row: borrowing UserRow) {
        rows += 1
        bytes += row.username.count + (row.imageFile?.count ?? 0)
    }

    mutating func reverse() {}
}
