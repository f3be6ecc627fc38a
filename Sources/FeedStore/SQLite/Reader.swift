import GRDB
import GRDBSQLite

/// One read-only connection with its statements kept prepared.
///
/// `@unchecked Sendable`: it is not safe to share; ``ReaderPool`` lends it to one caller at a time.
final class Reader: @unchecked Sendable {
    private let queue: DatabaseQueue
    private var feedStatements: [RowStatement?]
    private var pointStatements: [PointSQL: RowStatement] = [:]
    private var snapshot: Snapshot?

    /// A read transaction that outlives a read.
    ///
    /// To begin and end one costs two file locks and a look at the log: as much as a third of reading
    /// a page. It is kept as long as it shows what a new one would: nothing has been committed since.
    private struct Snapshot {
        /// See ``ReaderPool/didCommit()`` and ``ReaderPool/renewSnapshots()``.
        var version: Int
        var end: ContinuousClock.Instant
    }

    /// How long a snapshot is kept at the most. Changes by other programs, which do not tell of them,
    /// are seen after that time.
    private static let snapshotLifetime = Duration.milliseconds(10)

    init(path: String) throws {
        queue = try SQLiteConnection.openReader(path: path)
        feedStatements = Array(repeating: nil, count: FeedSQL.all.count)
    }

    /// Runs `body` with the connection; it may call the functions below.
    func withConnection<Result>(_ body: (Database) throws -> Result) rethrows -> Result {
        try queue.unsafeRead(body)
    }

    /// Makes sure that there is a snapshot, and that it shows every commit up to `version`.
    func renewSnapshot(_ db: Database, version: Int) throws {
        let now = ContinuousClock.now
        if let snapshot, snapshot.version == version, now < snapshot.end { return }
        try endSnapshot(db)
        try run(db, .begin)
        snapshot = Snapshot(version: version, end: now + Self.snapshotLifetime)
    }

    /// Lets go of the snapshot, if there is one: an old one keeps the log from being emptied.
    func endSnapshot(_ db: Database) throws {
        guard snapshot != nil else { return }
        snapshot = nil
        try run(db, .commit)
    }

    /// Whether a snapshot is kept that is not read from any more.
    func hasSnapshot(before version: Int) -> Bool {
        snapshot.map { $0.version != version } ?? false
    }

    /// Lets go of the snapshot, whatever comes of it.
    func releaseSnapshot(_ db: Database) {
        do {
            try endSnapshot(db)
        } catch {
            abandonSnapshot(db)
        }
    }

    /// Ends whatever a failed read has left open.
    func abandonSnapshot(_ db: Database) {
        snapshot = nil
        // What ends the transaction must not be interrupted, and has nothing to lose.
        sqlite3_progress_handler(db.sqliteConnection, 0, nil, nil)
        if db.isInsideTransaction { sqlite3_exec(db.sqliteConnection, "ROLLBACK", nil, nil, nil) }
    }

    /// Shows the rows of a page to the visitor.
    ///
    /// Behind an offset, the page's start is found first: one key on the narrow index behind those
    /// that are skipped. The page is then read from there. There has to be a snapshot.
    ///
    /// - Parameter textBudget: bytes of the rows' texts that may be shown to the visitor.
    /// - Throws: ``TextBudgetExceeded`` in front of the row that exceeds it; the snapshot stays good.
    func page<Visitor: RowVisitor>(
        _ db: Database, _ query: PageQuery, textBudget: Int = .max, visitor: inout Visitor
    ) throws -> PageEdges {
        switch query.start {
        case .first, .offset(0):
            return try rows(db, query, textBudget, order: query.order, after: nil, visitor: &visitor)
        case .after(let position):
            return try rows(db, query, textBudget, order: query.order, after: position, visitor: &visitor)
        case .before(let position):
            var edges = try rows(
                db, query, textBudget, order: query.order.reversed, after: position, visitor: &visitor)
            swap(&edges.first, &edges.last)
            visitor.reverse()
            return edges
        case .offset(let skip):
            guard let position = try key(db, query, atOffset: skip - 1) else {
                return PageEdges(count: 0, hasMore: false, first: nil, last: nil)
            }
            return try rows(db, query, textBudget, order: query.order, after: position, visitor: &visitor)
        }
    }

    func count(_ db: Database, _ collection: FeedCollection, limit: Int?) throws -> Int {
        let kind: FeedSQL.Kind = limit == nil ? .count : .countUpTo
        let statement = try prepared(db, .init(kind: kind, shape: collection.shape, order: .newest))
        try bindFilter(statement, collection)
        if let limit { try statement.bind(FeedSQL.Parameter.limit, Int64(limit)) }
        defer { statement.reset() }
        return try statement.step() ? Int(statement.integer(0)) : 0
    }

    /// - Parameter user: who is to see it, `nil` for anybody.
    func post(_ db: Database, id: Int64, visibleTo user: Int64?) throws -> Post? {
        let statement = try prepared(db, .visiblePost)
        try statement.bind(1, id)
        try statement.bind(2, user ?? PointSQL.nobody)
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        let status: PostStatus = statement.integer(8) == 1 ? .published : .draft
        return postRow(statement, status: status).makePost()
    }

    func user(_ db: Database, id: Int64) throws -> User? {
        let statement = try prepared(db, .user)
        try statement.bind(1, id)
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        let email = String(decoding: statement.text(3).bytes, as: UTF8.self)
        return User(author: userRow(statement).makeAuthor(), email: email)
    }

