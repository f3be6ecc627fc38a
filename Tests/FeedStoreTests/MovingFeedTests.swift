import Foundation
import TestSupport
import Testing

@testable import FeedStore

/// Walks through a feed that changes under the reader, held against what a perfect reader would see.
@Suite struct MovingFeedTests {
    private static let walks = Depth.choose(600, long: 20_000)
    private static let seeds: [UInt64] = [1, 2, 3, 4]

    /// What one walk has seen.
    private struct Walk {
        var pages = 0
        var missed = 0
        var repeated = 0
    }

    @Test(arguments: seeds)
    func everyPostThatStaysIsSeenOnce(seed: UInt64) async throws {
        // given
        let fixture = try StoreFixture(
            dates: (0..<60).map { Int64($0 / 3) }, isDraft: { $0 % 7 == 3 })
        let codec = PageCursorCodec(secret: Array("a secret of some length".utf8))
        var generator = SeededGenerator(seed: seed)
        var model = FeedModel(
            published: (0..<60).filter { $0 % 7 != 3 }.map { Int64($0 + 1) },
            drafts: (0..<60).filter { $0 % 7 == 3 }.map { Int64($0 + 1) })
        var byCursor = Walk()
        var byOffset = Walk()
        for _ in 0..<(Self.walks / Self.seeds.count) {
            // when
            let order = Order.allCases.randomElement(using: &generator) ?? .newest
            let pageSize = Int.random(in: 1...9, using: &generator)
            let query = PageQuery(collection: .posts, order: order, start: .first, pageSize: pageSize)
            let cursorWalk = try await walk(fixture, query, &model, &generator) { query, edges, _ in
                guard edges.hasMore, let last = edges.last else { return nil }
                // Through the wire's form and back, as a client would.
                let scope = CursorScope(collection: query.collection, order: query.order)
                let text = codec.encode(PageCursor(position: last, direction: .forward, scope: scope))
                return .after(try codec.decode(text, scope: scope).position)
            }
            let offsetWalk = try await walk(fixture, query, &model, &generator) { _, edges, seen in
                edges.hasMore ? .offset(seen) : nil
            }
            // then
            #expect(cursorWalk.missed == 0 && cursorWalk.repeated == 0, "seed \(seed)")
            byCursor.pages += cursorWalk.pages
            byOffset.missed += offsetWalk.missed
            byOffset.repeated += offsetWalk.repeated
            let present = try await fixture.page(
                PageQuery(collection: .posts, order: .newest, start: .first, pageSize: 1_000))
            #expect(Set(present.ids) == Set(model.published))
        }
        // Offset paging under the same script shows what it is known for.
        #expect(byOffset.missed > 0, "posts never shown")
        #expect(byOffset.repeated > 0, "posts shown twice")
        #expect(byCursor.pages > Self.walks / Self.seeds.count)
    }

    /// Reads all pages with writes in between.
    private func walk(
        _ fixture: StoreFixture, _ query: PageQuery, _ model: inout FeedModel,
        _ generator: inout SeededGenerator, next: (PageQuery, PageEdges, _ seen: Int) throws -> PageStart?
    ) async throws -> Walk {
        var query = query
        var seen: [Int64] = []
        // Whoever is there from the first to the last page must be seen.
        var steadfast = Set(model.published)
        var walk = Walk()
        while true {
            let (ids, edges) = try await fixture.page(query)
            seen += ids
            walk.pages += 1
            guard let start = try next(query, edges, seen.count) else { break }
            query.start = start
            try await model.change(fixture.store, &generator)
            steadfast.formIntersection(model.published)
        }
        walk.missed = steadfast.subtracting(seen).count
        walk.repeated = seen.count - Set(seen).count
        return walk
    }
}

/// Which posts there are, known from what was written.
private struct FeedModel {
    /// The feed keeps about this size: beyond it, more goes than comes.
    private static let usualSize = 45

    var published: [Int64]
    var drafts: [Int64]

    /// An insert, an edit, a publication or a deletion, now and then.
    mutating func change(_ store: SQLiteStore, _ generator: inout SeededGenerator) async throws {
        switch Int.random(in: 0..<12, using: &generator) {
        case 0, 1:
            if let post = try await create(store, .published, &generator) { published.append(post) }
        case 2:
            if let post = try await create(store, .draft, &generator) { drafts.append(post) }
        case 3:
            guard let id = published.randomElement(using: &generator) else { return }
            _ = try await store.updatePost(id: id, changes: PostChanges(title: "edited"))
        case 4:
            guard let index = drafts.indices.randomElement(using: &generator) else { return }
            let id = drafts.remove(at: index)
            _ = try await store.updatePost(id: id, changes: PostChanges(publish: true))
            published.append(id)
        case 5, 6, 7:
            guard published.count > Self.usualSize,
                let index = published.indices.randomElement(using: &generator)
            else { return }
            _ = try await store.deletePost(id: published.remove(at: index))
        default:
            return
        }
    }

    private func create(
        _ store: SQLiteStore, _ status: PostStatus, _ generator: inout SeededGenerator
    ) async throws -> Int64? {
        let userID = Int64.random(in: 1...2, using: &generator)
        return try await store.createPost(userID: userID, title: "t", content: "c", status: status)?.id
    }
}
