import Foundation
import TestSupport
import Testing

@testable import FeedServer

/// Where operators ask.
@Suite struct OperationsAddressTests {
    @Test(arguments: [
        ("127.0.0.1:9090", "127.0.0.1", 9_090), ("[::1]:0", "::1", 0),
        ("localhost:65535", "localhost", 65_535),
        ("0.0.0.0:80", "0.0.0.0", 80),
    ])
    func anAddressHasAHostAndAPort(text: String, host: String, port: Int) throws {
        let address = try #require(ListenAddress(text))
        #expect(address == ListenAddress(host: host, port: port))
        #expect("\(address)" == text)
    }

    @Test(arguments: [
        "9090", ":9090", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
        "::1:80",
        "[]:80", "[::1]", "::1", "127.0.0.1:+1", "a:1:2", " ",
    ])
    func whatIsNoAddressIsAnError(text: String) async {
        #expect(ListenAddress(text) == nil)
        let error = await #expect(throws: ConfigurationError.self) {
            try await ServerConfiguration(
                arguments: [.operationsAddress: text], environment: [:], environmentFile: "/nonexistent/.env")
        }
        #expect(error?.description.contains("--operations-address (FEED_OPERATIONS_ADDRESS)") == true)
    }

    @Test func operatorsAskThereAndNowhereElse() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: folder)
        let settings: [ConfigurationKey: String] = [
            .operationsAddress: "127.0.0.1:0", .hosts: "feed.example",
        ]
        try await TestServer.run(settings: settings, database: database) { server in
            let port = try #require(server.operationsPort)
            #expect(port != server.port)
            let main = [
                ("/healthz", 200), ("/readyz", 404), ("/metrics", 404), ("/api/posts/feed", 200),
                ("/posts", 200),
            ]
            try await RawConnection.open(port: server.port) { session in
                for (target, status) in main {
                    try await session.send("GET \(target) HTTP/1.1\r\nHost: feed.example\r\n\r\n".utf8)
                    let reply = try #require(try await session.reply())
                    #expect(reply.status == status, "\(target)")
                    if status == 404 { #expect(reply.json["code"] as? String == "not-found", "\(target)") }
                }
            }
            // The list of hosts means nothing there: probes ask by address.
            let operations = [
                ("/healthz", 200), ("/readyz", 200), ("/metrics", 200), ("/metrics?x=1", 422),
                ("/api/posts/feed", 404), ("/api/posts", 404), ("/api/posts/1", 404), ("/", 404),
                ("/posts", 404),
                ("/login", 404), ("/docs", 404), ("/openapi.json", 404), ("/readyz/", 404),
            ]
            try await RawConnection.open(port: port) { session in
                for (target, status) in operations {
                    let reply = try #require(try await session.get(target.utf8), "\(target)")
                    #expect(reply.status == status, "\(target)")
                    let isProblem = reply.headers["content-type"] == "application/problem+json"
                    #expect(isProblem == (status != 200), "\(target)")
                }
                let head = try #require(try await session.get("/readyz".utf8, method: "HEAD"))
                #expect(head.status == 200 && head.body.isEmpty)
                try await session.send("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n".utf8)
                #expect(try await session.reply()?.status == 405)
                // What is counted is counted at both.
                let metrics = try #require(try await session.get("/metrics".utf8)).body
                #expect(
                    metrics.contains(
                        #"http_requests_total{method="GET",route="/api/posts/feed",status="200"} 1"#))
            }
        }
    }

    /// Probes see the server drain for as long as it does.
    @Test func itGoesOnForAsLongAsTheServerDrains() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let settings: [ConfigurationKey: String] = [.operationsAddress: "127.0.0.1:0", .drainDelay: "3600"]
        try await TestServer.run(settings: settings, database: folder.path("feed.sqlite")) { server in
            defer { server.cancel() }
            let port = try #require(server.operationsPort)
            try await RawConnection.open(port: port) { session in
                let ready = try await session.get("/readyz".utf8)
                #expect(ready?.status == 200)
            }
            await server.stop()
            var status: Int?
            try await waitUntil("a server that is not ready any more", last: { "\(status ?? 0)" }) {
                try await RawConnection.open(port: port) { session in
                    status = try await session.get("/readyz".utf8)?.status
                }
                return status == 503
            }
            #expect(try await server.get("/healthz").status == 200)
        }
    }

    /// By itself, or the run fails.
    @Test func itEndsWithTheServer() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let settings: [ConfigurationKey: String] = [.operationsAddress: "127.0.0.1:0"]
        let port = try await TestServer.run(settings: settings, database: folder.path("feed.sqlite")) {
            server in
            await server.stop()
            return server.operationsPort
        }
        #expect(port != nil)
    }

    @Test func clientsOfTheServerKeepNoProbeOut() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let settings: [ConfigurationKey: String] = [
            .operationsAddress: "127.0.0.1:0", .maximumConnections: "1",
        ]
        try await TestServer.run(settings: settings, database: folder.path("feed.sqlite")) { server in
            let port = try #require(server.operationsPort)
            try await RawConnection.open(port: server.port) { client in
                #expect(try await client.get("/healthz".utf8)?.status == 200)
                try await RawConnection.open(port: port) { probe in
                    let ready = try await probe.get("/readyz".utf8)
                    #expect(ready?.status == 200)
                }
            }
        }
    }
}
