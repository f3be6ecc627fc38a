import Foundation
import NIOHTTP1
import Testing

@testable import FeedServer

/// A registered user, logged in.
struct TestUser: Sendable {
    static let password = "correct horse battery"

    var id: Int64
    var username: String
    var token: String

    var email: String { "\(username)@example.com" }
    var headers: HTTPHeaders { ["Authorization": "Bearer \(token)"] }
}

extension TestServer {
    /// Sends a JSON body.
    func send(
        _ method: HTTPMethod, _ path: String, json: [String: any Sendable], token: String? = nil
    ) async throws -> Reply {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        return try await send(
            method, path, headers: headers, body: JSONSerialization.data(withJSONObject: json))
    }

    /// Sends a form, as pages and OAuth 2 do.
    func send(
        _ method: HTTPMethod, _ path: String, form: KeyValuePairs<String, String>, headers: HTTPHeaders = [:]
    ) async throws -> Reply {
        var headers = headers
        headers.replaceOrAdd(name: "Content-Type", value: "application/x-www-form-urlencoded")
        let text = form.map { "\(Self.escaped($0))=\(Self.escaped($1))" }.joined(separator: "&")
        return try await send(method, path, headers: headers, body: Data(text.utf8))
    }

    /// Sends a file as the part `file` of a form.
    func send(
        _ method: HTTPMethod, _ path: String, file: [UInt8], named name: String = "picture",
        headers: HTTPHeaders = [:]
    ) async throws -> Reply {
        let boundary = "----test-\(UUID().uuidString)"
        var headers = headers
        headers.replaceOrAdd(name: "Content-Type", value: "multipart/form-data; boundary=\(boundary)")
        var body = Data(
            """
            --\(boundary)\r
            Content-Disposition: form-data; name="file"; filename="\(name)"\r
            Content-Type: application/octet-stream\r
            \r

            """.utf8)
        body.append(contentsOf: file)
        body.append(contentsOf: Data("\r\n--\(boundary)--\r\n".utf8))
        return try await send(method, path, headers: headers, body: body)
    }

    func logIn(email: String, password: String = TestUser.password) async throws -> Reply {
        try await send(.POST, "/api/users/token", form: ["username": email, "password": password])
    }

    /// Registers a user and logs it in.
    func makeUser(_ username: String) async throws -> TestUser {
        let reply = try await send(
            .POST, "/api/users",
            json: [
                "username": username, "email": "\(username)@example.com", "password": TestUser.password,
            ])
        try #require(reply.status == 201)
        let id = try #require((reply.json["id"] as? NSNumber)?.int64Value)
        let token = try await logIn(email: "\(username)@example.com")
        return TestUser(
            id: id, username: username, token: try #require(token.json["access_token"] as? String))
    }

    /// Deletes a user as it itself does.
    func delete(_ user: TestUser) async throws -> Reply {
        try await send(
            .DELETE, "/api/users/\(user.id)", json: ["current_password": TestUser.password],
            token: user.token)
    }

    /// Writes a post and returns its id.
    func makePost(
        by user: TestUser, title: String = "A title", content: String = "Some content",
        status: String = "published"
    ) async throws -> Int64 {
        let reply = try await send(
            .POST, "/api/posts", json: ["title": title, "content": content, "status": status],
            token: user.token)
        try #require(reply.status == 201)
        return try #require((reply.json["id"] as? NSNumber)?.int64Value)
    }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}
