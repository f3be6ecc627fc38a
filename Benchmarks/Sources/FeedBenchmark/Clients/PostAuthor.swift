import Foundation

/// Somebody with an account on a feed-server, who writes the same post over HTTP again and again.
struct PostAuthor: Sendable {
    private static let username = "writer"
    private static let email = "writer@example.com"
    private static let password = "for-benchmarks-only"

    private let token: String
    private let post: RequestBody

    /// Registers, and logs in.
    ///
    /// - Throws: ``BenchmarkFailure`` when the server does not answer as it has to.
    init(port: Int, title: String, content: String) throws {
        let connection = try HTTPConnection(port: port)
        let account = ["username": Self.username, "email": Self.email, "password": Self.password]
        _ = try connection.post("/api/users", .json(account), expecting: 201)
        let answer = try connection.post(
            "/api/users/token", .form(["username": Self.email, "password": Self.password]), expecting: 200)
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            token = try decoder.decode(Grant.self, from: Data(answer)).accessToken
        } catch {
            throw BenchmarkFailure("logging in was not answered with a token")
        }
        post = try .json(["title": title, "content": content])
    }

    /// Writes a post, and waits until the server says that it is kept.
    ///
    /// - Throws: ``BenchmarkFailure`` when it is answered anything else than `201`, or not at all.
    func write(over connection: HTTPConnection) throws {
        _ = try connection.post("/api/posts", post, token: token, expecting: 201)
    }

    private struct Grant: Decodable {
        var accessToken: String
    }
}
