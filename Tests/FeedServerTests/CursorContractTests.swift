import FeedStore
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// What the contract says of cursors, beyond walking.
@Suite struct CursorContractTests {
    private func withServer(
        dates: [Int64] = SampleDatabase.tiedDates, settings: [ConfigurationKey: String] = [:],
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: dates, in: folder)
        try await TestServer.run(settings: settings, database: database, body)
    }

    private func cursor(_ server: TestServer, _ path: String, _ name: String = "next_cursor") async throws
        -> String
    {
        try #require(try await server.get(path).json[name] as? String)
    }

    @Test func belongsToItsList() async throws {
        try await withServer { server in
            let cursor = try await cursor(server, "/api/posts/feed?page_size=3")
            for other in [
                "/api/posts/feed?order=oldest", "/api/users/1/posts/feed?page_size=3",
                "/api/users/feed?page_size=3",
            ] {
                let reply = try await server.get("\(other)&cursor=\(cursor)")
                #expect(reply.status == 400 && reply.code == "cursor-mismatch", "\(other)")
            }
            let ofOne = try await self.cursor(server, "/api/users/1/posts/feed?page_size=3")
            #expect(try await server.get("/api/users/2/posts/feed?cursor=\(ofOne)").code == "cursor-mismatch")
            #expect(try await server.get("/api/posts/feed?cursor=\(cursor)&page_size=50").status == 200)
        }
    }

    @Test func anEmptyCursorIsTheFirstPage() async throws {
        try await withServer { server in
            let first = try await server.get("/api/posts/feed?page_size=5")
            for same in ["/api/posts/feed?cursor=&page_size=5", "/api/posts/feed?cursor&page_size=5"] {
                #expect(try await server.get(same).body == first.body)
            }
        }
    }

    @Test func outlivesItsRowAndEveryOther() async throws {
        try await withServer { server in
            let first = try await server.get("/api/posts/feed?page_size=5")
            let rest = try await server.get(
                "/api/posts/feed?page_size=50&cursor=\(try #require(first.json["next_cursor"] as? String))")
            let path =
                "/api/posts/feed?page_size=50&cursor=\(try #require(first.json["next_cursor"] as? String))"
            let last = try #require(first.ids.last)
            // Edited, then deleted, then all gone.
            _ = try await server.store.updatePost(id: last, changes: PostChanges(title: "edited"))
            #expect(try await server.get(path).ids == rest.ids)
            _ = try await server.store.deletePost(id: last)
            #expect(try await server.get(path).ids == rest.ids)
            for id in first.ids + rest.ids { _ = try await server.store.deletePost(id: id) }
            let empty = try await server.get(path)
            #expect(empty.status == 200 && empty.ids.isEmpty)
            #expect(empty.json["has_more"] as? Bool == false)
            #expect(empty.json["prev_cursor"] is String, "the way back")
        }
    }

    @Test func pollingThePreviousCursorBringsWhatIsNew() async throws {
        try await withServer { server in
            // given
            let cursor = try await cursor(server, "/api/posts/feed?page_size=5", "prev_cursor")
            let path = "/api/posts/feed?page_size=5&cursor=\(cursor)"
            let nothing = try await server.get(path)
            #expect(nothing.ids.isEmpty)
            #expect(nothing.json["prev_cursor"] as? String == cursor)
            let tag = try #require(nothing.header("ETag"))
            #expect(try await server.get(path, headers: ["If-None-Match": tag]).status == 304)
            // when
            var created: [Int64] = []
            for _ in 0..<7 {
                let post = try await server.store.createPost(
                    userID: 1, title: "new", content: "c", status: .published)
                created.append(try #require(post).id)
            }
            // then: the nearest first, in the order of display, and more to come
            let page = try await server.get(path)
            #expect(page.ids == created.prefix(5).reversed())
            #expect(page.json["has_more"] as? Bool == true)
            let further = try await server.get(
                "/api/posts/feed?page_size=5&cursor=\(try #require(page.json["prev_cursor"] as? String))")
            #expect(further.ids == created.suffix(2).reversed())
            #expect(further.json["has_more"] as? Bool == false)
        }
    }

    @Test func turningRoundOnAnEmptyPageLeavesNothingOut() async throws {
        try await withServer { server in
            // given: a reader behind a position whose further rows have gone
            let page = try await server.get("/api/posts/feed?page_size=4&order=oldest")
            let path = "/api/posts/feed?page_size=4&order=oldest&cursor="
            let next = try #require(page.json["next_cursor"] as? String)
            for id in try await server.get("/api/posts?limit=100").ids where !page.ids.contains(id) {
                _ = try await server.store.deletePost(id: id)
            }
            // when
            let empty = try await server.get(path + next)
            #expect(empty.ids.isEmpty)
            let back = try await server.get(path + (try #require(empty.json["prev_cursor"] as? String)))
            // then
            #expect(back.ids == page.ids)
        }
    }

    @Test func anEmptyListHasNoCursors() async throws {
        try await withServer(dates: []) { server in
            let reply = try await server.get("/api/posts/feed")
            #expect(reply.ids.isEmpty && reply.json["has_more"] as? Bool == false)
            #expect(reply.json["next_cursor"] is NSNull && reply.json["prev_cursor"] is NSNull)
            #expect(Array(reply.links.keys) == ["first"])
        }
    }

    @Test func expiresWhereTheOperatorSaysSo() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: folder)
        let secret = "a secret of some length"
        // Cursors of a server without a lifetime carry no time: to one with a lifetime they are too old.
        let old = try await TestServer.run(settings: [.secret: secret], database: database) { server in
            try await cursor(server, "/api/posts/feed?page_size=3")
        }
        try await TestServer.run(settings: [.secret: secret, .cursorLifetime: "86400"], database: database) {
            server in
            let reply = try await server.get("/api/posts/feed?cursor=\(old)")
            #expect(reply.status == 410 && reply.code == "cursor-expired")
            let fresh = try await cursor(server, "/api/posts/feed?page_size=3")
            #expect(try await server.get("/api/posts/feed?cursor=\(fresh)").status == 200)
        }
    }

    @Test func aSecretIsMadeOnceAndCanBeRotated() async throws {
        let folder = try TemporaryFolder()
        let database = try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: folder)
        let first = try await TestServer.run(database: database) { server in
            try await cursor(server, "/api/posts/feed?page_size=3")
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: database + ".secret")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        // Started again, the same secret.
        try await TestServer.run(database: database) { server in
            let reply = try await server.get("/api/posts/feed?cursor=\(first)")
            #expect(reply.status == 200)
        }
        let old = try await TestServer.run(
            settings: [.secret: "the first of two secrets"], database: database
        ) { server in
            #expect(try await server.get("/api/posts/feed?cursor=\(first)").code == "cursor-invalid")
            return try await cursor(server, "/api/posts/feed?page_size=3")
        }
        try await TestServer.run(
            settings: [.secret: "the second of two secrets", .previousSecret: "the first of two secrets"],
            database: database
        ) { server in
            let reply = try await server.get("/api/posts/feed?cursor=\(old)")
            #expect(reply.status == 200)
        }
    }
}
