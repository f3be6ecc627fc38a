import FeedStore
import Foundation
import HTTPTypes
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

@testable import FeedServer

/// Who is logged in with a browser, and for how long.
@Suite struct SessionTests {
    private func withServer(
        settings: [ConfigurationKey: String] = [:], _ body: (TestServer) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        try await TestServer.run(settings: settings, database: folder.path("feed.sqlite"), body)
    }

    // MARK: The cookie

    @Test func theCookieIsForThisServerAndNoScript() async throws {
        try await withServer(settings: [.sessionLifetime: "3600"]) { server in
            let user = try await server.makeUser("ann")
            var client = PageClient(server)
            let fields = try await client.logIn(user).headers["Set-Cookie"]
            #expect(fields.count == 1)
            let cookie = try Cookie(try #require(fields.first))
            #expect(cookie.name == "session")
            #expect(cookie.value.wholeMatch(of: /[0-9a-f]{64}/) != nil)
            #expect(cookie.attributes == ["Max-Age=3600", "Path=/", "HttpOnly", "SameSite=Lax"])

            let end = try Cookie(try #require(try await client.post("/logout").header("Set-Cookie")))
            #expect(end.name == "session" && end.value.isEmpty)
            #expect(end.attributes == ["Max-Age=0", "Path=/", "HttpOnly", "SameSite=Lax"])
        }
    }

    @Test func aSecureCookieSaysSoInItsName() async throws {
        try await withServer(settings: [.secureCookies: "true"]) { server in
            let user = try await server.makeUser("ann")
            var client = PageClient(server)
            let field = try #require(try await client.logIn(user).header("Set-Cookie"))
            let cookie = try Cookie(field)
            #expect(cookie.name == "__Host-session")
            #expect(
                cookie.attributes == ["Max-Age=1209600", "Path=/", "HttpOnly", "SameSite=Lax", "Secure"])
            #expect(try await client.isLoggedIn())
            // Another site of the same domain can set a cookie of the other name only.
            client.cookie = "session=\(cookie.value)"
            #expect(try await !client.isLoggedIn())
        }
    }

    @Test func eachLogInHasAKeyOfItsOwn() async throws {
        try await withServer { server in
            let user = try await server.makeUser("ann")
            var keys: Set<String?> = []
            for _ in 0..<5 { keys.insert(try await PageClient(server, as: user).cookie) }
            #expect(keys.count == 5)
        }
    }

    // MARK: Its beginning and its end

    @Test func registeringLogsIn() async throws {
        try await withServer { server in
            var client = PageClient(server)
            #expect(try await !client.isLoggedIn())
            let reply = try await client.post(
                "/register",
                ["username": "ann", "email": "ann@example.com", "password": TestUser.password])
            #expect(reply.status == 303 && reply.location == "/")
            #expect(try await client.get("/").page.contains("<bdi>ann</bdi>"))
            #expect(try await client.get("/account").page.contains("ann@example.com"))
        }
    }

    @Test func loggingOutEndsTheSessionWhereverItsCookieIs() async throws {
        try await withServer { server in
            let user = try await server.makeUser("ann")
            var client = try await PageClient(server, as: user)
            var elsewhere = try await PageClient(server, as: user)
            var copy = client
            #expect(try await copy.isLoggedIn())
            let reply = try await client.post("/logout")
            #expect(reply.status == 303 && reply.location == "/")
            #expect(client.cookie == nil)
            #expect(try await !copy.isLoggedIn())
            #expect(try await elsewhere.isLoggedIn(), "another log-in of the same user")
            // Once more does no harm, nor does a stranger's.
            #expect(try await copy.post("/logout").status == 303)
        }
    }

    @Test func aNewPasswordEndsEverySessionButThisOne() async throws {
        try await withServer { server in
            let user = try await server.makeUser("ann")
            let other = try await server.makeUser("bob")
            var client = try await PageClient(server, as: user)
            var copy = client
            var elsewhere = try await PageClient(server, as: user)
            var somebodyElse = try await PageClient(server, as: other)
            let password = "another horse battery"
            let reply = try await client.post(
                "/account/password", ["current_password": TestUser.password, "password": password])
            #expect(reply.status == 303 && reply.location?.hasPrefix("/account?saved=") == true)
            #expect(try await client.isLoggedIn())
            #expect(try await !copy.isLoggedIn(), "the cookie from before")
            #expect(try await !elsewhere.isLoggedIn())
            #expect(try await somebodyElse.isLoggedIn())
            #expect(try await server.get("/api/users/me", headers: user.headers).status == 401)
            var late = PageClient(server)
            #expect(try await late.logIn(user).status == 401, "the old password")
            #expect(try await late.logIn(user, password: password).status == 303)
        }
    }

    @Test func aNewEmailEndsEverySessionButThisOne() async throws {
        try await withServer { server in
            let user = try await server.makeUser("ann")
            var client = try await PageClient(server, as: user)
            var copy = client
            var elsewhere = try await PageClient(server, as: user)
            func save(email: String, _ client: inout PageClient) async throws -> TestServer.Reply {
                try await client.post(
                    "/account",
                    ["username": "ann", "email": email, "current_password": TestUser.password])
            }
            let same = try await save(email: user.email, &client)
            #expect(same.status == 303 && same.header("Set-Cookie") == nil)
            #expect(try await copy.isLoggedIn())
            #expect(try await save(email: "ann@example.org", &client).status == 303)
            #expect(try await client.isLoggedIn())
            #expect(try await !copy.isLoggedIn(), "the cookie from before")
            #expect(try await !elsewhere.isLoggedIn())
            #expect(try await server.get("/api/users/me", headers: user.headers).status == 401)
        }
    }

    @Test func anAccountThatIsGoneHasNoSessions() async throws {
        try await withServer { server in
            let user = try await server.makeUser("ann")
            let post = try await server.makePost(by: user)
            var client = try await PageClient(server, as: user)
            var elsewhere = try await PageClient(server, as: user)
            let reply = try await client.post(
                "/account/delete", ["current_password": TestUser.password])
            #expect(reply.status == 303 && reply.location == "/")
            #expect(client.cookie == nil)
            #expect(try await !elsewhere.isLoggedIn())
            #expect(try await server.get("/api/posts/\(post)").status == 404)
            #expect(try await elsewhere.logIn(user).status == 401)
        }
    }

    @Test func aSessionExpires() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let time = Mutex(Timestamp(microseconds: 1_000_000_000_000))
        var configuration = SQLiteStore.Configuration()
        configuration.now = { time.withLock(\.self) }
        let store = try SQLiteStore(path: folder.path("feed.sqlite"), configuration: configuration)
        let sessions = Sessions(
            store: store, lifetime: 60, isSecure: false, now: { time.withLock(\.self) })
        let account = try await store.createUser(
            username: "ann", email: "ann@example.com", passwordHash: "hash")
        let head = Self.request(
            cookie: try Cookie(try #require(try await sessions.begin(for: account))).pair)
        #expect(try await sessions.user(head) == account.user)
        time.withLock { $0.microseconds += 59_999_999 }
        #expect(try await sessions.user(head) == account.user)
        time.withLock { $0.microseconds += 1 }
        #expect(try await sessions.user(head) == nil)
        try await store.close()
    }

    /// Whoever logs in while the password is being changed has checked the old one.
    @Test func aLogInWithAnotherPasswordBeginsNothing() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let store = try SQLiteStore(path: folder.path("feed.sqlite"))
        let sessions = Sessions(store: store, lifetime: 86_400, isSecure: false, now: { .now })
        let account = try await store.createUser(
            username: "ann", email: "ann@example.com", passwordHash: "hash")
        let id = account.user.author.id
        let changed = try #require(
            try await store.updateAccount(id: id, changes: AccountChanges(passwordHash: "other")))
        #expect(try await sessions.begin(for: account) == nil)
        #expect(try await sessions.begin(for: changed) != nil)
        _ = try await store.deleteUser(id: id, credentialVersion: nil)
        #expect(try await sessions.begin(for: changed) == nil)
        let nobody = try await store.createUser(
            username: "bob", email: "bob@example.com", passwordHash: nil)
        #expect(try await sessions.begin(for: nobody) == nil)
        try await store.close()
    }

