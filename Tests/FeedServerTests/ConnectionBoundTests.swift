import TestSupport
import Testing

@testable import FeedServer

/// One address that opens all the connections it can, and everybody else. The deadlines are an hour: whoever waits
/// for one of them is not answered while a test waits.
struct ConnectionBoundTests {
    private static let attacker = "127.0.0.2"
    private static let partOfABody = Array(
        "POST /api/users HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
            .utf8)

    private func run(
        _ settings: [ConfigurationKey: String], _ body: (TestServer) async throws -> Void
    ) async throws {
        try await TestServer.runEmpty(settings: settings) { server, _ in try await body(server) }
    }

    private func waitFor(_ line: String, of server: TestServer) async throws {
        try await waitUntil(line, last: { server.metrics }) { server.metrics.contains(line + "\n") }
    }

    /// As `GET /healthz` on a connection of its own.
    private func isAnswered(_ server: TestServer, from address: String = "127.0.0.1") async throws -> Bool {
        try await RawConnection.open(port: server.port, from: address) { session in
            try await session.get("/healthz".utf8)?.status == 200
        }
    }

    @Test(arguments: [[], partOfABody]) func silentConnectionsOfOneAddressKeepNobodyOut(_ bytes: [UInt8])
        async throws
    {
        try await run([.maximumConnections: "50"]) { server in
            try await RawConnection.withMany(50, port: server.port, from: Self.attacker, sending: bytes) {
                // Half of them is the address's own bound.
                try await waitFor("http_connections_evicted_total{reason=\"address\"} 25", of: server)
                #expect(try await isAnswered(server))
                #expect(try await isAnswered(server, from: Self.attacker))
            }
        }
    }

    @Test(arguments: [[], partOfABody]) func aFullServerTakesFromWhoHasTheMost(_ bytes: [UInt8]) async throws
    {
        try await run([.maximumConnections: "20", .maximumConnectionsPerAddress: "20"]) { server in
            try await RawConnection.open(port: server.port) { session in
                #expect(try await session.get("/healthz".utf8)?.status == 200)
                try await RawConnection.withMany(19, port: server.port, from: Self.attacker, sending: bytes) {
                    try await waitFor("http_connections_open 20", of: server)
                    #expect(try await isAnswered(server, from: "127.0.0.3"))
                    try await waitFor("http_connections_evicted_total{reason=\"server\"} 1", of: server)
                }
                // Idle for longer than those, and of an address that has one.
                #expect(try await session.get("/healthz".utf8)?.status == 200)
            }
        }
    }

    @Test func behindAProxyNoAddressHasABound() async throws {
        try await run([.maximumConnections: "10", .trustedProxies: "1"]) { server in
            try await RawConnection.withMany(10, port: server.port, from: Self.attacker) {
                try await waitFor("http_connections_open 10", of: server)
                #expect(try await isAnswered(server, from: Self.attacker))
            }
        }
    }

    /// A connection that the server is answering is not closed for another.
    @Test func whereAllAreBeingAnsweredTheNextIsRefused() async throws {
        let derivations = Derivations(isHeldUp: true)
        let hasher = PasswordHasher(threads: 1, derive: derivations.derive)
        let folder = try TemporaryFolder(isInMemory: true)
        try await TestServer.run(
            settings: [.maximumConnectionsPerAddress: "2"], database: folder.path("feed.sqlite"),
            passwords: hasher
        ) { server in
            defer { derivations.releaseAll() }
            let form = "username=somebody%40example.com&password=guess"
            let logIn = """
                POST /api/users/token HTTP/1.1\r
                Host: test\r
                Content-Type: application/x-www-form-urlencoded\r
                Content-Length: \(form.utf8.count)\r
                \r
                \(form)
                """
            try await RawConnection.withMany(
                2, port: server.port, from: Self.attacker, sending: Array(logIn.utf8)
            ) {
                try await derivations.begun(1)
                try await derivations.waiting(1, for: hasher)
                try await RawConnection.open(port: server.port, from: Self.attacker) { session in
                    let reply = try await session.reply()
                    #expect(reply == nil)
                }
                #expect(server.metrics.contains("http_connections_refused_total{reason=\"address\"} 1\n"))
                #expect(try await isAnswered(server))
            }
        }
    }

    @Test func theBoundOfAnAddressIsHalfUnlessItIsSet() async throws {
        let bounds: [([ConfigurationKey: String], Int?)] = [
            ([:], 2_048), ([.maximumConnections: "1"], 1), ([.maximumConnections: "51"], 26),
            ([.maximumConnectionsPerAddress: "7"], 7), ([.trustedProxies: "1"], nil),
        ]
        for (arguments, bound) in bounds {
            let configuration = try await ServerConfiguration(
                arguments: arguments, environment: [:], environmentFile: "/nonexistent/.env")
            #expect(configuration.maximumConnectionsPerAddress == bound, "\(arguments)")
        }
    }
}

extension TestServer {
    /// As `/metrics`, without a connection.
    var metrics: String {
        var text = ""
        parts.metrics.render(into: &text)
        return text
    }
}
