import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// Where a request ends, and which is a connection's last (RFC 9112, sections 6.1 and 9.6). Each of these requests
/// was answered as if nothing were the matter, or left the connection deaf.
@Suite struct RequestFramingTests {
    private static let next = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"

    /// Sends requests in one piece, and reads until the server closes.
    private func replies(to bytes: some Sequence<UInt8>) async throws -> [RawConnection.Reply] {
        try await TestServer.runEmpty { server, _ in
            try await RawConnection.open(port: server.port) { session in
                try await session.send(bytes)
                var replies: [RawConnection.Reply] = []
                while let reply = try await session.reply() { replies.append(reply) }
                return replies
            }
        }
    }

    private func expectRefusal(_ status: Int, _ code: String, of bytes: some Sequence<UInt8>) async throws {
        let replies = try await replies(to: Array(bytes) + Array(Self.next.utf8))
        #expect(replies.map(\.status) == [status])
        #expect(replies.first?.json["code"] as? String == code)
        #expect(replies.first?.headers["content-type"] == "application/problem+json")
        #expect(replies.first?.headers["connection"] == "close")
    }

    @Test(arguments: ["", "Connection: keep-alive\r\n", "Connection: keep-alive\r\nContent-Length: 5\r\n"])
    func chunksInHTTP10(fields: String) async throws {
        let head = "POST /login HTTP/1.0\r\nHost: h\r\n\(fields)Transfer-Encoding: chunked\r\n\r\n"
        let request = head + "0\r\n\r\n"
        try await expectRefusal(400, "malformed-request", of: request.utf8)
    }

    @Test(arguments: [
        "foo, chunked", "gzip, chunked", "foo", "identity", "chunked;a=b", "xchunked",
        "gzip\r\nTransfer-Encoding: chunked",
    ])
    func unknownTransferCodings(codings: String) async throws {
        let request = "POST /login HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \(codings)\r\n\r\n0\r\n\r\n"
        try await expectRefusal(501, "not-implemented", of: request.utf8)
    }

    @Test(arguments: ["chunked, chunked", "chunked\r\nTransfer-Encoding: chunked", "", ","])
    func transferEncodingsThatAreNoFrame(codings: String) async throws {
        let request = "POST /login HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \(codings)\r\n\r\n0\r\n\r\n"
        try await expectRefusal(400, "malformed-request", of: request.utf8)
    }

    /// A proxy in front may have looked at the other one.
    @Test(arguments: ["Host: h\r\nHost: h", "Host: h\r\nX: 1\r\nhost: other", "HOST:\r\nHost: h"])
    func aSecondHostIsRefused(fields: String) async throws {
        for line in [
            "GET /api/posts/feed HTTP/1.1", "GET http://h/healthz HTTP/1.1", "GET /healthz HTTP/1.0",
        ] {
            try await expectRefusal(400, "malformed-request", of: "\(line)\r\n\(fields)\r\n\r\n".utf8)
        }
    }

    /// The framework compares its parts as `String`s.
    @Test func aTargetIsOfASCII() async throws {
        for target in ["/\u{e9}", "/api/posts/feed?cursor=\u{301}", "*\u{301}\u{316}"] {
            let request = "GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n"
            try await expectRefusal(400, "malformed-request", of: request.utf8)
        }
        let request = Array("GET /".utf8) + [0xFF] + Array(" HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        try await expectRefusal(400, "malformed-request", of: request)
    }

    @Test(arguments: [
        ("GET /healthz HTTP/1.1", "Connection: close"), ("GET /healthz HTTP/1.1", "Connection: a, CLOSE"),
        ("GET /api/posts/feed HTTP/1.1", "Connection: close"), ("GET /healthz HTTP/1.0", "Accept: */*"),
        ("GET /healthz HTTP/1.1", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A"),
    ])
    func nothingBehindTheLastRequestIsAnswered(line: String, field: String) async throws {
        let request = "\(line)\r\nHost: h\r\n\(field)\r\n\r\n"
        for behind in [Self.next + Self.next, "nonsense\r\n\r\n"] {
            let replies = try await replies(to: (Self.next + request + behind).utf8)
            #expect(replies.map(\.status) == [200, 200])
            #expect(replies.map { $0.headers["connection"] } == [nil, "close"])
        }
    }

    @Test func connectIsRefused() async throws {
        let request = "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"
        let replies = try await replies(to: (request + Self.next).utf8)
        #expect(replies.count == 1)
        #expect((400..<500).contains(replies.first?.status ?? 0))
        #expect(replies.first?.headers["connection"] == "close")
    }

    @Test func faults() {
        func fault(_ codings: [String], version: HTTPVersion = .http1_1) -> RequestHeadFault? {
            let headers = HTTPHeaders(codings.map { ("transfer-encoding", $0) })
            let head = HTTPRequestHead(version: version, method: .GET, uri: "/", headers: headers)
            return RequestHeadFault(head)
        }
        #expect(fault([]) == nil)
        #expect(fault([], version: .http1_0) == nil)
        for coding in ["chunked", "Chunked", " chunked\t", "chunked,", ", chunked"] {
            #expect(fault([coding]) == nil, "\(coding)")
            #expect(fault([coding], version: .http1_0) == .transferEncodingInHTTP10)
        }
        #expect(fault(["chun\u{212A}ed"]) == .unknownTransferCoding)
        #expect(fault([""]) == .transferEncoding)
        #expect(fault(["chunked", "chunked"]) == .transferEncoding)
    }
}
