import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import TestSupport
import Testing

@testable import FeedServer

/// Requests that come faster than threads take them up.
struct RequestLineTests {
    /// Stands for the framework: keeps what reaches it, and answers when it is told to.
    private final class Framework: ChannelInboundHandler {
        typealias InboundIn = HTTPRequestPart
        typealias OutboundOut = HTTPResponsePart
        var seen: [String] = []

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): seen.append(head.path ?? "")
            case .body: seen.append("body")
            case .end: seen.append("end")
            }
        }
    }

    /// The handler of a connection, with one that takes what it hands on.
    private final class Connection {
        let load: ConnectionLoad
        let framework = Framework()
        private let channel: EmbeddedChannel

        init(_ server: TestServer, _ line: RequestLine) {
            let metrics = ConnectionMetrics(factory: server.parts.metrics)
            let answers = BodyBudget(capacity: 1 << 20, share: nil, metrics: metrics.answerBodies)
            load = ConnectionLoad(line: line, answers: answers, trustedProxies: 0)
            channel = EmbeddedChannel(handlers: [server.inlineResponder(load), framework])
            load.open(channel)
        }

        /// Sends a request, and returns the head of what it is answered at once.
        func ask(
            _ method: HTTPRequest.Method, _ path: String, fields: HTTPFields = [:], body: String? = nil
        ) throws -> HTTPResponse? {
            let head = HTTPRequest(
                method: method, scheme: nil, authority: "h", path: path, headerFields: fields)
            try channel.writeInbound(HTTPRequestPart.head(head))
            if let body { try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(string: body))) }
            try channel.writeInbound(HTTPRequestPart.end(nil))
            var response: HTTPResponse?
            while let part = try channel.readOutbound(as: HTTPResponsePart.self) {
                switch part {
                case .head(let head): response = head
                case .body: #expect(method != .head)
                case .end: break
                }
            }
            return response
        }

        /// As the framework answers.
        func respond() throws {
            try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .noContent)))
            try channel.writeOutbound(HTTPResponsePart.end(nil))
            while try channel.readOutbound(as: HTTPResponsePart.self) != nil {}
        }
    }

    @Test func whatFindsNoPlaceIsRefusedByTheLoop() async throws {
        try await TestServer.runEmpty { server, _ in
            // given: a line with one place, which is taken
            let line = RequestLine(capacity: 1, metrics: server.parts.metrics)
            let other = Connection(server, line)
            let mine = Connection(server, line)
            #expect(try other.ask(.get, "/api/posts") == nil)
            #expect(other.framework.seen == ["/api/posts", "end"])

            // when
            let asked: [(HTTPRequest.Method, String, HTTPFields, String?)] = [
                (.post, "/api/posts", [:], "{}"), (.get, "/", [:], nil), (.head, "/api/posts", [:], nil),
                // What is not to be had on the loop after all.
                (.get, "/api/users/1/posts/feed", [.authorization: "Bearer token"], nil),
                (.get, "/api/posts/feed", [:], "a body"),
            ]
            for (method, path, fields, body) in asked {
                let response = try mine.ask(method, path, fields: fields, body: body)
                // then
                #expect(response?.status == .serviceUnavailable, "\(method) \(path)")
                #expect(response?.headerFields[.retryAfter] == "1")
                #expect(response?.headerFields[.contentType] == Problem.contentType)
            }
            #expect(mine.framework.seen.isEmpty)
            #expect(server.metrics.contains("http_requests_refused_total \(asked.count)\n"))
            #expect(line.count == 1)

            // What needs no thread is answered, and so are probes.
            #expect(try mine.ask(.get, "/api/posts/feed")?.status == .ok)
            for path in ["/healthz", "/readyz", "/metrics"] {
                #expect(try mine.ask(.get, path) == nil)
                try mine.respond()
            }
            #expect(mine.framework.seen == ["/healthz", "end", "/readyz", "end", "/metrics", "end"])

            // There is a place again when a thread has taken the request up, before it is answered.
            other.load.leaveLine()
            #expect(try mine.ask(.post, "/api/posts", body: "{}") == nil)
            #expect(mine.framework.seen.suffix(3) == ["/api/posts", "body", "end"])
            #expect(line.count == 1)
            // Behind it, one waits for its answer, and not for a thread.
            #expect(try mine.ask(.get, "/api/posts") == nil)
            #expect(line.count == 1)
            // A connection that closes leaves the line, once.
            mine.load.close()
            mine.load.close()
            #expect(line.count == 0)
        }
    }

    /// A request whose body is waited for has left the line.
    @Test func aRequestLeavesTheLineWhenItIsTakenUp() async throws {
        try await TestServer.runEmpty { server, _ in
            let part = "POST /api/users HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\n{"
            try await RawConnection.withMany(
                5, port: server.port, from: "127.0.0.1", sending: Array(part.utf8)
            ) {
                try await waitUntil("requests that are taken up", last: { server.metrics }) {
                    server.metrics.contains("http_connections_open 5\n")
                        && server.metrics.contains("http_requests_waiting 0\n")
                }
            }
        }
    }
}

extension TestServer {
    /// A handler that answers feed pages of this server's store.
    func inlineResponder(_ load: ConnectionLoad) -> InlineResponder {
        InlineResponder(
            responder: CollectionResponder(
                store: store, counts: parts.counts,
                decoder: PagingDecoder(limits: PagingLimits(), cursors: parts.cursors),
                authenticator: parts.authenticator),
            observer: RequestObserver(accessLog: nil, metrics: parts.metrics), hosts: nil, load: load)
    }
}
