import FeedStore
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// Pages that an event loop has no time for.
struct LargePageTests {
    /// The answer has the same bytes wherever its page was read.
    @Test func aPageThatIsHandedOverIsTheSame() async throws {
        try await TestServer.runEmpty { server, _ in
            // given: twice what is read on a loop, with what has to be escaped
            let user = try await server.makeUser("writer")
            let content = String(repeating: "\"🎈\"\n", count: 3_000)
            let count = (256 << 10) / content.utf8.count + 1
            for _ in 1...count {
                _ = try await server.store.createPost(
                    userID: user.id, title: "large", content: content, status: .published)
            }
            let pages: [(path: String, opening: StaticString)] = [
                ("/api/posts/feed?page_size=50", "{\"items\":["),
                ("/api/users/\(user.id)/posts/feed?page_size=50", "{\"items\":["),
                ("/api/posts/pages?page_size=100", "{\"items\":["),
                ("/api/posts?limit=100", "{\"posts\":["),
            ]
            for (path, opening) in pages {
                // when
                let reply = try await server.get(path)
                // then
                #expect(reply.status == 200 && reply.ids.count == count, "\(path)")
                let query = PageQuery(collection: .posts, order: .newest, start: .first, pageSize: 50)
                let (encoder, _) = try await server.store.page(query, visitor: RowEncoder(opening: opening))
                let rows = encoder.finish()
                #expect(
                    Array(reply.body.prefix(rows.readableBytes)) == Array(rows.readableBytesView), "\(path)")
                // It is validated like any other.
                let tag = try #require(reply.header("ETag"))
                #expect(try await server.get(path, headers: ["If-None-Match": tag]).status == 304)
            }
            let page = try await server.get("/", headers: ["Accept": "text/html"])
            #expect(page.status == 200 && page.bodyText.contains("large"))
        }
    }
}
