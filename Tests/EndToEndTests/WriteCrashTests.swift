import Foundation
import LoopbackClient
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import TestSupport
import Testing

/// Acknowledged means durable, over HTTP as well: the real server is killed while many clients write.
@Suite struct WriteCrashTests {
    private static let clients = 64
    private static let rounds = 3
    /// Posts that are acknowledged before the server is killed, more each round.
    private static let acknowledgements = 150
    /// Requests of one client at the most: bounds the test where no kill has an effect.
    private static let requestsPerClient = 100

    private static let email = "writer@example.com"
    private static let password = "correct horse battery"

    @Test func everyAcknowledgedPostSurvivesAKill() async throws {
        let folder = try TemporaryFolder()
        // With a connection for each of its clients.
        let client = HTTPClient(connectionsPerAddress: Self.clients)
        try await Self.killAgainAndAgain(folder.path("feed.sqlite"), client)
    }

    private static func killAgainAndAgain(_ path: String, _ client: HTTPClient) async throws {
        var server = try await start(path)
        do {
            try await register(server, client)
            var acknowledged: [Int: String] = [:]
            for round in 1...rounds {
                // when
                let token = try await logIn(server, client)
                let before = acknowledged.count
                try await writeUntilKilled(server, client, token: token, round: round, into: &acknowledged)
                #expect(acknowledged.count - before >= acknowledgements * round)
                // then
                server = try await start(path)
                for (id, content) in acknowledged {
                    #expect(try await self.content(of: id, on: server, client) == content, "round \(round)")
                }
                // Beside them, there may be what each client waited for in each round, and nothing else.
                let total = try await total(of: server, client)
                #expect((acknowledged.count...acknowledged.count + round * clients).contains(total))
            }
            #expect(try await server.stop() == .exited(0))
        } catch {
            await server.abandon()
            throw error
        }
    }

    /// What the server has acknowledged.
    private struct Record {
        var contents: [Int: String]
        /// In this round.
        var count = 0
        /// What ended the clients; the last of them.
        var end = ""
    }

    /// Writes with all clients, kills the server in the middle, and adds what was acknowledged.
    private static func writeUntilKilled(
        _ server: FeedServerProcess, _ client: HTTPClient, token: String, round: Int,
        into acknowledged: inout [Int: String]
    ) async throws {
        let record = Watched(Record(contents: acknowledged))
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<clients {
                group.addTask {
                    for count in 0..<requestsPerClient {
                        // No two alike, some longer than a page of the file.
                        let text = "round \(round), client \(number), post \(count). "
                        let content = String(repeating: text, count: 1 + count % 4 * 100)
                        do {
                            let id = try await write(content, token, to: server, client)
                            let (isNew, isLast) = record.update { record in
                                let isNew = record.contents.updateValue(content, forKey: id) == nil
                                record.count += 1
                                return (isNew, record.count == acknowledgements * round)
                            }
                            #expect(isNew, "an id is given once")
                            // While the others are being written.
                            if isLast { server.signal(SIGKILL) }
                        } catch {
                            // The server is gone, or the test is cancelled.
                            record.update { $0.end = "\(error)" }
                            return
                        }
                    }
                }
            }
        }
        try Task.checkCancellation()
        let written = record.value
        // Otherwise nobody has killed the server, and there is no end of it to be waited for.
        try #require(written.count >= acknowledgements * round, "the clients have ended: \(written.end)")
        #expect(try await server.ended() == .signalled(SIGKILL))
        acknowledged = written.contents
    }

    // MARK: Requests

    /// Writes a post, and returns its id once it is acknowledged.
    private static func write(
        _ content: String, _ token: String, to server: FeedServerProcess, _ client: HTTPClient
    ) async throws -> Int {
        var request = try json("/api/posts", ["title": "A post", "content": content], server)
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        return try #require(try await send(request, client, expecting: .created)["id"] as? Int)
    }

    private static func register(_ server: FeedServerProcess, _ client: HTTPClient) async throws {
        let fields = ["username": "writer", "email": email, "password": password]
        _ = try await send(try json("/api/users", fields, server), client, expecting: .created)
    }

    private static func logIn(_ server: FeedServerProcess, _ client: HTTPClient) async throws -> String {
        var request = HTTPClientRequest(url: server.baseURL + "/api/users/token")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        let form = "username=\(email)&password=\(password.replacing(" ", with: "+"))"
        request.body = .bytes(ByteBuffer(string: form))
        return try #require(try await send(request, client)["access_token"] as? String)
    }

    private static func content(
        of id: Int, on server: FeedServerProcess, _ client: HTTPClient
    ) async throws -> String? {
        let request = HTTPClientRequest(url: "\(server.baseURL)/api/posts/\(id)")
        return try await send(request, client)["content"] as? String
    }

    private static func total(of server: FeedServerProcess, _ client: HTTPClient) async throws -> Int {
        let request = HTTPClientRequest(url: "\(server.baseURL)/api/posts?limit=1")
        return try #require(try await send(request, client)["total"] as? Int)
    }

    private static func json(
        _ path: String, _ fields: [String: String], _ server: FeedServerProcess
    ) throws -> HTTPClientRequest {
        var request = HTTPClientRequest(url: server.baseURL + path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(data: try JSONSerialization.data(withJSONObject: fields)))
        return request
    }

    private static func send(
        _ request: HTTPClientRequest, _ client: HTTPClient, expecting status: HTTPResponseStatus = .ok
    ) async throws -> [String: Any] {
        let response = try await client.execute(request, timeout: FeedServerProcess.requestTimeout)
        let body = Data(buffer: try await response.body.collect(upTo: 1 << 20))
        guard response.status == status else {
            throw FeedServerProcess.Failure(
                description: "\(request.url): \(response.status), \(String(decoding: body, as: UTF8.self))")
        }
        return try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
    }

    // MARK: Given

    private static func start(_ path: String) async throws -> FeedServerProcess {
        try await FeedServerProcess.start(arguments: [
            "serve", "--port", "0", "--database", path, "--redis", "none", "--scrypt-cost", "10",
        ])
    }
}