    /// Steps of the virtual machine over all statements since the last call.
    func takeVirtualMachineSteps() -> Int {
        let points = pointStatements.values.reduce(0) { $0 + $1.takeVirtualMachineSteps() }
        return feedStatements.reduce(points) { $0 + ($1?.takeVirtualMachineSteps() ?? 0) }
    }

    // MARK: Parts

    private func rows<Visitor: RowVisitor>(
        _ db: Database, _ query: PageQuery, _ textBudget: Int, order: Order, after position: Position?,
        visitor: inout Visitor
    ) throws -> PageEdges {
        let statement = try prepared(
            db,
            .init(
                kind: position == nil ? .firstPage : .pageAfter, shape: query.collection.shape,
                order: order))
        if let position { try bind(statement, position, query.collection) }
        try bindFilter(statement, query.collection)
        try statement.bind(FeedSQL.Parameter.limit, Int64(query.pageSize) + 1)
        defer { statement.reset() }
        var edges = PageEdges(count: 0, hasMore: false, first: nil, last: nil)
        var budget = textBudget
        while try statement.step() {
            guard edges.count < query.pageSize else {
                edges.hasMore = true
                break
            }
            guard let position = visit(statement, query.collection, &budget, &visitor) else {
                throw TextBudgetExceeded()
            }
            edges.last = position
            if edges.count == 0 { edges.first = edges.last }
            edges.count += 1
        }
        return edges
    }

    /// Shows the current row and returns its position; `nil` where that takes more than what is left of the budget,
    /// and then it is not shown.
    @inline(__always)
    private func visit<Visitor: RowVisitor>(
        _ statement: RowStatement, _ collection: FeedCollection, _ budget: inout Int, _ visitor: inout Visitor
    ) -> Position? {
        switch collection {
        case .posts:
            let row = postRow(statement, status: .published)
            budget -= row.textBytes
            guard budget >= 0 else { return nil }
            visitor.visit(row)
            return Position(datePosted: row.datePosted, id: row.id)
        case .userPosts(_, let status):
            let row = postRow(statement, status: status)
            budget -= row.textBytes
            guard budget >= 0 else { return nil }
            visitor.visit(row)
            return Position(datePosted: row.datePosted, id: row.id)
        case .users:
            let row = userRow(statement)
            budget -= row.textBytes
            guard budget >= 0 else { return nil }
            visitor.visit(row)
            return Position(datePosted: Timestamp(microseconds: 0), id: row.id)
        }
    }

    private func key(
        _ db: Database, _ query: PageQuery, atOffset offset: Int
    ) throws -> Position? {
        let statement = try prepared(
            db, .init(kind: .keyAtOffset, shape: query.collection.shape, order: query.order))
        try bindFilter(statement, query.collection)
        try statement.bind(FeedSQL.Parameter.limit, Int64(offset))
        defer { statement.reset() }
        return try statement.step() ? currentPosition(statement) : nil
    }

    private func run(_ db: Database, _ sql: PointSQL) throws {
        let statement = try prepared(db, sql)
        defer { statement.reset() }
        _ = try statement.step()
    }

    private func currentPosition(_ statement: RowStatement) -> Position {
        Position(
            datePosted: Timestamp(microseconds: statement.integer(0)), id: statement.integer(1))
    }

    private func postRow(_ statement: RowStatement, status: PostStatus) -> PostRow {
        PostRow(
            id: statement.integer(0), userID: statement.integer(1), status: status,
            datePosted: Timestamp(microseconds: statement.integer(2)),
            updatedAt: statement.optionalInteger(3).map(Timestamp.init(microseconds:)),
            titleText: statement.text(4), contentText: statement.text(5),
            usernameText: statement.text(6), imageFileText: statement.optionalText(7))
    }

    private func userRow(_ statement: RowStatement) -> UserRow {
        UserRow(
            id: statement.integer(0), usernameText: statement.text(1),
            imageFileText: statement.optionalText(2))
    }

    private func bind(
        _ statement: RowStatement, _ position: Position, _ collection: FeedCollection
    ) throws {
        if collection != .users {
            try statement.bind(FeedSQL.Parameter.datePosted, position.datePosted.microseconds)
        }
        try statement.bind(FeedSQL.Parameter.id, position.id)
    }

    private func bindFilter(_ statement: RowStatement, _ collection: FeedCollection) throws {
        guard case .userPosts(let userID, let status) = collection else { return }
        try statement.bind(FeedSQL.Parameter.userID, userID)
        try statement.bind(FeedSQL.Parameter.status, status == .published ? "published" : "draft")
    }

    private func prepared(_ db: Database, _ sql: FeedSQL) throws -> RowStatement {
        if let statement = feedStatements[sql.index] { return statement }
        let statement = try RowStatement(db, sql: sql.text)
        feedStatements[sql.index] = statement
        return statement
    }

    private func prepared(_ db: Database, _ sql: PointSQL) throws -> RowStatement {
        if let statement = pointStatements[sql] { return statement }
        let statement = try RowStatement(db, sql: sql.text)
        pointStatements[sql] = statement
        return statement
    }
}

/// A page has more text than may be read where it was asked for: it is read again on a thread of the pool.
struct TextBudgetExceeded: Error {}
