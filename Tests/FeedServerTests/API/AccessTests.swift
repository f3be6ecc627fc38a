import CFeedResources
import FeedStore
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// Who may do what: every operation of the OpenAPI document, asked for by everyone.
struct AccessTests {
    /// What kinds of requests are answered with, by who asks. `draft` is the author's draft where an
    /// address without it is the author's published post.
    ///
    /// Strangers have no token, `bad` tokens are none of the server's or good no longer, whoever's they
    /// were.
    private static let rows: [Row] = [
        // What everybody may read. A token is not looked at.
        Row(.GET, "/api/posts", stranger: 200, author: 200, other: 200, bad: 200),
        Row(.GET, "/api/posts/pages", stranger: 200, author: 200, other: 200, bad: 200),
        Row(.GET, "/api/posts/feed", stranger: 200, author: 200, other: 200, bad: 200),
        Row(.GET, "/api/users", stranger: 200, author: 200, other: 200, bad: 200),
        Row(.GET, "/api/users/pages", stranger: 200, author: 200, other: 200, bad: 200),
        Row(.GET, "/api/users/feed", stranger: 200, author: 200, other: 200, bad: 200),
        Row(.GET, "/api/users/{id}", stranger: 200, author: 200, other: 200, bad: 200),
        Row(.GET, "/media/{name}", stranger: 200, author: 200, other: 200, bad: 200),
        Row(.GET, "/healthz", stranger: 200, author: 200, other: 200, bad: 200),
        Row(.GET, "/readyz", stranger: 200, author: 200, other: 200, bad: 200),
        Row(.GET, "/metrics", stranger: 200, author: 200, other: 200, bad: 200),
        Row(.GET, "/openapi.json", stranger: 200, author: 200, other: 200, bad: 200),

        // What everybody may do.
        Row(.POST, "/api/users", stranger: 201, author: 201, other: 201, bad: 201),
        Row(.POST, "/api/users/token", stranger: 200, author: 200, other: 200, bad: 200),

        // What its author sees more of.
        Row(.GET, "/api/posts/{id}", stranger: 200, author: 200, other: 200, bad: 401),
        Row(.GET, "/api/posts/{id}", of: .draft, stranger: 404, author: 200, other: 404, bad: 401),
        Row(.GET, "/api/users/{user_id}/posts", stranger: 200, author: 200, other: 200, bad: 401),
        Row(.GET, "/api/users/{user_id}/posts", of: .draft, stranger: 403, author: 200, other: 403, bad: 401),
        Row(.GET, "/api/users/{user_id}/posts/pages", stranger: 200, author: 200, other: 200, bad: 401),
        Row(
            .GET, "/api/users/{user_id}/posts/pages", of: .draft, stranger: 403, author: 200, other: 403,
            bad: 401),
        Row(.GET, "/api/users/{user_id}/posts/feed", stranger: 200, author: 200, other: 200, bad: 401),
        Row(
            .GET, "/api/users/{user_id}/posts/feed", of: .draft, stranger: 403, author: 200, other: 403,
            bad: 401),

        // What users do for themselves.
        Row(.GET, "/api/users/me", stranger: 401, author: 200, other: 200, bad: 401),
        Row(.GET, "/api/users/me/sessions", stranger: 401, author: 200, other: 200, bad: 401),
        Row(.DELETE, "/api/users/me/sessions", stranger: 401, author: 204, other: 204, bad: 401),
        Row(.DELETE, "/api/users/me/sessions/{id}", stranger: 401, author: 204, other: 404, bad: 401),
        Row(.POST, "/api/posts", stranger: 401, author: 201, other: 201, bad: 401),
        Row(.POST, "/api/posts", of: .draft, stranger: 401, author: 201, other: 201, bad: 401),

        // What is the author's alone.
        Row(.PUT, "/api/posts/{id}", stranger: 401, author: 200, other: 403, bad: 401),
        Row(.PUT, "/api/posts/{id}", of: .draft, stranger: 401, author: 200, other: 404, bad: 401),
        Row(.PATCH, "/api/posts/{id}", stranger: 401, author: 200, other: 403, bad: 401),
        Row(.PATCH, "/api/posts/{id}", of: .draft, stranger: 401, author: 200, other: 404, bad: 401),
        Row(.DELETE, "/api/posts/{id}", stranger: 401, author: 204, other: 403, bad: 401),
        Row(.DELETE, "/api/posts/{id}", of: .draft, stranger: 401, author: 204, other: 404, bad: 401),
        Row(.PATCH, "/api/users/{id}", stranger: 401, author: 200, other: 403, bad: 401),
        Row(.PATCH, "/api/users/{id}/picture", stranger: 401, author: 200, other: 403, bad: 401),
        Row(.DELETE, "/api/users/{id}/picture", stranger: 401, author: 200, other: 403, bad: 401),
        Row(.DELETE, "/api/users/{id}", stranger: 401, author: 204, other: 403, bad: 401),
    ]