    /// Of a session's use one in an hour is kept: reading a page is no write.
    @Test func theLastUseIsKeptOnceInAnHour() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let time = Mutex(Timestamp(microseconds: 1_000_000_000_000))
        let metrics = PrometheusRegistry()
        var configuration = SQLiteStore.Configuration()
        configuration.now = { time.withLock(\.self) }
        configuration.metrics = metrics
        let store = try SQLiteStore(path: folder.path("feed.sqlite"), configuration: configuration)
        let sessions = Sessions(
            store: store, lifetime: 1_000_000, isSecure: false, now: { time.withLock(\.self) })
        let account = try await store.createUser(
            username: "ann", email: "ann@example.com", passwordHash: "hash")
        let head = Self.request(
            cookie: try Cookie(try #require(try await sessions.begin(for: account))).pair)
        func writes() -> String? {
            var text = ""
            metrics.render(into: &text)
            return text.split(separator: "\n").first { $0.hasPrefix("feed_store_writes_total") }
                .map(String.init)
        }
        func lastUse() async throws -> Int64? {
            try await sessions.all(head).sessions.first.map { $0.lastUsedAt.microseconds }
        }
        let (start, before) = (try await lastUse(), writes())
        try #require(before != nil)
        time.withLock { $0.microseconds += SessionUses.interval - 1 }
        for _ in 0..<10 { #expect(try await sessions.user(head) == account.user) }
        #expect(try await lastUse() == start)
        #expect(writes() == before)
        time.withLock { $0.microseconds += 1 }
        for _ in 0..<10 { #expect(try await sessions.user(head) == account.user) }
        #expect(try await lastUse() == time.withLock(\.self).microseconds)
        let after = writes()
        #expect(after != before)
        time.withLock { $0.microseconds += SessionUses.interval - 1 }
        #expect(try await sessions.user(head) == account.user)
        #expect(writes() == after)
        try await store.close()
    }

    /// While the store can't write, pages are read as before, and do not try each time.
    @Test func aUseThatCanNotBeKeptFailsNothing() async {
        struct Failure: Error {}
        let uses = SessionUses()
        let session = UserSession(
            id: [1], createdAt: Timestamp(microseconds: 0), lastUsedAt: Timestamp(microseconds: 0),
            expiresAt: Timestamp(microseconds: 0), origin: SessionOrigin())
        var attempts: [Int64] = []
        let start = SessionUses.interval
        for time in [start, start, start + SessionUses.pause - 1, start + SessionUses.pause, start - 1] {
            await uses.note(session, now: Timestamp(microseconds: time)) {
                attempts.append(time)
                throw Failure()
            }
        }
        #expect(attempts == [start, start + SessionUses.pause])
    }

    @Test func whileAUseIsKeptNoOtherIs() async {
        let uses = SessionUses()
        func session(_ id: UInt8) -> UserSession {
            UserSession(
                id: [id], createdAt: Timestamp(microseconds: 0), lastUsedAt: Timestamp(microseconds: 0),
                expiresAt: Timestamp(microseconds: 0), origin: SessionOrigin())
        }
        let now = Timestamp(microseconds: SessionUses.interval)
        var written: [String] = []
        await uses.note(session(1), now: now) {
            written.append("first")
            await uses.note(session(1), now: now) { written.append("the same") }
            await uses.note(session(2), now: now) { written.append("another") }
        }
        await uses.note(session(1), now: now) { written.append("later") }
        #expect(written == ["first", "another", "later"])
    }

    @Test func theAccountsPageListsSessionsAndEndsThem() async throws {
        try await withServer { server in
            let user = try await server.makeUser("ann")
            let other = try await server.makeUser("bob")
            var client = try await PageClient(server, as: user)
            var elsewhere = try await PageClient(server, as: user)
            var somebodyElse = try await PageClient(server, as: other)
            func ids(_ client: inout PageClient) async throws -> [String] {
                try await client.get("/account").page.matches(of: /name="session" value="([^"]*)"/)
                    .map { String($0.1) }
            }
            let page = try await client.get("/account").page
            #expect(page.contains("This browser") && page.contains("From 127.0.0.1, since"))
            let listed = try await ids(&client)
            #expect(listed.count == 1)
            // Not by somebody else.
            _ = try await somebodyElse.post("/account/sessions/end", ["session": listed[0]])
            #expect(try await elsewhere.isLoggedIn())
            for id in [listed[0], listed[0], "nonsense"] {
                let reply = try await client.post("/account/sessions/end", ["session": id])
                #expect(reply.status == 303 && reply.location?.hasPrefix("/account?saved=sessions") == true)
            }
            #expect(try await !elsewhere.isLoggedIn())
            #expect(try await client.isLoggedIn())
            #expect(try await ids(&client).isEmpty)
            #expect(try await server.get("/api/users/me", headers: user.headers).status == 200)
        }
    }

    @Test func loggingOutEverywhereElseLeavesThisBrowserAlone() async throws {
        try await withServer { server in
            let user = try await server.makeUser("ann")
            let other = try await server.makeUser("bob")
            var client = try await PageClient(server, as: user)
            var copy = client
            var elsewhere = try await PageClient(server, as: user)
            var somebodyElse = try await PageClient(server, as: other)
            let reply = try await client.post("/account/sessions/end-others")
            #expect(reply.status == 303 && reply.header("Set-Cookie") != nil)
            #expect(try await client.isLoggedIn())
            #expect(try await !copy.isLoggedIn(), "a copy of the cookie")
            #expect(try await !elsewhere.isLoggedIn())
            #expect(try await server.get("/api/users/me", headers: user.headers).status == 401)
            #expect(try await somebodyElse.isLoggedIn())
        }
    }

    @Test func whatABrowserCallsItselfIsCutAndCleaned() {
        #expect(SessionOrigin.cleaned("") == nil)
        #expect(SessionOrigin.cleaned("A browser/1.0 (x; y)") == "A browser/1.0 (x; y)")
        #expect(SessionOrigin.cleaned("a\u{1B}[31m\r\n\u{7F}b") == "a?[31m???b")
        #expect(SessionOrigin.cleaned("e\u{301}\u{202E}") == "e?????")
        let long = String(repeating: "x\u{301}", count: 60_000)
        #expect(SessionOrigin.cleaned(long)?.utf8.count == SessionOrigin.maximumUserAgentLength)
    }

    /// Whoever reads the database can't log in with what stands there.
    @Test func theKeyItselfIsNotStored() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.path("feed.sqlite"))
        let sessions = Sessions(store: store, lifetime: 86_400, isSecure: false, now: { .now })
        let account = try await store.createUser(
            username: "ann", email: "ann@example.com", passwordHash: "hash")
        let key = try Cookie(try #require(try await sessions.begin(for: account))).value
        try await store.close()
        let digits = Array(key)
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        try #require(bytes.count == 32)
        let file = try Data(contentsOf: URL(fileURLWithPath: store.path))
        #expect(file.range(of: Data("ann@example.com".utf8)) != nil, "the file is looked at as it is")
        #expect(file.range(of: Data(bytes)) == nil)
        #expect(file.range(of: Data(key.utf8)) == nil)
    }

    @Test func theKeyIsFoundAmongOtherCookies() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let store = try SQLiteStore(path: folder.path("feed.sqlite"))
        let sessions = Sessions(store: store, lifetime: 86_400, isSecure: false, now: { .now })
        let account = try await store.createUser(
            username: "ann", email: "ann@example.com", passwordHash: "hash")
        let pair = try Cookie(try #require(try await sessions.begin(for: account))).pair
        for good in [
            pair, "theme=dark; \(pair)", "\(pair); theme=dark", "session=; \(pair)", "session=x;\(pair)",
        ] {
            #expect(try await sessions.user(Self.request(cookie: good)) == account.user, "\(good)")
        }
        for bad in [
            "", "session", "session=", "x\(pair)", "\(pair)0", "\(pair.dropLast())", "theme=\(pair)",
            pair.replacing("session", with: "Session"), pair.replacing("session", with: "__Host-session"),
            "session=\(String(repeating: "0", count: 64))", pair.replacing("=", with: " = "),
        ] {
            #expect(try await sessions.user(Self.request(cookie: bad)) == nil, "\(bad)")
        }
        // Browsers of HTTP/2 send each in a field of its own, and proxies may leave them so.
        var head = Self.request(cookie: "theme=dark")
        head.headerFields.append(HTTPField(name: .cookie, value: pair))
        #expect(try await sessions.user(head) == account.user)
        try await store.close()
    }

    // MARK: What a session is good for

    @Test func theAPIIgnoresTheCookie() async throws {
        try await withServer { server in
            let user = try await server.makeUser("ann")
            let post = try await server.makePost(by: user, status: "draft")
            var client = try await PageClient(server, as: user)
            #expect(try await client.isLoggedIn())
            #expect(try await client.get("/api/users/me").status == 401)
            #expect(try await client.get("/api/posts/\(post)").status == 404)
            #expect(try await client.get("/api/users/\(user.id)/posts?status=draft").status == 403)
            let cookie: HTTPHeaders = ["Cookie": client.cookie ?? ""]
            #expect(try await server.send(.DELETE, "/api/users/\(user.id)", headers: cookie).status == 401)
            #expect(try await server.send(.DELETE, "/api/posts/\(post)", headers: cookie).status == 401)
            // Nor does a session hold up a token.
            #expect(
                try await client.get("/api/users/me", headers: user.headers).json["username"] as? String
                    == "ann")
        }
    }

