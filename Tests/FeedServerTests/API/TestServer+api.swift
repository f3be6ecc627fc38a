import FeedStore
import Foundation
import HTTPTypes
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

extension TestServer {
    /// The name of the database in the folder of ``runEmpty(settings:in:_:)``.
    static let databaseName = "feed.sqlite"

    /// Runs a server with a database that is empty at first.
    ///
    /// - Parameter folder: another server may have run there before.
    static func runEmpty<Result: Sendable>(
        settings: [ConfigurationKey: String] = [:], in folder: TemporaryFolder? = nil,
        _ body: (TestServer, TemporaryFolder) async throws -> Result
    ) async throws -> Result {
        let folder = try folder ?? TemporaryFolder(isInMemory: true)
        return try await run(settings: settings, database: folder.path(databaseName)) { server in
            try await body(server, folder)
        }
    }

    /// The files in the folder of pictures, in whatever folders of it.
    static func pictureFiles(in folder: TemporaryFolder) throws -> Set<String> {
        let path = ServerConfiguration.mediaPath(of: folder.path(databaseName))
        return Set(try FileManager.default.subpathsOfDirectory(atPath: path))
    }

    /// Sends a body of any type.
    func send(
        _ method: HTTPMethod, _ path: String, text: String, type: String?, token: String? = nil
    ) async throws -> Reply {
        var headers = HTTPHeaders()
        if let type { headers.add(name: "Content-Type", value: type) }
        if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        return try await send(method, path, headers: headers, body: Data(text.utf8))
    }

    /// Sends a request as it stands, on a connection of its own.
    ///
    /// - Parameter head: its lines, without `Host`.
    func sendRaw(head: [String], body: [UInt8] = []) async throws -> RawConnection.Reply? {
        var lines = head
        lines.insert("Host: test", at: 1)
        let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
        return try await RawConnection.open(port: port) { session in
            try await session.send(bytes)
            return try await session.reply()
        }
    }

    /// A body in chunks (RFC 9112, section 7.1).
    static func chunked(_ body: some Sequence<UInt8>, chunkBytes: Int) -> [UInt8] {
        let body = Array(body)
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: body.count, by: chunkBytes) {
            let chunk = body[start..<min(start + chunkBytes, body.count)]
            bytes += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + Array("\r\n".utf8)
        }
        return bytes + Array("0\r\n\r\n".utf8)
    }

    // MARK: Sessions

    private var sessions: Sessions {
        Sessions(store: parts.accounts, lifetime: 86_400, isSecure: false, now: { .now })
    }

    /// The `Cookie` field of a browser in which a user has just logged in.
    func sessionCookie(of user: TestUser, origin: SessionOrigin = SessionOrigin()) async throws -> String {
        let account = try #require(try await parts.accounts.account(id: user.id))
        let field = try #require(try await sessions.begin(for: account, origin: origin))
        return String(field.prefix { $0 != ";" })
    }

    /// Whether a browser with that `Cookie` field is logged in.
    func isSession(_ cookie: String) async throws -> Bool {
        let head = HTTPRequest(
            method: .get, scheme: "http", authority: "test", path: "/", headerFields: [.cookie: cookie])
        return try await sessions.user(head) != nil
    }
}

extension Sessions {
    /// Begins a session that comes from nowhere.
    func begin(for account: Account) async throws -> String? {
        try await begin(for: account, origin: SessionOrigin())
    }
}

extension TestUser {
    /// What somebody registers with.
    static func registration(_ name: String) -> [String: String] {
        ["username": name, "email": "\(name)@example.com", "password": password]
    }
}

extension TestServer.Reply {
    /// The parameters that a 422 names, in its order.
    var wrongParameters: [String] {
        (json["errors"] as? [[String: Any]] ?? []).compactMap { $0["parameter"] as? String }
    }

    /// The header fields that say the same at every time.
    var timelessHeaders: [String] {
        headers.filter { $0.name.lowercased() != "date" }.map { "\($0.name): \($0.value)" }.sorted()
    }

    var bodyText: String { String(decoding: body, as: UTF8.self) }

    func integer(_ name: String) -> Int64? { (json[name] as? NSNumber)?.int64Value }

    func text(_ name: String) -> String? { json[name] as? String }

    /// Expects a problem.
    ///
    /// - Parameter parameters: those that it names; `nil` for any.
    func expectProblem(
        _ status: Int, _ code: String, naming parameters: [String]? = nil, _ what: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let comment = Comment(rawValue: "\(what): \(bodyText.prefix(300))")
        #expect(self.status == status, comment, sourceLocation: sourceLocation)
        #expect(self.code == code, comment, sourceLocation: sourceLocation)
        #expect(
            header("Content-Type") == "application/problem+json", comment, sourceLocation: sourceLocation)
        if let parameters {
            #expect(wrongParameters == parameters, comment, sourceLocation: sourceLocation)
        }
    }
}
