import Testing

@testable import FeedStore

/// Every page size, both directions, both orders, every collection: the union equals the unpaged list.
@Suite struct ExhaustivePagingTests {
    /// Many ties, of runs from one to six, and drafts in between.
    private static let dates: [Int64] = [
        10, 10, 10, 20, 30, 30, 40, 40, 40, 40, 40, 40, 50, 60, 60, 70, 80, 80, 80, 90, 100, 100, 100,
    ]

    @Test(
        arguments: [FeedCollection.posts, .userPosts(userID: 1, status: .published), .users], Order.allCases)
    func everyPageSize(collection: FeedCollection, order: Order) async throws {
        // given
        let fixture = try StoreFixture(dates: Self.dates, users: 3, isDraft: { $0 % 5 == 4 })
        let all = try await fixture.page(
            PageQuery(collection: collection, order: order, start: .first, pageSize: 1_000)
        ).ids
        #expect(all.count >= 3)
        #expect(Set(all).count == all.count)

        for pageSize in 1...(all.count + 1) {
            // when: forward, then back from the end
            var query = PageQuery(collection: collection, order: order, start: .first, pageSize: pageSize)
            var pages: [[Int64]] = []
            var firsts: [Position?] = []
            while true {
                let (ids, edges) = try await fixture.page(query)
                pages.append(ids)
                firsts.append(edges.first)
                #expect(ids.count == pageSize || !edges.hasMore)
                guard edges.hasMore, let last = edges.last else { break }
                query.start = .after(last)
            }
            // then
            #expect(pages.flatMap(\.self) == all)
            #expect(pages.count == (all.count + pageSize - 1) / pageSize)

            for index in pages.indices.dropFirst().reversed() {
                let start = try #require(firsts[index])
                query.start = .before(start)
                let (ids, edges) = try await fixture.page(query)
                #expect(ids == pages[index - 1])
                #expect(edges.hasMore == (index > 1))
            }
            let top = try #require(firsts[0])
            query.start = .before(top)
            let above = try await fixture.page(query)
            #expect(above.ids.isEmpty && !above.edges.hasMore)

            // and by offset
            for skip in 0...(all.count + 1) {
                query.start = .offset(skip)
                #expect(try await fixture.page(query).ids == Array(all.dropFirst(skip).prefix(pageSize)))
            }
        }
        #expect(try await fixture.store.count(collection) == all.count)
    }

    @Test func theOrdersAreEachOthersReverse() async throws {
        let fixture = try StoreFixture(dates: Self.dates)
        var query = PageQuery(collection: .posts, order: .newest, start: .first, pageSize: 1_000)
        let newest = try await fixture.page(query).ids
        query.order = .oldest
        let oldest = try await fixture.page(query).ids
        #expect(newest == oldest.reversed())
        #expect(oldest == Array(1...Int64(Self.dates.count)))
    }

    @Test func draftsAreInNoListButTheirAuthors() async throws {
        let fixture = try StoreFixture(dates: Self.dates, users: 2, isDraft: { $0 == 2 })
        let all = try await fixture.page(
            PageQuery(collection: .posts, order: .newest, start: .first, pageSize: 100))
        #expect(!all.ids.contains(3))
        let drafts = try await fixture.page(
            PageQuery(
                collection: .userPosts(userID: 1, status: .draft), order: .newest, start: .first,
                pageSize: 100))
        #expect(drafts.ids == [3])
        #expect(try await fixture.store.count(.posts) == Self.dates.count - 1)
    }
}
