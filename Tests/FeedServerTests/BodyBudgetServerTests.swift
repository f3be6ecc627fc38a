import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// Bodies that are begun and not finished, from one address, and everybody else's.
struct BodyBudgetServerTests {
    private static let attacker = "127.0.0.2"

    /// The start of a body that a user could be registered with.
    private static func part(_ bytes: Int, forwardedFor address: String = "") -> [UInt8] {
        let head = """
            POST /api/users HTTP/1.1\r
            Host: test\r
            Content-Type: application/json\r
            X-Forwarded-For: \(address)\r
            Content-Length: \(BodyLimits.json)\r
            \r

            """
        return Array(head.utf8) + [UInt8](repeating: UInt8(ascii: " "), count: bytes)
    }

    private func waitForHeldBytes(_ count: Int, of server: TestServer) async throws {
        try await waitUntil("\(count) bytes", last: { server.metrics }) {
            server.metrics.contains("http_request_body_bytes_held \(count)\n")
        }
    }

    /// The least budget, and as many bodies as fit into one address's quarter of it.
    private static let capacity = 32 << 20
    private static let partBytes = 1_000_000
    private static let counted = partBytes - HeldBodies.uncounted
    private static let mostBodies = capacity / BodyBudget.parts / counted
    /// A little more than what is left of it: all that is sent fits into the sockets' buffers, also behind the refusal.
    private static let overflow =
        capacity / BodyBudget.parts - mostBodies * counted + HeldBodies.uncounted + 16_384
    private static let settings: [ConfigurationKey: String] = [.maximumBodyMemory: "32"]

    @Test func anAddressTakesItsPartOfTheMemoryForBodies() async throws {
        try await TestServer.runEmpty(settings: Self.settings) { server, _ in
            try await RawConnection.withMany(
                Self.mostBodies, port: server.port, from: Self.attacker, sending: Self.part(Self.partBytes)
            ) {
                try await waitForHeldBytes(Self.mostBodies * Self.counted, of: server)

                let reply = try await RawConnection.open(port: server.port, from: Self.attacker) { session in
                    try await session.send(Self.part(Self.overflow))
                    return try await session.reply()
                }
                #expect(reply?.status == 429)
                #expect(reply?.json["code"] as? String == "rate-limited")
                #expect(reply?.headers["retry-after"] == "1")
                #expect(reply?.headers["connection"] == "close")
                // Small bodies are let through, and so is everybody else's.
                let small = try await RawConnection.open(port: server.port, from: Self.attacker) { session in
                    let body = "{}"
                    let head = "POST /api/users HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
                    try await session.send("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
                    return try await session.reply()
                }
                #expect(small?.status == 422)
                let user = try await server.makeUser("somebody")
                _ = try await server.makePost(
                    by: user, content: String(repeating: "x", count: 2 * HeldBodies.uncounted))
            }
            try await waitForHeldBytes(0, of: server)
        }
    }

    /// Four addresses hold all that there is, with bodies that they don't finish: theirs give way.
    @Test func nobodyIsKeptOutByBodiesThatAreNotFinished() async throws {
        try await TestServer.runEmpty(settings: Self.settings) { server, _ in
            func fill(_ addresses: ArraySlice<String>) async throws {
                guard let address = addresses.first else {
                    let held = BodyBudget.parts * Self.mostBodies * Self.counted
                    try await waitForHeldBytes(held, of: server)
                    try await RawConnection.withMany(
                        1, port: server.port, from: "127.0.0.6", sending: Self.part(Self.partBytes)
                    ) {
                        try await waitForHeldBytes(held + Self.counted, of: server)
                        // More than is left.
                        #expect(Self.capacity - held - Self.counted < BodyLimits.json - HeldBodies.uncounted)
                        let reply = try await RawConnection.open(
                            port: server.port, from: "127.0.0.6"
                        ) { session in
                            try await session.send(Self.part(BodyLimits.json - 2) + Array("{}".utf8))
                            return try await session.reply()
                        }
                        // It was read, and holds nothing.
                        #expect(reply?.status == 422)
                        try await waitUntil("one that was cut off", last: { server.metrics }) {
                            server.metrics.contains(
                                "http_request_bodies_refused_total{reason=\"server\"} 1\n")
                        }
                    }
                    return
                }
                try await RawConnection.withMany(
                    Self.mostBodies, port: server.port, from: address, sending: Self.part(Self.partBytes)
                ) { try await fill(addresses.dropFirst()) }
            }
            try await fill(["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"])
        }
    }

    /// Behind a proxy, the address is the one that it tells.
    @Test func clientsOfAProxyHaveAPartEach() async throws {
        var settings = Self.settings
        settings[.trustedProxies] = "1"
        try await TestServer.runEmpty(settings: settings) { server, _ in
            try await RawConnection.withMany(
                Self.mostBodies, port: server.port, from: "127.0.0.1",
                sending: Self.part(Self.partBytes, forwardedFor: "192.0.2.1")
            ) {
                try await waitForHeldBytes(Self.mostBodies * Self.counted, of: server)
                try await RawConnection.withMany(
                    1, port: server.port, from: "127.0.0.1",
                    sending: Self.part(Self.partBytes, forwardedFor: "192.0.2.2")
                ) {
                    try await waitForHeldBytes((Self.mostBodies + 1) * Self.counted, of: server)
                }
            }
        }
    }
}
