import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// What each answer lets browsers do, whichever way it takes.
@Suite struct AnswerPolicyTests {
    private static let closed = "default-src 'none'; frame-ancestors 'none'"

    private func withServer(_ body: (TestServer) async throws -> Void) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: SampleDatabase.tiedDates, hasDrafts: true, in: folder)
        try await TestServer.run(database: database, body)
    }

    @Test func whatIsNoPageLoadsNothingAndIsForItsOriginAlone() async throws {
        try await withServer { server in
            let answers: [(HTTPMethod, path: String, HTTPHeaders, status: Int)] = [
                // On the event loop, and behind the framework.
                (.GET, "/api/posts/feed", [:], 200), (.GET, "/api/posts/feed?cursor=x", [:], 400),
                (.HEAD, "/api/posts/feed", [:], 200), (.GET, "/api/posts", [:], 200),
                (.GET, "/api/posts/pages", [:], 200), (.GET, "/api/posts/1", [:], 200),
                (.GET, "/api/posts/4", [:], 404), (.GET, "/api/posts?limit=0", [:], 422),
                (.GET, "/api/users/me", [:], 401), (.DELETE, "/api/posts", [:], 405),
                (.GET, "/api/posts", ["Accept": "text/html"], 406), (.POST, "/api/users", [:], 415),
                (.GET, "/nothing", [:], 404), (.GET, "/posts/99", [:], 404),
                (.GET, "/media/nothing.jpg", [:], 404), (.GET, "/openapi.json", [:], 200),
                (.GET, "/static/feed.js", [:], 200), (.GET, "/healthz", [:], 200),
                (.GET, "/readyz", [:], 200), (.GET, "/metrics", [:], 200),
            ]
            for (method, path, headers, status) in answers {
                let reply = try await server.send(method, path, headers: headers)
                #expect(reply.status == status, "\(method) \(path)")
                #expect(reply.headers["Content-Security-Policy"] == [Self.closed], "\(method) \(path)")
                #expect(reply.headers["Cross-Origin-Resource-Policy"] == ["same-origin"], "\(path)")
                #expect(reply.headers["X-Content-Type-Options"] == ["nosniff"], "\(path)")
            }
            let tag = try #require(try await server.get("/api/posts/feed").header("ETag"))
            let same = try await server.get("/api/posts/feed", headers: ["If-None-Match": tag])
            #expect(same.status == 304 && same.header("Content-Security-Policy") == Self.closed)
            try await RawConnection.open(port: server.port) { session in
                try await session.send("nonsense\r\n\r\n".utf8)
                let reply = try #require(try await session.reply())
                #expect(reply.headers["content-security-policy"] == Self.closed)
                #expect(reply.headers["cross-origin-resource-policy"] == "same-origin")
            }
        }
    }

    @Test func pagesAreForTheirOriginAloneAndHaveNoPowers() async throws {
        try await withServer { server in
            let html: HTTPHeaders = ["Accept": "text/html"]
            for (path, status) in [
                ("/", 200), ("/posts/1", 200), ("/login", 200), ("/docs", 200), ("/problems/not-found", 200),
                ("/posts/99", 404), ("/nothing", 404),
            ] {
                let reply = try await server.get(path, headers: html)
                #expect(reply.status == status, "\(path)")
                #expect(reply.headers["Cross-Origin-Opener-Policy"] == ["same-origin"], "\(path)")
                #expect(reply.headers["Cross-Origin-Resource-Policy"] == ["same-origin"], "\(path)")
                let policy = reply.headers["Content-Security-Policy"]
                #expect(policy == [PagePolicy.contentSecurityPolicy], "\(path)")
                #expect(reply.header("Permissions-Policy")?.contains("camera=()") == true, "\(path)")
            }
            try await RawConnection.open(port: server.port) { session in
                let reply = try #require(try await session.get("/posts/new".utf8))
                #expect(reply.status == 303)
                #expect(reply.headers["cross-origin-opener-policy"] == "same-origin")
            }
        }
    }

    @Test func picturesMayBeShownByEveryOrigin() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("sitter")
            let upload = try await server.send(
                .PATCH, "/api/users/\(user.id)/picture", file: TestPicture.png(.red), headers: user.headers)
            let path = try #require(upload.text("image_path"))
            let standard = try await server.makeUser("shy")
            let other = try #require(try await server.get("/api/users/\(standard.id)").text("image_path"))
            for path in [path, other] {
                let reply = try await server.get(path)
                #expect(reply.status == 200, "\(path)")
                #expect(reply.headers["Cross-Origin-Resource-Policy"] == ["cross-origin"], "\(path)")
                let tag = try #require(reply.header("ETag"))
                let same = try await server.get(path, headers: ["If-None-Match": tag])
                #expect(
                    same.status == 304 && same.headers["Cross-Origin-Resource-Policy"] == ["cross-origin"])
            }
        }
    }
}
