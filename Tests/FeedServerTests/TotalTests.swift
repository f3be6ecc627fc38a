import CountCache
import FeedStore
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// Totals: counted seldom, told with their age and where they came from, with a real Redis.
@Suite struct TotalTests {
    @Test func aTotalIsCountedOnceInItsTimeToLive() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: folder)
        try await TestServer.run(settings: [.countTTL: "3600"], database: database) { server in
            let first = try await server.get("/api/posts")
            #expect(first.header("X-Total-Count") == "24")
            #expect(first.header("X-Total-Count-Source") == "store")
            #expect(Double(first.header("X-Total-Count-Age") ?? "") != nil)
            _ = try await server.store.createPost(userID: 1, title: "t", content: "c", status: .published)
            for path in ["/api/posts?skip=3", "/api/posts/pages", "/api/posts/feed?total=true"] {
                let reply = try await server.get(path)
                #expect(reply.json["total"] as? Int == 24, "\(path)")
                #expect(reply.header("X-Total-Count-Source") == "memory", "\(path)")
            }
            #expect(try await counted(server) == 1)
            // Another collection has a count of its own.
            #expect(try await server.get("/api/users/1/posts").json["total"] as? Int == 9)
            #expect(try await counted(server) == 2)
            // A feed page has none unless it is asked for.
            let feed = try await server.get("/api/posts/feed")
            #expect(feed.json["total"] == nil && feed.header("X-Total-Count") == nil)
        }
    }

    /// A feed page takes what is known, and starts the count of what is not.
    @Test func aFeedPageNeverWaitsForItsTotal() async throws {
        let folders = [try TemporaryFolder(isInMemory: true), try TemporaryFolder(isInMemory: true)]
        let store = try SQLiteStore(
            path: try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: folders[0]))
        let slow = UncountableStore(store: store)
        // The server opens a file of its own, too.
        let other = try SampleDatabase.make(dates: [1], in: folders[1])
        let settings: [ConfigurationKey: String] = [.countWait: "0.05"]
        try await TestServer.run(settings: settings, database: other, store: slow) { server in
            let feed = try await server.get("/api/posts/feed?total=true")
            #expect(feed.status == 200 && feed.json["total"] is NSNull)
            #expect((feed.json["items"] as? [Any])?.count == 20)
            #expect(feed.header("X-Total-Count") == nil && feed.header("X-Total-Count-Source") == nil)
            // Nor where the framework answers, as it does HEAD.
            #expect(try await server.send(.HEAD, "/api/posts/feed?total=true").status == 200)
            // The other envelopes wait for a total, and not for ever.
            for path in ["/api/posts", "/api/posts/pages"] {
                let reply = try await server.get(path)
                #expect(reply.status == 503 && reply.json["code"] as? String == "unavailable")
                #expect(reply.header("Retry-After") == "1")
                #expect((reply.json["detail"] as? String)?.contains("/api/posts/feed") == true)
            }
            #expect(try await counted(server) == 1)
        }
        try await store.close()
    }

    @Test func twoServersShareACountThroughRedis() async throws {
        let counts = try Self.counts(through: try await RedisDatabase.shared())
        let folders = [try TemporaryFolder(isInMemory: true), try TemporaryFolder(isInMemory: true)]
        let databases = try folders.map {
            try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: $0)
        }
        try await TestServer.run(database: databases[0], counts: counts) { first in
            // Of the same database: its own file is not asked.
            try await TestServer.run(database: databases[1], store: first.store, counts: counts) { second in
                try await ready(first, "ok")
                try await ready(second, "ok")
                #expect(try await first.get("/api/posts").header("X-Total-Count-Source") == "store")
                #expect(try await second.get("/api/posts").header("X-Total-Count-Source") == "redis")
                #expect(try await second.get("/api/posts").header("X-Total-Count-Source") == "memory")
                #expect(try await counted(second) == 0)
            }
        }
    }

    /// Every deployment finds the same Redis by default.
    @Test func serversOfTwoDatabasesShareNoCountThroughRedis() async throws {
        let counts = try Self.counts(through: try await RedisDatabase.shared())
        let folders = [try TemporaryFolder(isInMemory: true), try TemporaryFolder(isInMemory: true)]
        let dates = [Array(1...5), SampleDatabase.tiedDates]
        let databases = try zip(folders, dates).map { try SampleDatabase.make(dates: $1, users: 3, in: $0) }
        try await TestServer.run(database: databases[0], counts: counts) { first in
            try await TestServer.run(database: databases[1], counts: counts) { second in
                try await ready(first, "ok")
                try await ready(second, "ok")
                for (path, totals) in [("/api/posts", [5, 24]), ("/api/users/1/posts", [2, 8])] {
                    for (server, total) in zip([first, second], totals) {
                        let reply = try await server.get("\(path)?skip=100")
                        #expect(reply.json["total"] as? Int == total, "\(path)")
                        #expect(reply.header("X-Total-Count-Source") == "store", "\(path)")
                    }
                }
                // Users are of a database as well, also where there are as many.
                #expect(try await first.get("/api/users").header("X-Total-Count-Source") == "store")
                #expect(try await second.get("/api/users").header("X-Total-Count-Source") == "store")
            }
        }
    }

    /// A name of Redis's for each collection of each database.
    @Test func everyCollectionOfEveryDatabaseHasAKeyOfItsOwn() {
        let collections: [FeedCollection] = [
            .posts, .users, .userPosts(userID: 1, status: .published), .userPosts(userID: 1, status: .draft),
            .userPosts(userID: 2, status: .published),
        ]
        let databases = [DatabaseIdentity(), DatabaseIdentity()]
        let keys = databases.flatMap { database in
            collections.map { CountKey($0, of: database).redisKey }
        }
        #expect(Set(keys).count == collections.count * databases.count)
        // What an operator's ACL allows.
        #expect(keys.allSatisfy { $0.hasPrefix("{feedserver:") })
        #expect(CountKey(.posts, of: databases[0]) == CountKey(.posts, of: databases[0]))
    }

    /// The same by what an operator sets. Redis has 100 ms for an answer then, which a busy machine may miss: so it is
    /// asked until one has come from there.
    @Test func settingsLeadToSharedCounts() async throws {
        let settings: [ConfigurationKey: String] = [
            .redis: try await RedisDatabase.shared().url, .countTTL: "1",
        ]
        let folders = [try TemporaryFolder(isInMemory: true), try TemporaryFolder(isInMemory: true)]
        let databases = try folders.map { try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: $0) }
        try await TestServer.run(settings: settings, database: databases[0]) { first in
            try await TestServer.run(settings: settings, database: databases[1], store: first.store) {
                second in
                var sources: [String?] = []
                try await waitUntil("a total from Redis", last: { "\(sources.suffix(20))" }) {
                    for server in [first, second] {
                        sources.append(try await server.get("/api/posts").header("X-Total-Count-Source"))
                    }
                    return sources.contains("redis")
                }
            }
        }
    }

    /// Killed, frozen, back again: no request fails, and the total stays what it is.
    @Test func redisMayGoAndComeBack() async throws {
        let redis = try await RedisServer.start()
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: folder)
        // So short a life that every request has to look beyond memory.
        let settings: [ConfigurationKey: String] = [.redis: redis.url, .countTTL: "0.1"]
        try await TestServer.run(settings: settings, database: database) { server in
            func asks() async throws {
                for _ in 0..<20 {
                    let reply = try await server.get("/api/posts")
                    #expect(reply.status == 200 && reply.json["total"] as? Int == 24)
                }
            }
            try await ready(server, "ok")
            try await asks()
            try await redis.kill()
            try await asks()
            try await ready(server, "away")
            try await redis.restart()
            try await ready(server, "ok")
            try await asks()
            redis.freeze()
            // Also where a wait fails.
            defer { redis.thaw() }
            try await asks()
            try await ready(server, "away")
            redis.thaw()
            try await ready(server, "ok")
            try await asks()
        }
    }

    @Test func anUnchangedAnswerIsNotSentAgain() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: folder)
        try await TestServer.run(settings: [.countTTL: "3600"], database: database) { server in
            for path in [
                "/api/posts", "/api/posts/pages", "/api/posts/feed", "/api/users", "/api/users/feed",
                "/api/users/1/posts/feed", "/api/posts/1", "/api/users/1", "/", "/static/feed.css",
                "/openapi.json",
            ] {
                let first = try await server.get(path)
                let tag = try #require(first.header("ETag"), "\(path)")
                #expect(!tag.hasPrefix("W/") && tag.hasPrefix("\""))
                for list in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                    let second = try await server.get(path, headers: ["If-None-Match": list])
                    #expect(second.status == 304 && second.body.isEmpty, "\(path) \(list)")
                    #expect(second.header("ETag") == tag)
                    #expect(second.header("Link") == first.header("Link"))
                }
                #expect(try await server.get(path, headers: ["If-None-Match": "\"other\""]).status == 200)
                // HEAD tells the same and sends nothing.
                let head = try await server.send(.HEAD, path)
                #expect(head.status == 200 && head.body.isEmpty)
                #expect(head.header("ETag") == tag)
                #expect(head.header("Content-Length") == "\(first.body.count)")
            }
            let before = try #require(try await server.get("/api/posts/feed").header("ETag"))
            _ = try await server.store.updatePost(id: 24, changes: PostChanges(title: "edited"))
            let after = try await server.get("/api/posts/feed", headers: ["If-None-Match": before])
            #expect(after.status == 200 && after.header("ETag") != before)
        }
    }

    /// COUNTs that the server has run, by its own metrics.
    private func counted(_ server: TestServer) async throws -> Int {
        let metrics = String(decoding: try await server.get("/metrics").body, as: UTF8.self)
        let line = metrics.split(separator: "\n").first { $0.hasPrefix("count_cache_loads_total") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }

    /// Totals that are remembered for long, by way of a Redis that may be as slow as a busy machine makes
    /// it: by the standard timeouts, which are no settings, each server would count for itself then.
    private static func counts(through redis: RedisDatabase) throws -> CountCacheConfiguration {
        var connection = RedisConfiguration(address: try RedisAddress(redis.url))
        connection.connectTimeout = .seconds(60)
        connection.commandTimeout = .seconds(60)
        var counts = CountCacheConfiguration(redis: connection)
        counts.timeToLive = .seconds(3600)
        counts.wait = .seconds(60)
        counts.loadTimeLimit = .seconds(3600)
        return counts
    }

    /// Waits until the server says that Redis is in a state: it asks, as a probe would.
    private func ready(_ server: TestServer, _ state: String) async throws {
        var seen = ""
        try await waitUntil("a server to which Redis is \(state)", last: { seen }) {
            let reply = try await server.get("/readyz")
            #expect(reply.status == 200, "Redis away does not make it unready")
            seen = reply.bodyText
            return reply.json["redis"] as? String == state
        }
    }
}

