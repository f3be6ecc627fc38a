import FeedStore
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// Every failure, whichever way it takes, has the one shape of RFC 9457.
@Suite struct ProblemTests {
    private func withServer(
        store: (any Store)? = nil, settings: [ConfigurationKey: String] = [:],
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: SampleDatabase.tiedDates, hasDrafts: true, in: folder)
        try await TestServer.run(settings: settings, database: database, store: store, body)
    }

    private struct Failure {
        var method = HTTPMethod.GET
        var path: String
        var headers: HTTPHeaders = [:]
        var status: Int
        var code: String
        /// What the detail or the list of errors has to name.
        var names = ""
    }

    private static let failures = [
        Failure(path: "/api/posts?limit=200", status: 422, code: "validation", names: "1 to 100"),
        Failure(path: "/api/posts?limit=0", status: 422, code: "validation", names: "limit"),
        Failure(path: "/api/posts?skip=10001", status: 422, code: "validation", names: "/api/posts/feed"),
        Failure(
            path: "/api/users/1/posts?skip=10001", status: 422, code: "validation",
            names: "/api/users/1/posts/feed"),
        Failure(
            path: "/api/posts/pages?page=1002", status: 422, code: "validation", names: "/api/posts/feed"),
        Failure(path: "/api/posts/feed?page_size=51", status: 422, code: "validation", names: "1 to 50"),
        Failure(path: "/api/posts/feed?page=2", status: 422, code: "validation", names: "is unknown"),
        Failure(path: "/api/users?order=newest", status: 422, code: "validation", names: "order"),
        Failure(path: "/api/posts?status=draft", status: 422, code: "validation", names: "status"),
        Failure(path: "/api/posts/1?x=1", status: 422, code: "validation", names: "takes none"),
        Failure(path: "/api/users/1/posts?status=draft", status: 403, code: "forbidden"),
        Failure(path: "/api/users/1/posts/feed?status=draft", status: 403, code: "forbidden"),
        Failure(path: "/api/posts/feed?cursor=x", status: 400, code: "cursor-invalid"),
        Failure(path: "/api/posts/feed?cursor=%FF", status: 400, code: "malformed-request", names: "%25"),
        Failure(path: "/api/users/99/posts", status: 404, code: "not-found", names: "99"),
        Failure(path: "/api/users/99/posts/pages", status: 404, code: "not-found", names: "99"),
        Failure(path: "/api/users/99/posts/feed", status: 404, code: "not-found", names: "99"),
        Failure(path: "/api/users/99", status: 404, code: "not-found", names: "99"),
        Failure(path: "/api/posts/99", status: 404, code: "not-found", names: "99"),
        // A draft is not told apart from nothing.
        Failure(path: "/api/posts/4", status: 404, code: "not-found", names: "4"),
        Failure(path: "/nothing", status: 404, code: "not-found"),
        Failure(path: "/static/nothing.css", status: 404, code: "not-found"),
        Failure(path: "/problems/nothing", status: 404, code: "not-found"),
        Failure(method: .PUT, path: "/api/posts", status: 405, code: "method-not-allowed", names: "POST"),
        Failure(
            method: .POST, path: "/api/posts", status: 401, code: "unauthorized", names: "/api/users/token"),
        Failure(
            path: "/api/users/me", headers: ["Authorization": "Bearer x"], status: 401, code: "unauthorized"),
        Failure(
            path: "/api/users/me", headers: ["Authorization": "Basic eA=="], status: 401, code: "unauthorized"
        ),
        Failure(
            method: .POST, path: "/api/users", status: 415, code: "unsupported-media-type", names: "json"),
        Failure(
            method: .POST, path: "/api/users", headers: ["Content-Type": "application/json"], status: 400,
            code: "malformed-request"),
        Failure(method: .POST, path: "/api/users/token", status: 415, code: "unsupported-media-type"),
        Failure(path: "/media/nothing.jpg", status: 404, code: "not-found"),
        Failure(
            method: .POST, path: "/login", headers: ["Sec-Fetch-Site": "cross-site"], status: 403,
            code: "forbidden"),
        Failure(method: .DELETE, path: "/api/posts/feed", status: 405, code: "method-not-allowed"),
        Failure(method: .POST, path: "/api/posts/1", status: 405, code: "method-not-allowed"),
        Failure(method: .POST, path: "/", status: 405, code: "method-not-allowed"),
        Failure(path: "/api/posts", headers: ["Accept": "text/csv"], status: 406, code: "not-acceptable"),
        Failure(
            path: "/api/posts/feed", headers: ["Accept": "text/html"], status: 406, code: "not-acceptable"),
        Failure(
            path: "/api/posts/1", headers: ["Accept": "application/json;q=0"], status: 406,
            code: "not-acceptable"),
    ]

    @Test func everyFailureHasOneShape() async throws {
        try await withServer { server in
            for failure in Self.failures {
                let reply = try await server.send(failure.method, failure.path, headers: failure.headers)
                expect(reply, failure.status, failure.code, "\(failure.method) \(failure.path)")
                let text = String(decoding: reply.body, as: UTF8.self)
                #expect(failure.names.isEmpty || text.contains(failure.names), "\(failure.path): \(text)")
                let allow = reply.header("Allow") ?? ""
                #expect(allow.hasPrefix("GET, HEAD") == (failure.code == "method-not-allowed"))
                let challenge = reply.header("WWW-Authenticate") ?? ""
                #expect(challenge.hasPrefix("Bearer") == (failure.code == "unauthorized"))
            }
        }
    }

    @Test func whatIsNotHTTPIsAnsweredOnceAndClosed() async throws {
        try await withServer { server in
            for bytes in [
                "nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n",
            ] {
                try await RawConnection.open(port: server.port) { session in
                    try await session.send(bytes.utf8)
                    let reply = try #require(try await session.reply(), "\(bytes)")
                    #expect(reply.status == 400 && reply.json["code"] as? String == "malformed-request")
                    #expect(reply.headers["content-type"] == "application/problem+json")
                    #expect(try await session.reply() == nil)
                }
            }
            try await RawConnection.open(port: server.port) { session in
                let long = String(repeating: "a", count: 100_000)
                try await session.send("GET / HTTP/1.1\r\nHost: a\r\nX: \(long)\r\n\r\n".utf8)
                let reply = try #require(try await session.reply())
                #expect(reply.status == 400 && reply.json["code"] as? String == "malformed-request")
            }
        }
    }

    @Test func aStoreThatFailsIsAProblemThatTellsNothingInternal() async throws {
        let secret = "SELECT secret FROM /var/lib/feed.sqlite"
        for (error, status, code): (any Error, Int, String) in [
            (StoreError(.internal, secret), 500, "internal"),
            (StoreError(.timeout, secret), 503, "unavailable"),
            (StoreError(.unavailable, secret), 503, "unavailable"),
            (StoreError(.overloaded, secret), 503, "unavailable"),
            (StoreError(.expired, secret), 410, "cursor-expired"),
            (CocoaError(.fileNoSuchFile), 500, "internal"),
        ] {
            try await withServer(store: FailingStore(error: error)) { server in
                for path in [
                    "/api/posts", "/api/posts/pages", "/api/posts/feed", "/api/users", "/api/posts/1",
                    "/api/users/1/posts/feed", "/",
                ] {
                    let reply = try await server.get(path)
                    expect(reply, status, code, path)
                    let text = String(decoding: reply.body, as: UTF8.self)
                    #expect(!text.contains("SELECT") && !text.contains("/var") && !text.contains("Error"))
                    #expect((reply.header("Retry-After") != nil) == (status == 503))
                }
            }
        }
    }

    @Test func apersonIsToldInHTML() async throws {
        try await withServer { server in
            let reply = try await server.get(
                "/posts/99", headers: ["Accept": "text/html,application/xhtml+xml,*/*;q=0.8"])
            #expect(reply.status == 404)
            #expect(reply.header("Content-Type") == "text/html; charset=utf-8")
            #expect(reply.header("Content-Security-Policy")?.contains("default-src 'none'") == true)
        }
    }

    @Test(arguments: Problem.Code.allCases)
    func everyCodeHasAPageThatExplainsIt(code: Problem.Code) async throws {
        try await withServer { server in
            let reply = try await server.get("/problems/\(code.rawValue)")
            #expect(reply.status == 200)
            #expect(String(decoding: reply.body, as: UTF8.self).contains(code.title))
        }
    }

    private func expect(_ reply: TestServer.Reply, _ status: Int, _ code: String, _ what: String) {
        #expect(reply.status == status, "\(what)")
        #expect(reply.header("Content-Type") == "application/problem+json", "\(what)")
        let json = reply.json
        #expect(json["type"] as? String == "/problems/\(code)", "\(what)")
        #expect(json["code"] as? String == code, "\(what)")
        #expect(json["status"] as? Int == status, "\(what)")
        #expect((json["title"] as? String)?.isEmpty == false, "\(what)")
        #expect((json["detail"] as? String)?.isEmpty == false, "\(what)")
        let errors = json["errors"] as? [[String: String]]
        #expect((errors != nil) == (code == "validation"), "\(what)")
        #expect(errors?.allSatisfy { Set($0.keys) == ["parameter", "detail"] } != false, "\(what)")
    }
}