    @Test func pagesAreKeptApartByWhoLooks() async throws {
        try await withServer { server in
            let user = try await server.makeUser("ann")
            let post = try await server.makePost(by: user)
            var viewer = try await PageClient(server, as: user)
            var stranger = PageClient(server)
            for path in [
                "/", "/posts", "/posts/\(post)", "/users/\(user.id)/posts", "/docs", "/problems/validation",
            ] {
                let (own, others) = (try await viewer.get(path), try await stranger.get(path))
                #expect(own.status == 200 && others.status == 200, "\(path)")
                #expect(own.header("Vary") == "Cookie" && others.header("Vary") == "Cookie", "\(path)")
                #expect(own.header("Cache-Control") == "private, no-cache", "\(path)")
                #expect(others.header("Cache-Control") == "no-cache", "\(path)")
                // What a cache holds of the one is never good for the other.
                let tag = try #require(others.header("ETag"))
                #expect(try await stranger.get(path, headers: ["If-None-Match": tag]).status == 304)
                #expect(try await viewer.get(path, headers: ["If-None-Match": tag]).status == 200)
            }
            for path in [
                "/account", "/account/drafts", "/posts/new", "/posts/\(post)/edit", "/login", "/register",
            ] {
                for reply in [try await viewer.get(path), try await stranger.get(path)] {
                    #expect(reply.header("Vary") == "Cookie", "\(path)")
                    #expect(reply.header("Cache-Control") == "no-store", "\(path)")
                }
            }
        }
    }

