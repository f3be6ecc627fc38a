import Testing

@testable import FeedStore

/// Pages are bounded in rows; these are about their bytes.
@Suite("Text budget")
struct TextBudgetTests {
    private static let budget = SQLiteStore.immediateTextBudget

    /// Counts the bytes that it is shown.
    private struct ByteCounter: RowVisitor {
        var bytes = 0
        mutating func visit(_ row: borrowing PostRow) {
            bytes += row.title.count + row.content.count + row.username.count + (row.imageFile?.count ?? 0)
        }
        mutating func visit(_ row: borrowing UserRow) {
            bytes += row.username.count + (row.imageFile?.count ?? 0)
        }
        mutating func reverse() {}
    }

    /// Of the texts beside a post's content: its title and the name of user 1.
    private static let otherBytes = "t".utf8.count + "user1".utf8.count

    /// A store with posts of user 1 whose contents have so many bytes.
    private func fixture(_ contents: [Int]) async throws -> StoreFixture {
        let fixture = try StoreFixture(dates: [])
        for bytes in contents {
            let content = String(repeating: "x", count: bytes)
            _ = try await fixture.store.createPost(
                userID: 1, title: "t", content: content, status: .published)
        }
        return fixture
    }

    private func query(
        _ start: PageStart = .first, _ collection: FeedCollection = .posts, size: Int = 50
    ) -> PageQuery {
        PageQuery(collection: collection, order: .newest, start: start, pageSize: size)
    }

    @Test func aThreadThatAsksIsShownNoMoreThanItsBudget() async throws {
        // given: emoji, four bytes each
        let fixture = try StoreFixture(dates: [])
        let store = fixture.store
        let content = String(repeating: "🎈", count: 10_000)
        for _ in 1...20 {
            _ = try await store.createPost(userID: 1, title: "t", content: content, status: .published)
        }
        let all = try await fixture.page(query())
        #expect(all.ids == (1...20).reversed().map(Int64.init))
        let (first, last) = (try #require(all.edges.first), try #require(all.edges.last))
        for collection in [FeedCollection.posts, .userPosts(userID: 1, status: .published)] {
            for start in [PageStart.first, .offset(0), .after(first), .before(last)] {
                let query = query(start, collection)
                // when
                var seen = ByteCounter()
                let edges = try store.pageIfImmediate(query, visitor: &seen)
                // then
                #expect(edges == nil, "\(query)")
                #expect(seen.bytes > 0 && seen.bytes <= Self.budget, "\(seen.bytes) of \(query)")
                // The whole page is to be had, and is right.
                let (rows, whole) = try await store.page(query, visitor: RowCollector())
                #expect(rows.posts.allSatisfy { $0.content == content })
                let expected =
                    switch start {
                    case .after: Array(all.ids.dropFirst())
                    case .before: Array(all.ids.dropLast())
                    default: all.ids
                    }
                #expect(rows.posts.map(\.id) == expected, "\(query)")
                #expect(whole.first?.id == expected.first && whole.last?.id == expected.last)
            }
        }
        // What is small is read as before, on the same connection.
        var rows = RowCollector()
        #expect(try store.pageIfImmediate(query(size: 2), visitor: &rows)?.count == 2)
        #expect(rows.posts.map(\.id) == [20, 19])
        #expect(try store.pageIfImmediate(query(.first, .users), visitor: &rows)?.count == 2)
        try await store.close()
    }

    @Test func aPageThatHasJustTheBudgetIsReadAtOnce() async throws {
        for (more, isImmediate) in [(0, true), (1, false)] {
            let half = Self.budget / 2 - Self.otherBytes
            let fixture = try await fixture([half, half + more])
            var seen = ByteCounter()
            let edges = try fixture.store.pageIfImmediate(query(), visitor: &seen)
            #expect((edges?.count == 2) == isImmediate)
            #expect(seen.bytes == (isImmediate ? Self.budget : Self.budget / 2 + 1))
            try await fixture.store.close()
        }
    }

    /// A single row may be larger than the budget: none of it is shown.
    @Test func aRowThatIsLargerIsNotBegun() async throws {
        let fixture = try await fixture([Self.budget + 1])
        var seen = ByteCounter()
        #expect(try fixture.store.pageIfImmediate(query(), visitor: &seen) == nil)
        #expect(seen.bytes == 0)
        #expect(try await fixture.page(query()).ids == [1])
        try await fixture.store.close()
    }
}
