import GRDB
import Testing

@testable import FeedStore

/// The plans of all statements, and what a page costs in steps: neither depends on the machine.
@Suite struct QueryCostTests {
    @Test(arguments: FeedSQL.all)
    func plan(sql: FeedSQL) async throws {
        let fixture = try StoreFixture(dates: [1, 2, 3])
        let plan = try explain(fixture, sql.text)

        #expect(!plan.contains { $0.contains("TEMP B-TREE") || $0.contains("AUTOMATIC") }, "\(plan)")
        switch (sql.kind, sql.shape) {
        case (.firstPage, .posts):
            #expect(
                plan == [
                    "SEARCH p USING PRIMARY KEY (status=?)",
                    "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)",
                ])
        case (.pageAfter, .posts):
            let comparison = sql.order == .newest ? "<" : ">"
            #expect(
                plan == [
                    "SEARCH p USING PRIMARY KEY (status=? AND (date_posted,id)\(comparison)(?,?))",
                    "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)",
                ])
        case (.firstPage, .userPosts):
            #expect(
                plan == [
                    "SEARCH p USING INDEX posts_by_user (user_id=? AND status=?)",
                    "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)",
                ])
        case (.pageAfter, .userPosts):
            let comparison = sql.order == .newest ? "<" : ">"
            #expect(
                plan == [
                    "SEARCH p USING INDEX posts_by_user "
                        + "(user_id=? AND status=? AND (date_posted,id)\(comparison)(?,?))",
                    "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)",
                ])
        case (.pageAfter, .users):
            #expect(
                plan == ["SEARCH u USING INTEGER PRIMARY KEY (rowid\(sql.order == .newest ? "<" : ">")?)"])
        case (.keyAtOffset, .posts), (.count, .posts):
            // These walk: over the narrow index, which holds keys and nothing else.
            #expect(plan == ["SCAN p USING COVERING INDEX posts_published"])
        case (.keyAtOffset, .userPosts), (.count, .userPosts):
            #expect(plan == ["SEARCH p USING COVERING INDEX posts_by_user (user_id=? AND status=?)"])
        case (.firstPage, .users), (.keyAtOffset, .users), (.count, .users):
            #expect(plan.count == 1 && plan[0].hasPrefix("SCAN u"))
        case (.countUpTo, .posts):
            #expect(plan.contains("SCAN p USING COVERING INDEX posts_published"), "\(plan)")
        case (.countUpTo, .userPosts):
            #expect(
                plan.contains("SEARCH p USING COVERING INDEX posts_by_user (user_id=? AND status=?)"),
                "\(plan)")
        case (.countUpTo, .users):
            #expect(plan.contains { $0.hasPrefix("SCAN u") }, "\(plan)")
        }
    }

    @Test(arguments: [PointSQL.post, .visiblePost, .user])
    func planOfSingleRows(sql: PointSQL) async throws {
        let plan = try explain(try StoreFixture(dates: [1]), sql.text)
        #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(plan)")
        // Who may see a post is decided on what the index holds.
        if sql != .user { #expect(plan.first == "SEARCH k USING COVERING INDEX posts_by_id (id=?)") }
    }

    /// Thousands of equal dates on either side of the position cost nothing.
    @Test func tiesCostNothing() throws {
        // A plan that walks over ties takes some steps for each of them: with as many as these, many times the bound.
        let count = 10_000
        let tied = try StoreFixture(dates: Array(repeating: 1_000, count: count))
        let distinct = try StoreFixture(dates: (1...Int64(count)).map(\.self))
        let middle = Int64(count / 2) + 1
        let starts: [(Position) -> PageStart] = [{ _ in .first }, PageStart.after, PageStart.before]
        for collection in Self.postCollections {
            for order in Order.allCases {
                for start in starts {
                    let inTies = try tied.virtualMachineSteps(
                        query(
                            collection, order, start,
                            Position(datePosted: .init(microseconds: 1_000), id: middle)))
                    let without = try distinct.virtualMachineSteps(
                        query(
                            collection, order, start,
                            Position(datePosted: .init(microseconds: middle), id: middle)))
                    // Suspiciously low would mean that nothing was read.
                    #expect(without > 100, "\(collection), \(order)")
                    #expect(
                        Double(inTies) <= Double(without) * 1.2,
                        "\(collection), \(order): \(inTies) steps against \(without)")
                }
            }
        }
    }

    /// Counting up to a limit costs what the limit says, not what the collection holds.
    @Test func countingStopsAtItsLimit() throws {
        // Several times the greater limit for each of the two users.
        let fixture = try StoreFixture(dates: (1...8_000).map(\.self))
        for collection in Self.postCollections {
            func count(_ limit: Int?) throws -> (count: Int, steps: Int) {
                let counted = try fixture.store.readers.immediate { reader, db in
                    _ = reader.takeVirtualMachineSteps()
                    let count = try reader.count(db, collection, limit: limit)
                    return (count, reader.takeVirtualMachineSteps())
                }
                return try #require(counted)
            }
            let few = try count(100)
            let more = try count(1_000)
            #expect((few.count, more.count) == (100, 1_000))
            #expect(few.steps > 100 && few.steps < 1_000)
            #expect(more.steps > few.steps * 5 && more.steps < few.steps * 15)
            #expect(try count(0).count == 0)
            let all = try count(nil).count
            #expect(all == (collection == .posts ? 8_000 : 4_000))
            #expect(try count(all + 1).count == all)
        }
    }

    @Test func depthCostsNothing() throws {
        // An offset takes two steps for each row that it skips: with as many as these, 124 times a page's.
        let count: Int64 = 25_000
        let fixture = try StoreFixture(dates: (1...count).map(\.self))
        func steps(_ start: PageStart) throws -> Int {
            try fixture.virtualMachineSteps(
                PageQuery(collection: .posts, order: .newest, start: start, pageSize: 20))
        }
        func position(_ number: Int64) -> Position {
            Position(datePosted: Timestamp(microseconds: number), id: number)
        }
        let shallow = try steps(.after(position(count)))
        let deep = try steps(.after(position(100)))
        #expect(Double(deep) <= Double(shallow) * 1.05)
        // An offset of the same depth walks, and this is what it costs.
        #expect(try steps(.offset(Int(count) - 100)) > 100 * shallow)
    }

    private static let postCollections = [
        FeedCollection.posts, .userPosts(userID: 1, status: .published),
    ]

    private func query(
        _ collection: FeedCollection, _ order: Order, _ start: (Position) -> PageStart,
        _ position: Position
    ) -> PageQuery {
        PageQuery(collection: collection, order: order, start: start(position), pageSize: 20)
    }

    private func explain(_ fixture: StoreFixture, _ sql: String) throws -> [String] {
        let plan = try fixture.store.readers.immediate { _, db in
            let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN \(sql)")
            // A plan does not depend on the values; unbound ones are NULL.
            statement.setUncheckedArguments([])
            return try Row.fetchAll(statement).map { $0["detail"] as String }
        }
        return try #require(plan)
    }
}