/// A store that reads pages, and counts until it is told to stop.
private struct UncountableStore: Store {
    let store: SQLiteStore
    var identity: DatabaseIdentity { store.identity }

    func count(_ collection: FeedCollection, limit: Int?) async throws -> Int {
        while true { try await Task.sleep(for: .seconds(3600)) }
    }

    func pageIfImmediate<Visitor: RowVisitor>(
        _ query: PageQuery, visitor: inout Visitor
    ) throws -> PageEdges? { try store.pageIfImmediate(query, visitor: &visitor) }
    func page<Visitor: RowVisitor & Sendable>(
        _ query: PageQuery, visitor: Visitor
    ) async throws -> (visitor: Visitor, edges: PageEdges) {
        try await store.page(query, visitor: visitor)
    }
    func post(id: Int64, visibleTo reader: Int64?) async throws -> Post? {
        try await store.post(id: id, visibleTo: reader)
    }
    func user(id: Int64) async throws -> User? { try await store.user(id: id) }
    func createPost(userID: Int64, title: String, content: String, status: PostStatus) async throws -> Post? {
        try await store.createPost(userID: userID, title: title, content: content, status: status)
    }
    func updatePost(id: Int64, changes: PostChanges) async throws -> Post? {
        try await store.updatePost(id: id, changes: changes)
    }
    func deletePost(id: Int64) async throws -> Bool { try await store.deletePost(id: id) }
}
