import CountCache
import FeedStore
import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// A page and its total come of two reads. Whatever is remembered, what is answered holds in itself.
@Suite struct PageTotalTests {
    // MARK: With a server

    /// A client that goes on while `has_more` is true gets every row.
    @Test func aTotalFromBeforeThePostsEndsNoWalk() async throws {
        try await TestServer.runEmpty(settings: [.countTTL: "3600"]) { server, _ in
            let user = try await server.makeUser("ann")
            let lists = ["/api/posts", "/api/users/\(user.id)/posts"]
            for list in lists { #expect(try await server.get(list).json["total"] as? Int == 0) }
            for number in 1...25 {
                _ = try await server.store.createPost(
                    userID: user.id, title: "\(number)", content: "text", status: .published)
            }
            for list in lists {
                var path: String? = "\(list)?skip=0&limit=10"
                var seen: [Int64] = []
                var totals: [Int?] = []
                while let current = path {
                    let reply = try await server.get(current)
                    #expect(reply.header("X-Total-Count-Source") == "memory")
                    let total = reply.json["total"] as? Int
                    #expect(reply.header("X-Total-Count") == total.map { "\($0)" })
                    totals.append(total)
                    seen += reply.ids
                    #expect(reply.json["has_more"] as? Bool == (seen.count < 25))
                    path = reply.links["next"]
                    #expect((path != nil) == (seen.count < 25))
                }
                #expect(Set(seen).count == 25 && seen.count == 25, "\(list)")
                #expect(totals == [11, 21, 25], "as much as each page proves")

                let page = try await server.get("\(list)/pages?page=2&page_size=10")
                #expect(page.json["total"] as? Int == 21 && page.json["pages"] as? Int == 3)
                #expect(page.links["next"] == "\(list)/pages?page=3&page_size=10")
                #expect(page.links["last"] == page.links["next"])

                let feed = try await server.get("\(list)/feed?total=true")
                #expect(feed.json["total"] as? Int == 21 && feed.header("X-Total-Count") == "21")
            }
        }
    }

    /// Nor does one from before a deletion lead on behind the last row.
    @Test func aTotalFromBeforeADeletionEndsWithTheLastPage() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: Array(1...25), in: folder)
        try await TestServer.run(settings: [.countTTL: "3600"], database: database) { server in
            #expect(try await server.get("/api/posts").json["total"] as? Int == 25)
            for id in Int64(6)...25 { #expect(try await server.store.deletePost(id: id)) }

            let offset = try await server.get("/api/posts?limit=10")
            #expect(offset.ids == [5, 4, 3, 2, 1])
            #expect(offset.json["total"] as? Int == 5 && offset.json["has_more"] as? Bool == false)
            #expect(offset.links["next"] == nil && offset.links["last"] == "/api/posts?skip=0&limit=10")
            let page = try await server.get("/api/posts/pages?page_size=10")
            #expect(page.json["total"] as? Int == 5 && page.json["pages"] as? Int == 1)
            #expect(page.links["next"] == nil)
            let feed = try await server.get("/api/posts/feed?total=true")
            #expect(feed.json["total"] as? Int == 5)
            // A page behind the end proves no more than that there are not so many.
            let behind = try await server.get("/api/posts?skip=20&limit=10")
            #expect(behind.ids.isEmpty && behind.json["total"] as? Int == 20)
            #expect(behind.json["has_more"] as? Bool == false && behind.links["next"] == nil)
        }
    }

    // MARK: With chance

    private static let resources: [(Resource, PostStatus)] = [
        (.posts, .published), (.userPosts(userID: 7), .published), (.userPosts(userID: 7), .draft),
        (.users, .published),
    ]

    /// Every collection, every way, with totals from 0 to twice the truth, and pages from the first to behind the last.
    @Test func whateverIsRememberedAnAnswerHoldsInItself() async throws {
        try await TestServer.runEmpty { server, _ in
            let responder = CollectionResponder(
                store: server.store, counts: server.parts.counts,
                decoder: PagingDecoder(
                    limits: PagingLimits(maximumSkip: 50), cursors: server.parts.cursors),
                authenticator: server.parts.authenticator)
            var generator = SeededGenerator(seed: 13)
            for _ in 0..<5_000 { try Self.holds(responder, &generator) }
        }
    }

