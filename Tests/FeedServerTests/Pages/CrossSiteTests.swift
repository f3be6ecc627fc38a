import FeedStore
import Foundation
import HTTPTypes
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// No other site sends this site's forms.
@Suite struct CrossSiteTests {
    /// Every page that takes a form, as the routes name it.
    private static let formPages = [
        "/register", "/login", "/logout", "/account", "/account/password", "/account/picture",
        "/account/picture/delete", "/account/sessions/end", "/account/sessions/end-others", "/account/delete",
        "/posts/new", "/posts/{id}/edit", "/posts/{id}/delete",
    ]

    /// What every form of those pages takes, so that each would be carried out.
    private static let fields: KeyValuePairs = [
        "username": "mallory", "email": "mallory@example.com", "password": "another horse battery",
        "current_password": TestUser.password, "title": "Taken over", "content": "Taken over",
    ]

    /// The routes are not to be asked what they have, so their source is read.
    @Test func noFormPageIsLeftOut() throws {
        // This file lies in Tests/FeedServerTests/Pages.
        let package = (1...4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
            url.deletingLastPathComponent()
        }
        let folder = package.appending(path: "Sources/FeedServer/Pages")
        var found: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let source = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            for match in source.matches(of: /addPage\(\s*"([^"]+)",\s*\[([^\]]*)\]/)
            where match.2.contains(".post") {
                found.insert(String(match.1))
            }
        }
        #expect(found == Set(Self.formPages))
    }

    @Test func whatAnotherSiteSendsIsRefused() async throws {
        try await withPost { server, user, post in
            var client = try await PageClient(server, as: user)
            let own = server.baseURL
            let senders: [HTTPHeaders] = [
                ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"], ["Sec-Fetch-Site": "x"],
                ["Sec-Fetch-Site": "cross-site", "Origin": own], ["Origin": "https://evil.example"],
                ["Origin": "null"], ["Origin": "http://127.0.0.1:1"], ["Origin": own + ".evil.example"],
            ]
            for headers in senders {
                for page in Self.formPages {
                    let reply = try await client.post(
                        page.replacing("{id}", with: "\(post)"), Self.fields, headers: headers)
                    #expect(reply.status == 403 && reply.code == "forbidden", "\(page) \(headers)")
                    #expect(reply.header("Set-Cookie") == nil, "\(page) \(headers)")
                }
            }
            #expect(try await client.isLoggedIn())
            let me = try await server.get("/api/users/me", headers: user.headers)
            #expect(me.status == 200 && me.json["username"] as? String == "ann")
            #expect(try await server.get("/api/posts/\(post)").json["title"] as? String == "A title")
            #expect(try await server.get("/api/users").json["total"] as? Int == 1)
            #expect(try await server.get("/api/posts").json["total"] as? Int == 1)
        }
    }

    @Test func whatComesFromHereIsTaken() async throws {
        try await withPost { server, _, post in
            var stranger = PageClient(server)
            let senders: [HTTPHeaders] = [
                ["Sec-Fetch-Site": "same-origin"], ["Sec-Fetch-Site": "none"], ["Origin": server.baseURL],
                // No browser.
                [:],
            ]
            for headers in senders {
                for page in Self.formPages {
                    let reply = try await stranger.post(
                        page.replacing("{id}", with: "\(post)"), headers: headers)
                    // Without a session and without a field, it is to log in or to fill in.
                    #expect([303, 422].contains(reply.status), "\(page) \(headers): \(reply.status)")
                }
            }
        }
    }

    @Test func aPersonIsToldInHTML() async throws {
        try await withPost { server, _, _ in
            var client = PageClient(server)
            let reply = try await client.post(
                "/login", headers: ["Sec-Fetch-Site": "cross-site", "Accept": "text/html"])
            #expect(reply.status == 403)
            #expect(reply.header("Content-Type") == "text/html; charset=utf-8")
            #expect(reply.page.contains("Another site has sent this form."))
        }
    }

    @Test(
        arguments: [
            (nil, nil, true), ("same-origin", nil, true), ("none", nil, true),
            ("same-origin", "https://evil.example", true), ("cross-site", nil, false),
            ("same-site", nil, false), ("", nil, false), ("Same-Origin", nil, false),
            ("cross-site", "https://feed.example", false), (nil, "https://feed.example", true),
            (nil, "http://feed.example", true), (nil, "https://FEED.example", true),
            (nil, "https://feed.example:8443", false), (nil, "https://evil.example", false),
            (nil, "https://feed.example.evil.example", false), (nil, "https://evilfeed.example", false),
            (nil, "null", false), (nil, "", false), (nil, "feed.example", false),
        ] as [(String?, String?, Bool)])
    func browsersSayWhereAFormComesFrom(site: String?, origin: String?, isTaken: Bool) {
        var head = HTTPRequest(
            method: .post, scheme: "http", authority: "feed.example", path: "/login")
        head.headerFields[.secFetchSite] = site
        head.headerFields[.origin] = origin
        #expect(Self.isTaken(head) == isTaken)
    }

    @Test func twoOriginsAreNone() {
        var head = HTTPRequest(
            method: .post, scheme: "http", authority: "feed.example", path: "/login")
        for origin in ["https://feed.example", "https://evil.example"] {
            head.headerFields.append(HTTPField(name: .origin, value: origin))
        }
        #expect(!Self.isTaken(head))
        head = HTTPRequest(method: .post, scheme: "http", authority: nil, path: "/login")
        head.headerFields[.origin] = "https://feed.example"
        #expect(!Self.isTaken(head), "nobody knows which site this is")
    }

    // MARK: Given

    private static func isTaken(_ head: HTTPRequest) -> Bool {
        do {
            try CrossSiteGuard.check(head)
            return true
        } catch {
            #expect(error.code == .forbidden)
            return false
        }
    }

    private func withPost(
        _ body: (TestServer, TestUser, Int64) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        try await TestServer.run(database: folder.path("feed.sqlite")) { server in
            let user = try await server.makeUser("ann")
            try await body(server, user, try await server.makePost(by: user))
        }
    }
}
