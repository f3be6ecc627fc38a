import FeedStore
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// Single posts over HTTP.
struct PostAPITests {
    // MARK: The way of a post

    @Test func aPostIsWrittenReadChangedAndDeleted() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("writer")
            let created = try await server.send(
                .POST, "/api/posts", json: ["title": "Ein Titel", "content": "Zeile\nund 🎈"],
                token: user.token)
            #expect(created.status == 201)
            let id = try #require(created.integer("id"))
            let path = "/api/posts/\(id)"
            #expect(created.header("Location") == path)
            #expect(created.header("Cache-Control") == "no-store")
            #expect(created.text("title") == "Ein Titel" && created.text("content") == "Zeile\nund 🎈")
            #expect(created.text("status") == "published")
            #expect(created.integer("user_id") == user.id)
            #expect(created.json["updated_at"] is NSNull)
            let author = try #require(created.json["author"] as? [String: Any])
            #expect(author["username"] as? String == user.username)
            let date = try #require(created.text("date_posted"))

            let read = try await server.get(path)
            #expect(read.status == 200 && read.body == created.body)
            let tag = try #require(read.header("ETag"))
            #expect(try await server.get(path, headers: ["If-None-Match": tag]).status == 304)

            let same = try await server.send(.PATCH, path, json: [:], token: user.token)
            #expect(same.status == 200 && same.body == created.body)

            let retitled = try await server.send(
                .PATCH, path, json: ["title": "A title"], token: user.token)
            #expect(retitled.status == 200)
            #expect(retitled.text("title") == "A title" && retitled.text("content") == "Zeile\nund 🎈")
            let edited = try #require(retitled.text("updated_at"))
            #expect(edited >= date)
            #expect(try await server.get(path, headers: ["If-None-Match": tag]).body == retitled.body)

            let again = try await server.send(.PATCH, path, json: [:], token: user.token)
            #expect(again.body == retitled.body)

            let replaced = try await server.send(
                .PUT, path, json: ["title": "New", "content": "Newer"], token: user.token)
            #expect(replaced.status == 200)
            #expect(replaced.text("title") == "New" && replaced.text("content") == "Newer")
            #expect(try #require(replaced.text("updated_at")) >= edited)
            for reply in [retitled, replaced] {
                #expect(reply.text("date_posted") == date && reply.integer("id") == id)
                #expect(reply.text("status") == "published")
            }