    private static func holds(
        _ responder: CollectionResponder, _ generator: inout SeededGenerator
    ) throws {
        // given: rows, a page of them, and a total that may have nothing to do with them
        let rows = Int.random(in: 0...60, using: &generator)
        let remembered = Int.random(in: 0...2 * rows + 5, using: &generator)
        let size = Int.random(in: 1...12, using: &generator)
        let (resource, status) = resources[Int.random(in: 0..<resources.count, using: &generator)]
        let paging = Paging.allCases[Int.random(in: 0..<Paging.allCases.count, using: &generator)]
        let order = resource.takesOrder ? (Bool.random(using: &generator) ? "&order=oldest" : "") : ""
        let filter = order + (status == .draft ? "&status=draft" : "")
        let target = CollectionTarget(resource: resource, paging: paging)
        let query: String
        let skip: Int
        switch paging {
        case .offset:
            skip = Int.random(in: 0...50, using: &generator)
            query = "skip=\(skip)&limit=\(size)\(filter)"
        case .pages:
            let page = Int.random(in: 1...(50 / size + 1), using: &generator)
            skip = (page - 1) * size
            query = "page=\(page)&page_size=\(size)\(filter)"
        case .feed:
            skip = 0
            query = "page_size=\(size)&total=true\(filter)"
        }
        let count = max(0, min(size, rows - skip))
        let position = count > 0 ? Position(datePosted: Timestamp(microseconds: 5), id: 5) : nil
        let edges = PageEdges(
            count: count, hasMore: skip + size < rows, first: position, last: position)

        // when
        let answer = responder.answer(
            try responder.decoder.decode(target, query: query[...], for: 7),
            head: HTTPRequest(method: .get, scheme: nil, authority: nil, path: target.path),
            body: ByteBuffer(string: "{\"items\":["), edges: edges,
            total: Count(value: remembered, age: .seconds(4), source: .memory))

        // then
        let what: Comment = "\(target.path)?\(query): \(rows) rows, remembered \(remembered)"
        let body = try JSONValue(json: Data(answer.body.readableBytesView))
        let total = try #require(body["total"].integer, what)
        #expect(answer.fields[.totalCount] == "\(total)", what)
        #expect(
            answer.fields[.totalCountSource] == "memory" && answer.fields[.totalCountAge] == "4.000", what)
        if count > 0 { #expect(total >= skip + count, what) }
        // Where the page tells nothing of the rest, what is remembered stands.
        #expect((skip + count < total) == edges.hasMore, what)
        if (skip + count < remembered) == edges.hasMore, edges.hasMore || count == 0 {
            #expect(total == remembered, what)
        }
        let links = links(of: answer)
        #expect((links["next"] != nil) == (edges.hasMore && (paging == .feed || skip + size <= 50)), what)
        switch paging {
        case .offset:
            #expect(body["has_more"] == .bool(edges.hasMore), what)
            #expect(links["prev"] == nil || skip > 0, what)
            if let last = links["last"].flatMap({ number("skip", in: $0) }) {
                #expect(last < max(total, 1), what)
                if count > 0 { #expect(last >= skip, what) }
                if let next = links["next"].flatMap({ number("skip", in: $0) }) {
                    #expect(last >= next && (last - next).isMultiple(of: size), what)
                }
            }
        case .pages:
            let page = try #require(body["page"].integer, what)
            let pages = try #require(body["pages"].integer, what)
            #expect(pages == (total + size - 1) / size, what)
            if count > 0 { #expect(pages >= page, what) }
            #expect((pages > page) == edges.hasMore, what)
            if let last = links["last"].flatMap({ number("page", in: $0) }) {
                #expect(last == max(pages, 1), what)
            }
        case .feed:
            #expect(body["has_more"] == .bool(edges.hasMore), what)
        }
    }

    /// A page of a feed behind a cursor tells of its own rows alone.
    @Test(arguments: [false, true]) func behindACursorTheTotalIsAsManyAsThePageAtLeast(isForward: Bool) {
        let position = Position(datePosted: Timestamp(microseconds: 5), id: 5)
        let start: PageStart = isForward ? .after(position) : .before(position)
        func total(_ remembered: Int, count: Int, hasMore: Bool) -> Int {
            let edges = PageEdges(count: count, hasMore: hasMore, first: nil, last: nil)
            return PageTotal(start: start, edges: edges).agreeing(
                with: Count(value: remembered, age: .zero, source: .stale)
            ).value
        }
        #expect(total(0, count: 20, hasMore: true) == 21)
        #expect(total(0, count: 20, hasMore: false) == 20)
        #expect(total(44, count: 4, hasMore: false) == 44)
        #expect(total(0, count: 0, hasMore: false) == 0)
    }

    private static func links(of answer: Answer) -> [String: String] {
        TestServer.Reply(
            status: 200, headers: ["Link": answer.fields[.link] ?? ""], body: Data()
        ).links
    }

    private static func number(_ name: String, in address: String) -> Int? {
        URLComponents(string: address)?.queryItems?.first { $0.name == name }?.value.flatMap { Int($0) }
    }
}
