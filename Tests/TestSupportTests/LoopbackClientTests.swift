import LoopbackClient
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

/// The client that the tests and `populate` use, against a server that says exactly what it is told to.
@Suite struct LoopbackClientTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    private static let patience = TimeAmount(Patience.standard)

    private func send(
        _ method: HTTPMethod = .GET, to server: ScriptedServer, body: HTTPClientRequest.Body? = nil,
        by client: HTTPClient, timeout: TimeAmount = patience
    ) async throws -> String {
        var request = HTTPClientRequest(url: server.url)
        request.method = method
        request.body = body
        let response = try await client.execute(request, timeout: timeout)
        return "\(response.status.code) \(String(buffer: try await response.body.collect(upTo: 1_024)))"
    }

    private func failure(_ body: () async throws -> Void) async throws -> HTTPClientError {
        let failure = await #expect(throws: HTTPClientError.self) { try await body() }
        return try #require(failure)
    }

    // MARK: Messages

    @Test(arguments: [
        ok, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;a=b\r\nk\r\n0\r\nX: y\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n\(ok)",
    ])
    func aConnectionIsUsedAgainBehindEveryKindOfResponse(response: String) async throws {
        let client = HTTPClient()
        try await ScriptedServer.run([.say(response)]) { server in
            for _ in 0..<3 {
                let answer = try await send(to: server, by: client)
                #expect(answer == "200 ok")
            }
            #expect(server.seen.value.connections == 1)
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\n\r\nok", "HTTP/1.0 200 OK\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    ])
    func aResponseMayEndWithItsConnection(response: String) async throws {
        let client = HTTPClient()
        try await ScriptedServer.run([.sayAndClose(response)]) { server in
            for _ in 0..<3 {
                let answer = try await send(.POST, to: server, by: client)
                #expect(answer == "200 ok")
            }
            #expect(server.seen.value.connections == 3)
        }
    }

    @Test func aResponseToHEADHasNoBody() async throws {
        let client = HTTPClient()
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        try await ScriptedServer.run([.say(head), .say(Self.ok)]) { server in
            let answers = [
                try await send(.HEAD, to: server, by: client), try await send(to: server, by: client),
            ]
            #expect(answers == ["200 ", "200 ok"])
        }
    }

    @Test func aRequestSaysWhatItMust() async throws {
        let client = HTTPClient()
        try await ScriptedServer.run([.say(Self.ok)]) { server in
            let host = "Host: 127.0.0.1:\(server.port)"
            _ = try await send(to: server, by: client)
            _ = try await send(.POST, to: server, by: client)
            _ = try await send(.PATCH, to: server, body: .bytes("body".utf8), by: client)
            var request = HTTPClientRequest(url: "\(server.url)a%20b?c=d|é#e")
            request.headers = ["Host": "example.com", "Content-Length": "7", "X-A": "b"]
            _ = try await client.execute(request, timeout: Self.patience)
            #expect(
                server.seen.value.requests == [
                    "GET / HTTP/1.1\r\n\(host)\r\n\r\n",
                    "POST / HTTP/1.1\r\n\(host)\r\nContent-Length: 0\r\n\r\n",
                    "PATCH / HTTP/1.1\r\n\(host)\r\nContent-Length: 4\r\n\r\nbody",
                    "GET /a%20b?c=d%7C%C3%A9 HTTP/1.1\r\nHost: example.com\r\nX-A: b\r\n\r\n",
                ])
        }
    }

    @Test func aNameIsLookedUp() async throws {
        let client = HTTPClient()
        try await ScriptedServer.run([.say(Self.ok)]) { server in
            let request = HTTPClientRequest(url: "http://localhost:\(server.port)")
            let response = try await client.execute(request, timeout: Self.patience)
            #expect(response.status == .ok)
        }
    }

    // MARK: Failures

    @Test(arguments: [
        ("", "head"), ("HTTP/1.1 200 OK\r\nContent-", "head"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", "body"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "body"),
    ])
    func whatEndsTooSoonIsAnError(response: String, stage: String) async throws {
        let client = HTTPClient()
        try await ScriptedServer.run([.sayAndClose(response)]) { server in
            let failure = try await failure { _ = try await send(to: server, by: client) }
            #expect(
                "\(failure)"
                    == "GET \(server.url), waiting for the \(stage) of the response: the server has closed the connection"
            )
            #expect(server.seen.value.requests.count == 1, "a new connection has no second try")
        }
    }

    @Test func whatCanNotBeSentIsAnError() async throws {
        let client = HTTPClient()
        for url in ["", "/", "https://127.0.0.1/", "http://", "http:///a"] {
            let failure = try await failure {
                _ = try await client.execute(HTTPClientRequest(url: url), timeout: Self.patience)
            }
            guard case .invalidURL = failure.reason else {
                Issue.record("\(url): \(failure)")
                continue
            }
        }
        var port = 0
        try await ScriptedServer.run([.say(Self.ok)]) { server in
            port = server.port
            var request = HTTPClientRequest(url: server.url)
            request.headers = ["X": "a\r\nY: b"]
            let failure = try await failure { _ = try await client.execute(request, timeout: Self.patience) }
            guard case .other(let error) = failure.reason, error as? HTTPParserError == .invalidHeaderToken
            else { throw failure }
            try await server.left()
            #expect(server.seen.value.requests.isEmpty)
        }
        let refused = try await failure {
            let request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/")
            _ = try await client.execute(request, timeout: Self.patience)
        }
        #expect(refused.stage == .connection)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"])
    func atTheTimeoutTheConnectionIsClosed(response: String) async throws {
        let client = HTTPClient()
        try await ScriptedServer.run([.say(response)]) { server in
            let failure = try await failure {
                _ = try await send(to: server, by: client, timeout: .milliseconds(100))
            }
            guard case .timeout = failure.reason else { throw failure }
            #expect("\(failure)".hasPrefix("GET \(server.url), waiting for "))
            #expect("\(failure)".hasSuffix(": not within 0.1 s"))
            try await server.left()
        }
    }

    @Test func aCancelledRequestClosesItsConnection() async throws {
        let client = HTTPClient(connectionsPerAddress: 1)
        try await ScriptedServer.run([.hold]) { server in
            let request = Task { try await send(to: server, by: client) }
            try await server.received(1)
            // One that has not had its turn leaves the other one alone.
            let other = Task { try await send(to: server, by: client) }
            other.cancel()
            await #expect(throws: CancellationError.self) { try await other.value }
            #expect(server.seen.value.open == 1)
            request.cancel()
            await #expect(throws: CancellationError.self) { try await request.value }
            try await server.left()
            #expect(server.seen.value.requests.count == 1)
        }
    }

    @Test func aBodyThatIsTooLongIsAnError() async throws {
        let client = HTTPClient(maximumBodyBytes: 1)
        try await ScriptedServer.run([.say(Self.ok)]) { server in
            let failure = try await failure { _ = try await send(to: server, by: client) }
            guard case .bodyTooLarge(1) = failure.reason else { throw failure }
            try await server.left()
            let response = try await HTTPClient.shared.execute(
                HTTPClientRequest(url: server.url), timeout: Self.patience)
            await #expect(throws: NIOTooManyBytesError.self) { try await response.body.collect(upTo: 1) }
        }
    }

    /// As when an upload is refused by its head.
    @Test func aResponseMayComeBeforeTheEndOfTheRequest() async throws {
        let client = HTTPClient()
        let body = HTTPClientRequest.Body.bytes(ByteBuffer(repeating: 0, count: 32 << 20))
        let refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"
        try await ScriptedServer.run([.sayEarly(refusal), .say(Self.ok)]) { server in
            let answers = [
                try await send(.POST, to: server, body: body, by: client),
                try await send(to: server, by: client),
            ]
            #expect(answers == ["413 ", "200 ok"])
            #expect(server.seen.value.connections == 2, "the rest of the body is not taken for a request")
        }
    }

    // MARK: Connections

    @Test(arguments: [HTTPMethod.GET, .HEAD, .PUT, .DELETE])
    func whatIsIdempotentIsRepeatedOnceOnANewConnection(method: HTTPMethod) async throws {
        let client = HTTPClient(connectionsPerAddress: 1)
        let head = "HTTP/1.1 204 No Content\r\n\r\n"
        try await ScriptedServer.run([.say(Self.ok), .sayAndClose(""), .say(head), .sayAndClose("")]) {
            server in
            _ = try await send(to: server, by: client)
            #expect(try await send(method, to: server, by: client) == "204 ")
            #expect(server.seen.value.requests.count == 3)
            #expect(server.seen.value.connections == 2)
            // And not once more.
            let failure = try await failure { _ = try await send(method, to: server, by: client) }
            guard case .closed = failure.reason else { throw failure }
            #expect(server.seen.value.requests.count == 5)
        }
    }

    @Test(arguments: [HTTPMethod.POST, .PATCH])
    func whatIsNotIdempotentIsNotRepeated(method: HTTPMethod) async throws {
        let client = HTTPClient()
        try await ScriptedServer.run([.say(Self.ok), .sayAndClose(""), .say(Self.ok)]) { server in
            _ = try await send(to: server, by: client)
            let failure = try await failure { _ = try await send(method, to: server, by: client) }
            guard case .closed = failure.reason else { throw failure }
            #expect(server.seen.value.requests.count == 2)
            #expect(try await send(method, to: server, by: client) == "200 ok")
        }
    }

    /// A response has begun: nobody asks once more, whatever the method is.
    @Test func whatWasAnsweredInPartIsNotRepeated() async throws {
        let client = HTTPClient()
        try await ScriptedServer.run([.say(Self.ok), .sayAndClose("HTTP/1.1 200 O")]) { server in
            _ = try await send(to: server, by: client)
            _ = try await failure { _ = try await send(to: server, by: client) }
            #expect(server.seen.value.requests.count == 2)
        }
    }

    @Test func requestsTakeTurnsOnFewConnections() async throws {
        let client = HTTPClient(connectionsPerAddress: 2)
        try await ScriptedServer.run([.hold]) { server in
            let requests = (0..<6).map { _ in Task { try await send(to: server, by: client) } }
            for count in 1...6 {
                try await server.received(min(count + 1, 6))
                server.release("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(count)")
            }
            var answers: Set<String> = []
            for request in requests { answers.insert(try await request.value) }
            #expect(answers == ["200 1", "200 2", "200 3", "200 4", "200 5", "200 6"])
            #expect(server.seen.value.mostOpen == 2)
        }
    }

    @Test func aClientThatIsGoneLeavesNoConnection() async throws {
        try await ScriptedServer.run([.say(Self.ok)]) { server in
            #expect(try await send(to: server, by: HTTPClient()) == "200 ok")
            try await server.left()
        }
    }
}
