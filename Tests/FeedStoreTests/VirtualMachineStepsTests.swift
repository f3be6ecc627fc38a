import GRDB
import GRDBSQLite
import Testing

@testable import FeedStore

struct VirtualMachineStepsTests {
    private func query(_ start: PageStart) -> PageQuery {
        PageQuery(collection: .posts, order: .newest, start: start, pageSize: 10)
    }

    @Test func aPageByCursorTakesTheSameStepsAnywhereAndAnOffsetMoreAtDepth() async throws {
        let fixture = try StoreFixture(dates: (1...200).map { $0 * 1_000 }, isInMemory: true)
        let store = fixture.store

        let near = try await store.virtualMachineSteps(
            reading: query(.after(Position(datePosted: Timestamp(microseconds: 181_000), id: 181))))
        let far = try await store.virtualMachineSteps(
            reading: query(.after(Position(datePosted: Timestamp(microseconds: 21_000), id: 21))))
        let shallow = try await store.virtualMachineSteps(reading: query(.offset(20)))
        let deep = try await store.virtualMachineSteps(reading: query(.offset(180)))
        let again = try await store.virtualMachineSteps(reading: query(.offset(180)))

        #expect(near > 10)
        #expect(near == far)
        // At least a step for each row that is skipped.
        #expect(deep >= shallow + 160)
        #expect(deep == again)
        try await store.close()
    }

    @Test func aCountTakesAStepForEachRow() async throws {
        let few = try StoreFixture(dates: (1...10).map { $0 }, isInMemory: true)
        let many = try StoreFixture(dates: (1...110).map { $0 }, isInMemory: true)

        let steps = try await few.store.virtualMachineSteps(counting: .posts)

        #expect(try await many.store.virtualMachineSteps(counting: .posts) >= steps + 100)
        try await few.store.close()
        try await many.store.close()
    }

    // MARK: Drafts

    /// What the store does for somebody else's draft, however large, and for a post that is not there differs by
    /// a few comparisons, and by no page.
    @Test func aDraftOfSomebodyElseCostsWhatNothingCosts() async throws {
        // given: pages enough that a row is not found in the root of its tree
        let fixture = try StoreFixture(dates: (1...20_000).map { $0 }, isInMemory: true)
        let store = fixture.store
        func write(_ bytes: Int, _ status: PostStatus) async throws -> Int64 {
            let post = try await store.createPost(
                userID: 1, title: "t", content: String(repeating: "x", count: bytes), status: status)
            return try #require(post).id
        }
        let (small, large) = (try await write(10, .draft), try await write(50_000, .draft))
        let absent = try await write(10, .published)
        _ = try await write(10, .published)
        #expect(try await store.deletePost(id: absent))
        for reader in [nil, 2] as [Int64?] {
            // when
            let (none, short, long) = (
                try cost(absent, reader, store), try cost(small, reader, store),
                try cost(large, reader, store)
            )
            // then
            #expect(short.steps == long.steps)
            #expect(none.steps...none.steps + 10 ~= long.steps, "\(long.steps) against \(none.steps)")
            #expect(none.pages == short.pages && none.pages == long.pages)
            #expect(try await store.virtualMachineSteps(readingPost: large, visibleTo: reader) == long.steps)
        }
        // It is not that nothing is counted: their author's reading costs more, and the large one's more pages.
        let (short, long) = (try cost(small, 1, store), try cost(large, 1, store))
        let none = try cost(absent, 1, store)
        #expect(short.steps > none.steps + 10 && short.pages > none.pages)
        #expect(long.steps == short.steps && long.pages >= short.pages + 5)
        try await store.close()
    }

    /// Steps, and pages of the database that were looked at, of reading one post.
    private func cost(
        _ id: Int64, _ reader: Int64?, _ store: SQLiteStore
    ) throws -> (steps: Int, pages: Int) {
        let cost = try store.readers.immediate { connection, db in
            // The first read prepares the statement, which reads pages as well.
            _ = try connection.post(db, id: id, visibleTo: reader)
            _ = connection.takeVirtualMachineSteps()
            _ = Self.takePages(db)
            _ = try connection.post(db, id: id, visibleTo: reader)
            return (connection.takeVirtualMachineSteps(), Self.takePages(db))
        }
        return try #require(cost)
    }

    /// Pages asked for since the last call, in the cache or not
    /// (https://sqlite.org/c3ref/c_dbstatus_options.html).
    private static func takePages(_ db: Database) -> Int {
        [SQLITE_DBSTATUS_CACHE_HIT, SQLITE_DBSTATUS_CACHE_MISS].reduce(0) { sum, counter in
            var (current, highest): (Int32, Int32) = (0, 0)
            sqlite3_db_status(db.sqliteConnection, counter, &current, &highest, 1)
            return sum + Int(current)
        }
    }
}