    private struct Row: Sendable, CustomStringConvertible {
        var method: HTTPMethod
        /// As it stands in the document.
        var pattern: String
        var status: PostStatus
        var stranger: Int
        var author: Int
        var other: Int
        var bad: Int

        init(
            _ method: HTTPMethod, _ pattern: String, of status: PostStatus = .published, stranger: Int,
            author: Int, other: Int, bad: Int
        ) {
            self.method = method
            self.pattern = pattern
            self.status = status
            self.stranger = stranger
            self.author = author
            self.other = other
            self.bad = bad
        }

        var operation: String { "\(method.rawValue) \(pattern)" }
        var description: String { status == .draft ? "\(operation) (draft)" : operation }

        /// Whether many may do it one after another, each for the first time.
        var isRepeatable: Bool { method == .GET || method == .POST }

        func expected(_ actor: Actor) -> Int {
            switch actor {
            case .anonymous, .cookie: stranger
            case .author: author
            case .other: other
            case .deletedUser, .expired, .unsigned, .otherKey, .otherSignature, .oldPassword: bad
            }
        }

        /// The address with the author's ids.
        func path(in scene: Scene) -> String {
            if pattern.hasPrefix("/api/users/me/") { return pattern.replacing("{id}", with: scene.sessionID) }
            let isUser = pattern.hasPrefix("/api/users")
            let id = isUser ? scene.author.id : status == .draft ? scene.draftID : scene.postID
            let path =
                pattern == "/media/{name}"
                ? scene.picturePath
                : pattern.replacing("{user_id}", with: "\(id)").replacing("{id}", with: "\(id)")
            return pattern.contains("{user_id}") && status == .draft ? "\(path)?status=draft" : path
        }
    }

    private enum Actor: CaseIterable {
        case anonymous
        /// The author's browser, which has a session and no token.
        case cookie
        case author
        case other
        case deletedUser
        // All of these say that they are the author.
        case expired
        case unsigned
        case otherKey
        case otherSignature
        case oldPassword
    }

    // MARK: Tests

