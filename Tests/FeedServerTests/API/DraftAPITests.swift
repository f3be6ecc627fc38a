import FeedStore
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// A draft shows to its author, and to nobody else by anything at all.
struct DraftAPITests {
    /// Totals are counted once by each server, and are then as old as the server.
    private static let settings: [ConfigurationKey: String] = [.countTTL: "86400"]

    /// Ids of one digit, so that the length of an answer does not depend on them.
    private static let unusedID: Int64 = 9

    // MARK: Everybody else

    @Test func nobodyElseSeesThatADraftIsThere() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        /// A new server for each step: nothing of its answers can come from an earlier count.
        func run<Result: Sendable>(_ body: (TestServer) async throws -> Result) async throws -> Result {
            try await TestServer.runEmpty(settings: Self.settings, in: folder) { server, _ in
                try await body(server)
            }
        }
        // given
        let (author, other, cookie) = try await run { server in
            let author = try await server.makeUser("author")
            let other = try await server.makeUser("other")
            for title in ["One", "Two", "Three"] { _ = try await server.makePost(by: author, title: title) }
            return (author, other, try await server.sessionCookie(of: other))
        }
        func seen(_ server: TestServer) async throws -> [Seen] {
            try await Self.lists(of: author, server) + Self.pages(of: author, server, [:])
                + Self.pages(of: author, server, ["Cookie": cookie])
                + Self.listsOfTheUser(author, server, other.headers)
        }
        let before = try await run { try await seen($0) }
        #expect(before.count(where: { $0.status == 200 }) > 30, "there is something to be seen")
        #expect(before.contains { $0.total == "3" }, "and counted")
        // when, then: written
        let draft = try await run { server in
            try await server.makePost(by: author, title: "Secret", status: "draft")
        }
        let path = "/api/posts/\(draft)"
        #expect(try await run { try await seen($0) } == before)
        // edited
        let status = try await run { server in
            try await server.send(.PATCH, path, json: ["title": "Still secret"], token: author.token).status
        }
        #expect(status == 200)
        #expect(try await run { try await seen($0) } == before)
        // deleted
        let deletion = try await run { server in
            try await server.send(.DELETE, path, headers: author.headers).status
        }
        #expect(deletion == 204)
        #expect(try await run { try await seen($0) } == before)
        // What is published is seen: it is not the eyes that are closed.
        _ = try await run { try await $0.makePost(by: author, title: "Four") }
        #expect(try await run { try await seen($0) } != before)
    }

    @Test func aDraftIsAnsweredLikeNothingAtAll() async throws {
        try await TestServer.runEmpty(settings: Self.settings) { server, _ in
            let author = try await server.makeUser("author")
            let other = try await server.makeUser("other")
            let published = try await server.makePost(by: author)
            let draft = try await server.makePost(
                by: author, content: String(repeating: "x", count: 50_000), status: "draft")
            try #require(draft < Self.unusedID)
            let cookie: HTTPHeaders = ["Cookie": try await server.sessionCookie(of: other)]
            let html: HTTPHeaders = ["Accept": "text/html"]
            let json = Data(#"{"title":"a","content":"b","status":"published"}"#.utf8)
            let type: HTTPHeaders = ["Content-Type": "application/json"]
            let text = Data("title=a&content=b&status=published".utf8)
            let form: HTTPHeaders = ["Content-Type": "application/x-www-form-urlencoded"]
            // `of` is the status of a published post of the author.
            let requests: [(method: HTTPMethod, path: String, headers: HTTPHeaders, body: Data?, of: Int)] = [
                (.GET, "/api/posts/#", [:], nil, 200), (.HEAD, "/api/posts/#", [:], nil, 200),
                (.GET, "/api/posts/#", other.headers, nil, 200),
                (.HEAD, "/api/posts/#", other.headers, nil, 200),
                (.PUT, "/api/posts/#", other.headers + type, json, 403),
                (.PATCH, "/api/posts/#", other.headers + type, json, 403),
                // Nor does a body that is wrong tell them apart.
                (.PATCH, "/api/posts/#", other.headers, nil, 403),
                (.DELETE, "/api/posts/#", other.headers, nil, 403),
                (.GET, "/posts/#", [:], nil, 200), (.GET, "/posts/#", html, nil, 200),
                (.GET, "/posts/#", html + cookie, nil, 200), (.HEAD, "/posts/#", cookie, nil, 200),
                (.GET, "/posts/#/edit", cookie, nil, 403), (.POST, "/posts/#/edit", cookie + form, text, 403),
                (.POST, "/posts/#/edit", cookie, nil, 403),
                (.POST, "/posts/#/delete", cookie, nil, 403),
            ]
            for request in requests {
                func answer(_ id: Int64) async throws -> TestServer.Reply {
                    try await server.send(
                        request.method, request.path.replacing("#", with: "\(id)"), headers: request.headers,
                        body: request.body)
                }
                let what = "\(request.method) \(request.path) \(request.headers)"
                #expect(try await answer(published).status == request.of, "\(what)")
                let (hidden, missing) = (try await answer(draft), try await answer(Self.unusedID))
                #expect(hidden.status == 404 && missing.status == 404, "\(what)")
                #expect(hidden.timelessHeaders == missing.timelessHeaders, "\(what)")
                let body = hidden.bodyText.replacing("the id \(draft) ", with: "the id \(Self.unusedID) ")
                #expect(body == missing.bodyText, "\(what)")
            }
            let kept = try #require(try await server.store.post(id: draft, visibleTo: author.id))
            #expect(kept.status == .draft && kept.updatedAt == nil)
        }
    }

    @Test func aDraftThatIsPublishedIsSeenByAll() async throws {
        try await TestServer.runEmpty(settings: Self.settings) { server, _ in
            let author = try await server.makeUser("author")
            let draft = try await server.makePost(by: author, status: "draft")
            #expect(try await server.get("/api/posts/feed").ids.isEmpty)
            let reply = try await server.send(
                .PATCH, "/api/posts/\(draft)", json: ["status": "published"], token: author.token)
            #expect(reply.status == 200)
            for path in ["/api/posts/feed", "/api/users/\(author.id)/posts/feed"] {
                #expect(try await server.get(path).ids == [draft], "\(path)")
            }
            #expect(try await server.get("/api/posts/\(draft)").body == reply.body)
            let drafts = try await server.get(
                "/api/users/\(author.id)/posts/feed?status=draft", headers: author.headers)
            #expect(drafts.status == 200 && drafts.ids.isEmpty)
        }
    }

    // MARK: Its author

    @Test func theAuthorSeesTheDraftsInEveryWay() async throws {
        try await TestServer.runEmpty(settings: Self.settings) { server, _ in
            let author = try await server.makeUser("author")
            let other = try await server.makeUser("other")
            var drafts: [Int64] = []
            for number in 1...5 {
                drafts.append(
                    try await server.makePost(by: author, title: "Draft \(number)", status: "draft"))
                _ = try await server.makePost(by: author)
                _ = try await server.makePost(by: other, status: "draft")
            }
            let path = "/api/users/\(author.id)/posts"
            for (order, expected) in [("newest", Array(drafts.reversed())), ("oldest", drafts)] {
                let query = "status=draft&order=\(order)"
                let offset = try await server.get("\(path)?\(query)&skip=1&limit=3", headers: author.headers)
                #expect(offset.ids == Array(expected[1..<4]) && offset.integer("total") == 5)
                let numbered = try await server.get(
                    "\(path)/pages?\(query)&page=2&page_size=2", headers: author.headers)
                #expect(numbered.ids == Array(expected[2..<4]) && numbered.integer("pages") == 3)
                for reply in [offset, numbered] {
                    #expect(reply.header("Cache-Control") == "private, no-cache")
                }
                // There and back.
                func page(_ cursor: String) async throws -> TestServer.Reply {
                    let reply = try await server.get(
                        "\(path)/feed?\(query)&page_size=2&cursor=\(cursor)", headers: author.headers)
                    try #require(reply.status == 200, "\(reply.bodyText)")
                    return reply
                }
                var reply = try await page("")
                var forward = reply.ids
                while let cursor = reply.text("next_cursor"), forward.count <= drafts.count {
                    reply = try await page(cursor)
                    forward += reply.ids
                }
                #expect(forward == expected)
                var cursor = try #require(reply.text("prev_cursor"))
                var backward: [Int64] = []
                reply = try await page(cursor)
                while !reply.ids.isEmpty, backward.count <= drafts.count {
                    backward = reply.ids + backward
                    cursor = try #require(reply.text("prev_cursor"))
                    reply = try await page(cursor)
                }
                #expect(backward == Array(expected.prefix(4)), "all but the last page")
                // A cursor opens nothing to others, and no other list.
                for headers in [HTTPHeaders(), other.headers] {
                    let stolen = try await server.get(
                        "\(path)/feed?\(query)&cursor=\(cursor)", headers: headers)
                    stolen.expectProblem(403, "forbidden")
                }
                let mismatch = try await server.get(
                    "\(path)/feed?order=\(order)&cursor=\(cursor)", headers: author.headers)
                mismatch.expectProblem(400, "cursor-mismatch")
            }
            for id in drafts {
                let reply = try await server.get("/api/posts/\(id)", headers: author.headers)
                #expect(reply.status == 200 && reply.text("status") == "draft")
                #expect(reply.header("Cache-Control") == "private, no-cache")
            }
            // With nothing else said, the author sees what everybody sees.
            let published = try await server.get(path, headers: author.headers)
            #expect(published.ids.count == 5 && Set(published.ids).isDisjoint(with: drafts))
        }
    }

    // MARK: Parts

    /// An answer, as far as it could give anything away.
    private struct Seen: Hashable, Sendable {
        var path: String
        var status: Int
        var body: Data
        var tag: String?
        var links: String?
        var total: String?

        init(_ path: String, _ reply: TestServer.Reply) {
            self.path = path
            status = reply.status
            body = reply.body
            tag = reply.header("ETag")
            links = reply.header("Link")
            total = reply.header("X-Total-Count")
        }
    }

    /// All lists that show the author's posts, or could show how many they are.
    private static func lists(of author: TestUser, _ server: TestServer) async throws -> [Seen] {
        var paths = ["/api/users/\(author.id)"]
        for collection in ["/api/posts", "/api/users/\(author.id)/posts", "/api/users"] {
            for order in collection == "/api/users" ? [""] : ["order=newest", "order=oldest"] {
                // The first counts, so that the last knows the total.
                for way in ["?", "/pages?", "/feed?total=true&"] { paths.append(collection + way + order) }
            }
        }
        var seen: [Seen] = []
        for path in paths { seen.append(Seen(path, try await server.get(path))) }
        for collection in ["/api/posts", "/api/users/\(author.id)/posts"] {
            seen += try await walk("\(collection)/feed?page_size=2", server, [:])
        }
        return seen
    }

    /// The pages for people.
    private static func pages(
        of author: TestUser, _ server: TestServer, _ headers: HTTPHeaders
    ) async throws -> [Seen] {
        var seen: [Seen] = []
        for path in ["/", "/posts", "/posts?page_size=2", "/posts/1", "/users/\(author.id)/posts"] {
            seen.append(Seen(path, try await server.get(path, headers: headers)))
        }
        return seen
    }

    /// The lists for which a token is looked at.
    private static func listsOfTheUser(
        _ author: TestUser, _ server: TestServer, _ headers: HTTPHeaders
    ) async throws -> [Seen] {
        let path = "/api/users/\(author.id)/posts"
        var seen = try await walk("\(path)/feed?page_size=2", server, headers)
        for query in ["", "/pages", "/feed", "?status=draft", "/pages?status=draft", "/feed?status=draft"] {
            seen.append(Seen(query, try await server.get(path + query, headers: headers)))
        }
        return seen
    }

    /// Follows the cursors to the end and back.
    private static func walk(
        _ path: String, _ server: TestServer, _ headers: HTTPHeaders
    ) async throws -> [Seen] {
        var seen: [Seen] = []
        var reply = try await server.get(path, headers: headers)
        seen.append(Seen(path, reply))
        for name in ["next_cursor", "prev_cursor"] {
            while !reply.ids.isEmpty, let cursor = reply.text(name) {
                reply = try await server.get("\(path)&cursor=\(cursor)", headers: headers)
                seen.append(Seen("\(path) \(name)", reply))
            }
        }
        return seen
    }
}

private func + (first: HTTPHeaders, second: HTTPHeaders) -> HTTPHeaders {
    var headers = first
    headers.add(contentsOf: second)
    return headers
}
