import Foundation
import LoopbackClient
import NIOCore
import NIOHTTP1
import SampleData

/// Brings the tutorial's users, pictures and posts into a server, as an application would: through the
/// API, and through nothing else.
struct SampleClient {
    /// How long one answer may take. A password takes longest.
    private static let timeout = TimeAmount.seconds(60)
    private static let maximumAnswerBytes = 1 << 20

    /// The server's, without a path.
    let baseURL: String

    /// An answer that was not what it should be.
    struct Refusal: Error, CustomStringConvertible {
        var description: String
    }

    /// Registers the users, uploads their pictures and publishes the posts, oldest first.
    ///
    /// - Returns: the posts' ids, in the order of `TutorialData.entries`.
    func run() async throws -> [Int64] {
        var tokens: [TutorialData.Writer: String] = [:]
        for writer in TutorialData.Writer.allCases {
            tokens[writer] = try await makeUser(writer)
        }
        var posts: [Int64] = []
        for entry in TutorialData.entries {
            let post: Created = try await send(
                "POST", "/api/posts", json: ["title": entry.title, "content": entry.content],
                token: tokens[entry.writer])
            posts.append(post.id)
        }
        return posts
    }

    // MARK: Steps

    private struct Created: Decodable {
        var id: Int64
    }

    private struct Token: Decodable {
        var accessToken: String

        private enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
        }
    }

    /// - Returns: a token of the new user.
    private func makeUser(_ writer: TutorialData.Writer) async throws -> String {
        let user: Created = try await send(
            "POST", "/api/users",
            json: ["username": writer.username, "email": writer.email, "password": TutorialData.password])
        var form = URLComponents()
        form.queryItems = [
            .init(name: "username", value: writer.email),
            .init(name: "password", value: TutorialData.password),
        ]
        let token: Token = try await send(
            "POST", "/api/users/token", Array((form.percentEncodedQuery ?? "").utf8),
            type: "application/x-www-form-urlencoded")
        let upload = PictureUpload(writer.picture)
        let _: Created = try await send(
            "PATCH", "/api/users/\(user.id)/picture", upload.body, type: upload.contentType,
            token: token.accessToken)
        return token.accessToken
    }

    // MARK: Requests

    private func send<Answer: Decodable>(
        _ method: String, _ path: String, json: [String: String], token: String? = nil
    ) async throws -> Answer {
        try await send(
            method, path, Array(try JSONEncoder().encode(json)), type: "application/json", token: token)
    }

    private func send<Answer: Decodable>(
        _ method: String, _ path: String, _ body: [UInt8], type: String, token: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: baseURL + path)
        request.method = .init(rawValue: method)
        request.headers.add(name: "Content-Type", value: type)
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        request.body = .bytes(body)
        let response = try await HTTPClient.shared.execute(request, timeout: Self.timeout)
        let answer = try await response.body.collect(upTo: Self.maximumAnswerBytes)
        guard (200..<300).contains(response.status.code) else {
            let text = String(decoding: answer.readableBytesView, as: UTF8.self)
            throw Refusal(description: "\(method) \(path) was answered \(response.status.code): \(text)")
        }
        return try JSONDecoder().decode(Answer.self, from: Data(answer.readableBytesView))
    }
}