    @Test func theDocumentHasTheOperationsOfTheTableAndTheirSecurity() throws {
        let json = try JSONSerialization.jsonObject(with: Data(FeedResource.openapi_json.bytes))
        let document = try #require(json as? [String: Any])
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        let methods: Set = ["get", "put", "post", "patch", "delete", "options", "head", "trace"]
        var documented: Set<String> = []
        for (pattern, item) in paths {
            for (method, operation) in item where methods.contains(method) {
                let name = "\(method.uppercased()) \(pattern)"
                documented.insert(name)
                // No security at all: the operation has none of its own, or an empty list.
                let operation = try #require(operation as? [String: Any], "\(name)")
                let ways = try #require(
                    (operation["security"] ?? document["security"] ?? [[String: Any]]()) as? [[String: Any]],
                    "\(name)")
                let rows = Self.rows.filter { $0.operation == name && $0.status == .published }
                for row in rows {
                    #expect((row.bad == 401) == ways.contains { $0["bearer"] != nil }, "\(row)")
                    #expect(
                        (row.stranger == 401) == (!ways.isEmpty && !ways.contains(where: \.isEmpty)), "\(row)"
                    )
                }
            }
        }
        #expect(documented == Set(Self.rows.map(\.operation)))
    }

    @Test func whoeverMayNotIsRefusedAndChangesNothing() async throws {
        try await withServer { server, folder in
            let scene = try await Scene(server, hasImpostors: true)
            let before = try await Snapshot(server, scene, folder)
            var count = 0
            for row in Self.rows {
                for actor in Actor.allCases where row.expected(actor) >= 400 {
                    let expected = row.expected(actor)
                    let what = "\(row) as \(actor)"
                    let reply = try await ask(server, row, as: actor, scene, number: count)
                    reply.expectProblem(expected, try #require(Self.codes[expected]), what)
                    let challenge = reply.header("WWW-Authenticate")
                    #expect((challenge?.hasPrefix("Bearer") == true) == (expected == 401), "\(what)")
                    if row.method == .GET {
                        let head = try await ask(server, row, .HEAD, as: actor, scene, number: count)
                        #expect(head.status == expected && head.body.isEmpty, "HEAD: \(what)")
                    }
                    count += 1
                }
            }
            #expect(count > Actor.allCases.count, "the table refuses nobody")
            #expect(try await Snapshot(server, scene, folder) == before)
            // What a bad token is refused for is the token.
            let genuine = try await scene.forge.genuine()
            let me = try await server.get("/api/users/me", headers: ["Authorization": "Bearer \(genuine)"])
            #expect(me.status == 200 && me.integer("id") == scene.author.id)
            let page = try await server.get(
                "/posts/\(scene.draftID)", headers: try scene.headers(of: .cookie))
            #expect(page.status == 200, "the session is a good one")
        }
    }

    @Test func whoeverMayIsServed() async throws {
        try await withServer { server, _ in
            let scene = try await Scene(server, hasImpostors: true)
            var count = 0
            for row in Self.rows where row.isRepeatable {
                for actor in Actor.allCases where row.expected(actor) < 400 {
                    let reply = try await ask(server, row, as: actor, scene, number: count)
                    #expect(reply.status == row.expected(actor), "\(row) as \(actor): \(reply.bodyText)")
                    count += 1
                }
            }
            #expect(count > Actor.allCases.count, "the table serves nobody")
        }
    }

    @Test func whatIsOnesOwnMayBeChangedOnce() async throws {
        try await withServer { server, _ in
            for (number, row) in Self.rows.filter({ !$0.isRepeatable }).enumerated() {
                let scene = try await Scene(server, number: number, hasImpostors: false)
                let allowed = Actor.allCases.filter { row.expected($0) < 400 }
                // What is named after whoever asks is everybody's own.
                #expect(allowed == [.author] || row.pattern == "/api/users/me/sessions", "\(row)")
                let reply = try await ask(server, row, as: .author, scene, number: number)
                #expect(reply.status == row.author, "\(row): \(reply.bodyText)")
                #expect((reply.status == 204) == reply.body.isEmpty, "\(row)")
            }
        }
    }

    // MARK: Parts

    private static let codes = [401: "unauthorized", 403: "forbidden", 404: "not-found"]

    private func withServer(_ body: (TestServer, TemporaryFolder) async throws -> Void) async throws {
        try await TestServer.runEmpty(settings: [.secret: TokenForge.secret], body)
    }

    /// Sends a request that has nothing wrong with it but, maybe, who sends it.
    ///
    /// - Parameter number: another one for each request, for what must be unique.
    private func ask(
        _ server: TestServer, _ row: Row, _ method: HTTPMethod? = nil, as actor: Actor, _ scene: Scene,
        number: Int
    ) async throws -> TestServer.Reply {
        let headers = try scene.headers(of: actor)
        let path = row.path(in: scene)
        func send(json: [String: String]) async throws -> TestServer.Reply {
            var headers = headers
            headers.add(name: "Content-Type", value: "application/json")
            return try await server.send(
                row.method, path, headers: headers, body: JSONEncoder().encode(json))
        }
        let status = row.status.rawValue
        switch (row.method, row.pattern) {
        case (.POST, "/api/users"):
            let name = "\(scene.author.username)-\(actor)-\(number)"
            return try await send(
                json: ["username": name, "email": "\(name)@example.com", "password": TestUser.password])
        case (.POST, "/api/users/token"):
            return try await server.send(
                .POST, path, form: ["username": scene.other.email, "password": TestUser.password],
                headers: headers)
        case (.PATCH, "/api/users/{id}"):
            return try await send(json: ["username": "renamed-\(number)"])
        case (.DELETE, "/api/users/{id}"):
            let changed = "another \(TestUser.password)"
            return try await send(
                json: ["current_password": scene.hasImpostors ? changed : TestUser.password])
        case (.PATCH, "/api/users/{id}/picture"):
            return try await server.send(
                .PATCH, path, file: TestPicture.png(.green), headers: headers)
        case (.POST, _), (.PUT, _):
            return try await send(json: ["title": "Another title", "content": "Else", "status": status])
        case (.PATCH, _):
            return try await send(json: ["title": "Another title", "status": "published"])
        default:
            return try await server.send(method ?? row.method, path, headers: headers)
        }
    }

    /// Some users, what one of them has, and those who would like to be that one.
    private struct Scene {
        let author: TestUser
        let other: TestUser
        let postID: Int64
        let draftID: Int64
        let picturePath: String
        let sessionID: String
        let forge: TokenForge
        let hasImpostors: Bool
        private var fields: [Actor: HTTPHeaders]

        /// - Parameters:
        ///   - number: of the scene in its server.
        ///   - hasImpostors: otherwise there are the author, the other and nobody else.
        init(_ server: TestServer, number: Int = 0, hasImpostors: Bool) async throws {
            var author = try await server.makeUser("author\(number)")
            other = try await server.makeUser("other\(number)")
            self.hasImpostors = hasImpostors
            fields = [.anonymous: [:], .other: other.headers]
            postID = try await server.makePost(by: author)
            draftID = try await server.makePost(by: author, status: "draft")
            let picture = try await server.send(
                .PATCH, "/api/users/\(author.id)/picture", file: TestPicture.png(.red),
                headers: author.headers)
            picturePath = try #require(picture.text("image_path"), "\(picture.bodyText)")
            if hasImpostors {
                let deleted = try await server.makeUser("deleted\(number)")
                try #require(try await server.delete(deleted).status == 204)
                fields[.deletedUser] = deleted.headers
                fields[.oldPassword] = author.headers
                let password = "another \(TestUser.password)"
                let change = try await server.send(
                    .PATCH, "/api/users/\(author.id)",
                    json: ["password": password, "current_password": TestUser.password],
                    token: author.token)
                try #require(change.status == 200)
                let token = try await server.logIn(email: author.email, password: password)
                author.token = try #require(token.text("access_token"))
            }
            fields[.cookie] = ["Cookie": try await server.sessionCookie(of: author)]
            let sessions = try await server.parts.accounts.sessions(userID: author.id, now: .now)
            sessionID = try #require(sessions.first).idText
            self.author = author
            fields[.author] = author.headers
            let account = try #require(try await server.parts.accounts.account(id: author.id))
            forge = TokenForge(
                userID: author.id, credentialVersion: try #require(account.credentials).version)
            for (actor, token) in [
                (Actor.expired, try await forge.expired()), (.unsigned, try await forge.unsigned()),
                (.otherKey, try await forge.ofAnotherKey()),
                (.otherSignature, try await forge.withAnotherSignature()),
            ] {
                fields[actor] = ["Authorization": "Bearer \(token)"]
            }
        }

        func headers(of actor: Actor) throws -> HTTPHeaders {
            try #require(fields[actor], "\(actor)")
        }
    }

    /// All that a request could have changed.
    private struct Snapshot: Equatable {
        var accounts: [Account?]
        var posts: [Post?]
        var counts: [Int]
        var pictures: Set<String>
        var hasSession: Bool

        init(_ server: TestServer, _ scene: Scene, _ folder: TemporaryFolder) async throws {
            accounts = []
            posts = []
            counts = []
            for user in [scene.author, scene.other] {
                accounts.append(try await server.parts.accounts.account(id: user.id))
                for status in PostStatus.allCases {
                    counts.append(
                        try await server.store.count(.userPosts(userID: user.id, status: status)))
                }
            }
            for id in [scene.postID, scene.draftID] {
                posts.append(try await server.store.post(id: id, visibleTo: scene.author.id))
            }
            for collection in [FeedCollection.posts, .users] {
                counts.append(try await server.store.count(collection))
            }
            pictures = try TestServer.pictureFiles(in: folder)
            let cookie = try #require(try scene.headers(of: .cookie).first(name: "Cookie"))
            hasSession = try await server.isSession(cookie)
        }
    }
}