            let deleted = try await server.send(.DELETE, path, headers: user.headers)
            #expect(deleted.status == 204 && deleted.body.isEmpty)
            for reply in [
                try await server.get(path), try await server.send(.DELETE, path, headers: user.headers),
                try await server.send(.PATCH, path, json: [:], token: user.token),
            ] {
                reply.expectProblem(404, "not-found")
            }
            #expect(try await server.makePost(by: user) > id, "an id is given once")
        }
    }

    @Test func idsAreReadStrictly() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("writer")
            let id = try await server.makePost(by: user)
            for text in [
                "0", "-1", "+\(id)", "0\(id)", "\(id).0", "x", "9007199254740992", "%31", "\(id)%20",
            ] {
                for method in [HTTPMethod.GET, .DELETE] {
                    try await server.send(method, "/api/posts/\(text)", headers: user.headers)
                        .expectProblem(404, "not-found", text)
                }
            }
            #expect(try await server.get("/api/posts/\(id)").status == 200)
        }
    }

    // MARK: Fields

    private static let rules: [TextRule] = [.title, .content]

    /// Four bytes each: the longest content still fits into a body.
    private static func text(count: Int) -> String { String(repeating: "🎈", count: count) }

    @Test func textsMayBeAsLongAsTheirRulesSayAndNoLonger() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("writer")
            let id = try await server.makePost(by: user)
            let before = try await server.get("/api/posts/\(id)")
            let requests: [(HTTPMethod, String, Int)] = [
                (.POST, "/api/posts", 201), (.PUT, "/api/posts/\(id)", 200),
                (.PATCH, "/api/posts/\(id)", 200),
            ]
            for rule in Self.rules {
                let others = ["title": "A title", "content": "Some content"].filter { $0.key != rule.name }
                func send(_ method: HTTPMethod, _ path: String, _ text: String) async throws
                    -> TestServer.Reply
                {
                    try await server.send(
                        method, path, json: others.merging([rule.name: text]) { $1 }, token: user.token)
                }
                let wrong =
                    [rule.length.lowerBound - 1, rule.length.upperBound + 1].map(Self.text) + ["a\u{0}"]
                for (method, path, _) in requests {
                    for text in wrong {
                        try await send(method, path, text).expectProblem(
                            422, "validation", naming: [rule.name],
                            "\(method) \(rule.name) of \(text.unicodeScalars.count)")
                    }
                }
                #expect(try await server.get("/api/posts/\(id)").text(rule.name) == before.text(rule.name))
                for (method, path, status) in requests {
                    for count in [rule.length.lowerBound, rule.length.upperBound] {
                        let reply = try await send(method, path, Self.text(count: count))
                        #expect(reply.status == status, "\(method) \(rule.name) of \(count)")
                        #expect(reply.text(rule.name) == Self.text(count: count))
                    }
                }
            }
        }
    }

    @Test func everythingWrongWithABodyIsNamed() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("writer")
            let id = try await server.makePost(by: user)
            let before = try await server.get("/api/posts/\(id)")
            let good = #""title":"a","content":"b""#
            let whole: [(body: String, names: [String])] = [
                ("{}", ["title", "content"]), (#"{"title":"a"}"#, ["content"]),
                (#"{"title":null,"content":1,"status":true}"#, ["title", "content", "status"]),
                ("{\(good),\"status\":\"archived\"}", ["status"]),
                ("{\(good),\"status\":\"Draft\"}", ["status"]),
                ("{\(good),\"status\":\"\"}", ["status"]), ("{\(good),\"status\":null}", ["status"]),
                ("{\(good),\"user_id\":2,\"date_posted\":\"x\"}", ["date_posted", "user_id"]),
                ("[]", ["body"]),
            ]
            for (body, names) in whole {
                for (method, path) in [(HTTPMethod.POST, "/api/posts"), (.PUT, "/api/posts/\(id)")] {
                    let reply = try await server.send(
                        method, path, text: body, type: "application/json", token: user.token)
                    reply.expectProblem(422, "validation", naming: names, "\(method) \(body)")
                }
            }
            let partial: [(body: String, names: [String])] = [
                (#"{"title":null}"#, ["title"]), (#"{"content":[]}"#, ["content"]), (#"{"id":9}"#, ["id"]),
                (
                    #"{"title":"","content":"","status":"x","author":{}}"#,
                    ["title", "content", "status", "author"]
                ),
            ]
            for (body, names) in partial {
                let reply = try await server.send(
                    .PATCH, "/api/posts/\(id)", text: body, type: "application/json", token: user.token)
                reply.expectProblem(422, "validation", naming: names, body)
            }
            for (method, path) in [
                (HTTPMethod.POST, "/api/posts"), (.PUT, "/api/posts/\(id)"), (.PATCH, "/api/posts/\(id)"),
            ] {
                try await server.send(
                    method, path, text: "{", type: "application/json", token: user.token
                ).expectProblem(400, "malformed-request")
                try await server.send(method, path, text: "{\(good)}", type: "text/plain", token: user.token)
                    .expectProblem(415, "unsupported-media-type")
                let large = try await server.sendRaw(head: [
                    "\(method.rawValue) \(path) HTTP/1.1", "Authorization: Bearer \(user.token)",
                    "Content-Type: application/json", "Content-Length: \(BodyLimits.json + 1)",
                ])
                #expect(large?.status == 413 && large?.json["code"] as? String == "payload-too-large")
                try await server.send(
                    method, "\(path)?draft=1", text: "{\(good)}", type: "application/json", token: user.token
                ).expectProblem(422, "validation", naming: ["draft"])
            }
            #expect(try await server.get("/api/posts/\(id)").body == before.body)
            #expect(try await server.get("/api/posts").ids == [id])
        }
    }

    /// What Python's JSON and others send by default: twelve bytes for each character beyond the first plane.
    @Test func thePostOfAllBoundsIsTakenHoweverItIsEscaped() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("ann")
            let count = TextRule.content.length.upperBound
            let escaped = String(repeating: #"\ud83d\ude00"#, count: count)
            for (method, status) in [(HTTPMethod.POST, 201), (.PUT, 200), (.PATCH, 200)] {
                let path = method == .POST ? "/api/posts" : "/api/posts/1"
                let reply = try await server.send(
                    method, path, text: #"{"title":"all","content":"\#(escaped)"}"#,
                    type: "application/json", token: user.token)
                #expect(reply.status == status, "\(method)")
                let content = try #require(reply.json["content"] as? String)
                #expect(content.utf8.elementsEqual(String(repeating: "😀", count: count).utf8), "\(method)")
            }
        }
    }

    // MARK: Publishing

    @Test func publishingGivesADateThatIsTheNewestAndStays() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("writer")
            let draftID = try await server.makePost(by: user, status: "draft")
            let path = "/api/posts/\(draftID)"
            let draft = try await server.get(path, headers: user.headers)
            let saved = try #require(draft.text("date_posted"))
            #expect(draft.text("status") == "draft" && draft.json["updated_at"] is NSNull)
            var newest = ""
            for _ in 0..<3 {
                let id = try await server.makePost(by: user)
                newest = max(
                    newest, try #require(try await server.get("/api/posts/\(id)").text("date_posted")))
            }
            // Editing does not publish, and a draft keeps the date it was first saved at.
            let edited = try await server.send(
                .PATCH, path, json: ["content": "Edited", "status": "draft"], token: user.token)
            #expect(edited.text("status") == "draft" && edited.text("date_posted") == saved)
            let updated = try #require(edited.text("updated_at"))

            let published = try await server.send(
                .PATCH, path, json: ["status": "published"], token: user.token)
            #expect(published.status == 200 && published.text("status") == "published")
            let date = try #require(published.text("date_posted"))
            #expect(date > newest)
            #expect(published.text("updated_at") == updated, "publishing is no edit")
            #expect(try await server.get("/api/posts/feed").ids.first == draftID)

            // From now on it never changes.
            let further = try await server.makePost(by: user)
            for fields in [["status": "published"], ["title": "Edited"], [:]] {
                let reply = try await server.send(.PATCH, path, json: fields, token: user.token)
                #expect(reply.status == 200 && reply.text("date_posted") == date)
            }
            let put = try await server.send(
                .PUT, path, json: ["title": "Again", "content": "Again", "status": "published"],
                token: user.token)
            #expect(put.status == 200 && put.text("date_posted") == date)
            #expect(try await server.get("/api/posts/feed").ids.prefix(2) == [further, draftID])
        }
    }

    @Test func whatIsPublishedCanNotBecomeADraft() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("writer")
            let id = try await server.makePost(by: user)
            let before = try await server.get("/api/posts/\(id)")
            for method in [HTTPMethod.PATCH, .PUT] {
                let reply = try await server.send(
                    method, "/api/posts/\(id)",
                    json: ["title": "Taken back", "content": "Nothing", "status": "draft"], token: user.token)
                reply.expectProblem(422, "validation", naming: ["status"], "\(method)")
            }
            let after = try await server.get("/api/posts/\(id)")
            #expect(after.status == 200 && after.body == before.body)
        }
    }

    @Test func aPutThatNamesNoStatusLeavesADraftADraft() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("writer")
            let id = try await server.makePost(by: user, status: "draft")
            let fields = ["title": "Other", "content": "Other"]
            let put = try await server.send(.PUT, "/api/posts/\(id)", json: fields, token: user.token)
            #expect(put.status == 200 && put.text("status") == "draft" && put.text("title") == "Other")
            let published = try await server.send(
                .PUT, "/api/posts/\(id)", json: fields.merging(["status": "published"]) { $1 },
                token: user.token)
            #expect(published.status == 200 && published.text("status") == "published")
        }
    }

    @Test func datesRiseWithEveryPostWhoeverWritesAtOnce() async throws {
        let (writers, postsEach) = (8, 5)
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("writer")
            // Each writes its posts one after another, and publishes a draft in between.
            let written = try await withThrowingTaskGroup(of: [[String]].self) { group in
                for _ in 0..<writers {
                    group.addTask {
                        let draft = try await server.makePost(by: user, status: "draft")
                        var dates: [String] = []
                        for number in 0..<postsEach {
                            let reply = try await server.send(
                                .POST, "/api/posts", json: ["title": "at once", "content": "c"],
                                token: user.token)
                            dates.append(try #require(reply.text("date_posted")))
                            guard number == postsEach / 2 else { continue }
                            let published = try await server.send(
                                .PATCH, "/api/posts/\(draft)", json: ["status": "published"],
                                token: user.token)
                            dates.append(try #require(published.text("date_posted")))
                        }
                        return [dates]
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(written.count == writers)
            for dates in written {
                #expect(dates.count == postsEach + 1)
                // What has been answered lies before what is asked for afterwards.
                #expect(zip(dates, dates.dropFirst()).allSatisfy(<))
            }
            #expect(Set(written.joined()).count == writers * (postsEach + 1), "no date is given twice")
            let page = try await server.get("/api/posts/feed?order=oldest&page_size=50")
            let items = try #require(page.json["items"] as? [[String: Any]])
            let dates = items.compactMap { $0["date_posted"] as? String }
            #expect(dates == written.joined().sorted())
            // Posts that were published at once have their ids in the same order.
            let ids = items.filter { $0["title"] as? String == "at once" }
                .compactMap { ($0["id"] as? NSNumber)?.int64Value }
            #expect(ids.count == writers * postsEach)
            #expect(zip(ids, ids.dropFirst()).allSatisfy(<))
        }
    }
}