    // MARK: The way to the log-in and back

    @Test func strangersLogInAndComeBack() async throws {
        try await withServer { server in
            let user = try await server.makeUser("ann")
            let post = try await server.makePost(by: user)
            for path in [
                "/account", "/account/drafts?order=oldest&page_size=7", "/posts/new", "/posts/\(post)/edit",
            ] {
                var client = PageClient(server)
                let sent = try await client.get(path)
                #expect(sent.status == 303, "\(path)")
                let location = try #require(sent.location)
                #expect(location.hasPrefix("/login?next="), "\(location)")
                let form = try await client.get(location)
                #expect(form.status == 200, "\(location)")
                let escaped = path.replacing("&", with: "&amp;")
                #expect(
                    form.page.contains(#"<input type="hidden" name="next" value="\#(escaped)">"#), "\(path)")
                // A mistake does not lose the way.
                let mistake = try await client.logIn(user, password: "wrong", next: path)
                #expect(mistake.status == 401)
                #expect(mistake.page.contains(#"name="next" value="\#(escaped)""#), "\(path)")
                let back = try await client.logIn(user, next: path)
                #expect(back.status == 303 && back.location == path)
                #expect(try await client.get(path).status == 200, "\(path)")
            }
        }
    }

    @Test func aStrangersFormChangesNothing() async throws {
        try await withServer { server in
            let user = try await server.makeUser("ann")
            let post = try await server.makePost(by: user)
            var client = PageClient(server)
            for path in [
                "/account", "/account/password", "/account/picture/delete", "/account/sessions/end",
                "/account/sessions/end-others", "/account/delete", "/posts/new", "/posts/\(post)/edit",
                "/posts/\(post)/delete",
            ] {
                let reply = try await client.post(
                    path,
                    [
                        "username": "x", "email": "x@example.com", "title": "x", "content": "x",
                        "current_password": TestUser.password, "password": TestUser.password,
                    ])
                #expect(reply.status == 303 && reply.location == "/login", "\(path)")
                #expect(reply.header("Set-Cookie") == nil, "\(path)")
            }
            let upload = try await client.post("/account/picture", file: [1, 2, 3])
            #expect(upload.status == 303 && upload.location == "/login")
            #expect(try await server.get("/api/posts").json["total"] as? Int == 1)
            #expect(try await server.get("/api/posts/\(post)").json["title"] as? String == "A title")
            let me = try await server.get("/api/users/me", headers: user.headers)
            #expect(me.status == 200 && me.json["username"] as? String == "ann")
        }
    }

    @Test func nobodyIsSentToAnotherSite() async throws {
        let paths = [
            "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example", "\\\\evil.example",
            "https://evil.example/", "HTTPS:evil.example", "javascript:alert(1)", "evil.example", "@evil",
            "", " /account", "/\t/evil.example", "/\n/evil.example", "/account\r\nSet-Cookie: session=x",
            "\u{A0}/account", "/ü", "/\u{7F}", "/a b", ".//evil.example", "?next", "#",
        ]
        try await withServer { server in
            let user = try await server.makeUser("ann")
            for path in paths {
                var client = PageClient(server)
                let escaped = try #require(
                    path.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                let form = try await client.get("/login?next=\(escaped)")
                #expect(form.status == 200 && !form.page.contains("name=\"next\""), "\(path)")
                let reply = try await client.logIn(user, next: path)
                #expect(reply.status == 303 && reply.location == "/", "\(path)")
            }
            for path in ["/", "/account", "/posts/1?x=//evil.example", "/a:b@c"] {
                var client = PageClient(server)
                #expect(try await client.logIn(user, next: path).location == path)
            }
        }
    }

    // MARK: Given

    private static func request(cookie: String) -> HTTPRequest {
        var head = HTTPRequest(method: .get, scheme: "http", authority: "feed.example", path: "/")
        head.headerFields[.cookie] = cookie
        return head
    }

    /// A `Set-Cookie` field (RFC 6265, section 4.1).
    private struct Cookie {
        var name: String
        var value: String
        var attributes: Set<String>

        var pair: String { "\(name)=\(value)" }

        init(_ field: String) throws {
            var parts = field.components(separatedBy: "; ")
            let pair = parts.removeFirst().components(separatedBy: "=")
            try #require(pair.count == 2)
            (name, value) = (pair[0], pair[1])
            attributes = Set(parts)
            try #require(attributes.count == parts.count)
        }
    }
}
