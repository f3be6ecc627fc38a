import Foundation
import LoopbackClient
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

extension CombiningMarksTests {
    /// A user with a post, a token and a session, who looks at what the server's CPU time goes for.
    struct Visitor: Sendable {
        struct Request: Sendable {
            var method: HTTPMethod
            var path: String
            var headers: HTTPHeaders = [:]

            func with(_ name: String, _ value: String) -> Request {
                var request = self
                request.headers.add(name: name, value: value)
                return request
            }

            func with(_ query: String) -> Request {
                var request = self
                request.path += "?\(query)"
                return request
            }
        }

        private let baseURL: String
        private var token = ""
        private var cookie = ""
        private(set) var userID = 0
        private(set) var postID = 0

        static func visit(_ body: @escaping (Visitor) async throws -> Void) async throws {
            let folder = try TemporaryFolder(isInMemory: true)
            let arguments = [
                "serve", "--port", "0", "--redis", "none", "--database", folder.path("feed.sqlite"),
                "--access-log", "false", "--scrypt-cost", "10", "--attempts-per-account", "1000000",
                "--attempts-per-address", "1000000", "--trusted-proxies", "1",
            ]
            _ = try await FeedServerProcess.serve(arguments: arguments) { server in
                var visitor = Visitor(baseURL: server.baseURL)
                try await visitor.settle()
                try await body(visitor)
                #expect(try await visitor.send(Request(method: .GET, path: "/healthz")).status == 200)
            }
        }

        private init(baseURL: String) {
            self.baseURL = baseURL
        }

        private mutating func settle() async throws {
            let json: HTTPHeaders = ["Content-Type": "application/json"]
            let form: HTTPHeaders = ["Content-Type": "application/x-www-form-urlencoded"]
            let account = #"{"username":"mara","email":"mara@example.com","password":"correct horse"}"#
            let user = try await send(Request(method: .POST, path: "/api/users", headers: json), account)
            userID = try #require(user.json["id"] as? Int)
            let logIn = "username=mara@example.com&password=correct+horse"
            let tokens = try await send(
                Request(method: .POST, path: "/api/users/token", headers: form), logIn)
            token = try #require(tokens.json["access_token"] as? String)
            let page = try await send(
                Request(method: .POST, path: "/login", headers: form),
                "email=mara@example.com&password=correct+horse")
            let field = try #require(page.headers.first(name: "Set-Cookie"))
            cookie = String(field.prefix { $0 != ";" })
            let authorized = Request(method: .POST, path: "/api/posts", headers: json)
                .with("Authorization", "Bearer \(token)")
            let post = try await send(authorized, #"{"title":"a","content":"b"}"#)
            postID = try #require(post.json["id"] as? Int)
        }

        // MARK: The document

        private func document() async throws -> [String: [String: Any]] {
            let reply = try await send(Request(method: .GET, path: "/openapi.json"))
            return try #require(reply.json["paths"] as? [String: [String: Any]])
        }

        /// Everything that the document knows, without bodies.
        func documentedRequests() async throws -> [Request] {
            let requests = try await document().flatMap { pattern, operations in
                operations.keys.filter { ["get", "post", "put", "patch", "delete"].contains($0) }.map {
                    Request(method: HTTPMethod(rawValue: $0.uppercased()), path: path(pattern))
                }
            }
            try #require(requests.count > 20)
            return requests
        }

        func documentedBodies() async throws -> [(method: HTTPMethod, path: String, type: String)] {
            var bodies: [(HTTPMethod, String, String)] = []
            for (pattern, operations) in try await document() {
                for (method, operation) in operations {
                    let body = (operation as? [String: Any])?["requestBody"] as? [String: Any]
                    for type in (body?["content"] as? [String: Any] ?? [:]).keys {
                        bodies.append((HTTPMethod(rawValue: method.uppercased()), path(pattern), type))
                    }
                }
            }
            try #require(bodies.count > 5)
            return bodies
        }

        private func path(_ pattern: String) -> String {
            let id = pattern.hasPrefix("/api/posts/") ? postID : userID
            return pattern.replacing(/{[a-z_]+}/, with: "\(id)")
        }

        // MARK: Costs

        /// Sends a body and holds its cost to the bound.
        ///
        /// - Parameter status: what is answered; `nil` for whatever is no fault of the server.
        func expectLittle(
            _ method: HTTPMethod, _ path: String, _ type: String?, _ body: String?, status: Int? = nil
        ) async throws {
            var request = Request(method: method, path: path)
            if let type { request.headers.add(name: "Content-Type", value: type) }
            if path.hasPrefix("/api/") {
                request.headers.add(name: "Authorization", value: "Bearer \(token)")
            } else {
                request.headers.add(name: "Cookie", value: cookie)
            }
            let before = try await cpuSeconds()
            let reply = try await send(request, body)
            let cost = try await cpuSeconds() - before
            let start = body.map { String(Substring($0.unicodeScalars.prefix(60))) } ?? ""
            let what = "\(method) \(path) \(start)"
            #expect(cost < CombiningMarksTests.bodyBound, "\(what)")
            #expect(status.map { $0 == reply.status } ?? (reply.status < 500), "\(what): \(reply.status)")
        }

        /// Sends each request again and again, and holds what they cost together to the bound.
        func expectLittle(_ what: String, for requests: [Request]) async throws {
            let before = try await cpuSeconds()
            for number in 0..<CombiningMarksTests.headCount {
                let request = requests[number % requests.count]
                let reply = try await send(request)
                guard reply.status < 500 else {
                    Issue.record("\(what): \(request.method) \(request.path.prefix(60)): \(reply.status)")
                    return
                }
            }
            #expect(try await cpuSeconds() - before < CombiningMarksTests.headsBound, "\(what)")
        }

        /// CPU time that the server has taken so far.
        private func cpuSeconds() async throws -> Double {
            let reply = try await send(Request(method: .GET, path: "/metrics"))
            let name = "process_cpu_seconds_total "
            let line = String(decoding: reply.body, as: UTF8.self).split(separator: "\n")
                .first { $0.hasPrefix(name) }
            return try #require(line.flatMap { Double($0.dropFirst(name.count)) })
        }

        private struct Reply {
            var status: Int
            var headers: HTTPHeaders
            var body: Data

            var json: [String: Any] {
                // What is no JSON has no members, and fails where they are asked for.
                (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
            }
        }

        private func send(_ request: Request, _ body: String? = nil) async throws -> Reply {
            var outgoing = HTTPClientRequest(url: baseURL + request.path)
            outgoing.method = request.method
            outgoing.headers = request.headers
            if let body { outgoing.body = .bytes(ByteBuffer(string: body)) }
            let response = try await HTTPClient.shared.execute(
                outgoing, timeout: FeedServerProcess.requestTimeout)
            let received = try await response.body.collect(upTo: 16 << 20)
            return Reply(
                status: Int(response.status.code), headers: response.headers,
                body: Data(received.readableBytesView))
        }
    }
}
