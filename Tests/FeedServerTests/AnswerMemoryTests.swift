import FeedStore
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import TestSupport
import Testing

@testable import FeedServer

/// Clients that ask for large answers and do not take them, and everybody else.
struct AnswerMemoryTests {
    private static let slowOne = "127.0.0.2"

    /// Runs a server that holds 32 MiB of answers, with posts of 200 KB: more of them than sockets have room for.
    private func run(_ body: (TestServer) async throws -> Void) async throws {
        try await TestServer.runEmpty(settings: [.maximumAnswerMemory: "32"]) { server, _ in
            let user = try await server.makeUser("writer")
            let content = String(repeating: "🎈", count: 50_000)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...100 {
                    group.addTask {
                        _ = try await server.store.createPost(
                            userID: user.id, title: "large", content: content, status: .published)
                    }
                }
                try await group.waitForAll()
            }
            try await body(server)
        }
    }

    private func path(rows: Int) -> String { "/api/posts/pages?page_size=\(rows)" }

    private func request(rows: Int) -> String { "GET \(path(rows: rows)) HTTP/1.1\r\nHost: test\r\n\r\n" }

    private func size(rows: Int, of server: TestServer) async throws -> Int {
        let head = try await server.send(.HEAD, path(rows: rows))
        return try #require(head.header("Content-Length").flatMap { Int($0) })
    }

    private func waitFor(_ line: String, of server: TestServer) async throws {
        try await waitUntil(line, last: { server.metrics }) { server.metrics.contains(line + "\n") }
    }

    @Test func whoDoesNotTakeAnAnswerGivesWay() async throws {
        try await run { server in
            let size = try await size(rows: 100, of: server)
            #expect(size > 20_000_000)
            try await RawConnection.open(port: server.port, from: Self.slowOne) { session in
                try await session.send(request(rows: 100).utf8)
                try await waitFor("http_response_body_bytes_held \(size)", of: server)
                // Another one of the same address, which holds the most itself.
                let refused = try await RawConnection.open(port: server.port, from: Self.slowOne) { other in
                    try await other.send(request(rows: 70).utf8)
                    return try await other.reply()
                }
                #expect(refused?.status == 503)
                #expect(refused?.json["code"] as? String == "unavailable")
                #expect(refused?.headers["retry-after"] == "1")
                // What is smaller has room, and what is larger gets it.
                #expect(try await server.get(path(rows: 10)).status == 200)
                let reply = try await server.get(path(rows: 70))
                #expect(reply.status == 200 && reply.ids.count == 70)
                try await waitFor("http_response_bodies_refused_total{reason=\"server\"} 2", of: server)
            }
            try await waitFor("http_response_body_bytes_held 0", of: server)
        }
    }

    /// The second answer can't be written before the first has been taken: its memory counts as well.
    @Test func anAnswerThatIsMadeAndCannotBeWrittenCounts() async throws {
        try await run { server in
            let size = try await size(rows: 75, of: server)
            try await RawConnection.open(port: server.port, from: Self.slowOne) { session in
                try await session.send((request(rows: 75) + request(rows: 75)).utf8)
                try await waitFor("http_response_body_bytes_held \(2 * size)", of: server)
            }
            try await waitFor("http_response_body_bytes_held 0", of: server)
        }
    }

    @Test func aFeedPageIsRefusedWhereItWouldBeAnsweredOnTheLoop() async throws {
        try await TestServer.runEmpty { server, _ in
            // given: a page that is read on the loop, and no room
            let user = try await server.makeUser("writer")
            _ = try await server.makePost(by: user, content: String(repeating: "x", count: 50_000))
            _ = try await server.makePost(by: user, content: String(repeating: "x", count: 50_000))
            let metrics = ConnectionMetrics(factory: server.parts.metrics)
            let load = ConnectionLoad(
                line: RequestLine(metrics: server.parts.metrics),
                answers: BodyBudget(capacity: 1, share: nil, metrics: metrics.answerBodies), trustedProxies: 0
            )
            let channel = EmbeddedChannel(handler: server.inlineResponder(load))
            load.open(channel)
            for (rows, status) in [(1, HTTPResponse.Status.ok), (2, .serviceUnavailable)] {
                // when
                let head = HTTPRequest(
                    method: .get, scheme: nil, authority: "h", path: "/api/posts/feed?page_size=\(rows)")
                try channel.writeInbound(HTTPRequestPart.head(head))
                try channel.writeInbound(HTTPRequestPart.end(nil))
                // then
                guard case .head(let response) = try channel.readOutbound(as: HTTPResponsePart.self) else {
                    Issue.record("no answer")
                    return
                }
                #expect(response.status == status)
                #expect((response.headerFields[.retryAfter] != nil) == (status != .ok))
                while try channel.readOutbound(as: HTTPResponsePart.self) != nil {}
            }
            load.close()
        }
    }
}
