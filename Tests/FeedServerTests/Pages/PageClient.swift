import Foundation
import LoopbackClient
import NIOCore
import NIOHTTP1
import Testing

@testable import FeedServer

/// Goes about pages as a browser does: keeps the session's cookie, and says of each form that it comes
/// from the server's own page. Where it is sent on, it stays, so that a test sees where to.
struct PageClient {
    let server: TestServer
    /// The cookie that it holds: `name=value`.
    var cookie: String?

    init(_ server: TestServer) {
        self.server = server
    }

    /// A client that has logged in.
    init(_ server: TestServer, as user: TestUser) async throws {
        self.init(server)
        let reply = try await logIn(user)
        try #require(reply.status == 303 && cookie != nil)
    }

    mutating func get(_ path: String, headers: HTTPHeaders = [:]) async throws -> TestServer.Reply {
        try await send(.GET, path, headers: headers, body: nil)
    }

    /// Sends a form of one of the server's pages.
    mutating func post(
        _ path: String, _ form: KeyValuePairs<String, String> = [:]
    ) async throws -> TestServer.Reply {
        try await post(path, form, headers: ["Sec-Fetch-Site": "same-origin"])
    }

    /// Sends a form.
    ///
    /// - Parameter headers: say where the form comes from.
    mutating func post(
        _ path: String, _ form: KeyValuePairs<String, String> = [:], headers: HTTPHeaders
    ) async throws -> TestServer.Reply {
        var headers = headers
        headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        let text = form.map { "\(Self.escaped($0))=\(Self.escaped($1))" }.joined(separator: "&")
        return try await send(.POST, path, headers: headers, body: Data(text.utf8))
    }

    /// Sends a file as the part `file` of a form of one of the server's pages.
    mutating func post(_ path: String, file: some Sequence<UInt8>) async throws -> TestServer.Reply {
        let boundary = "----test-\(UUID().uuidString)"
        let headers: HTTPHeaders = [
            "Content-Type": "multipart/form-data; boundary=\(boundary)", "Sec-Fetch-Site": "same-origin",
        ]
        let head = "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
        let body = Data(head.utf8) + Data(file) + Data("\r\n--\(boundary)--\r\n".utf8)
        return try await send(.POST, path, headers: headers, body: body)
    }

    /// Sends the form of `/login`.
    mutating func logIn(
        _ user: TestUser, password: String = TestUser.password, next: String? = nil
    ) async throws -> TestServer.Reply {
        guard let next else {
            return try await post("/login", ["email": user.email, "password": password])
        }
        return try await post("/login", ["email": user.email, "password": password, "next": next])
    }

    /// Whether the server knows who this is.
    mutating func isLoggedIn() async throws -> Bool {
        let reply = try await get("/account")
        try #require([200, 303].contains(reply.status))
        return reply.status == 200
    }

    private mutating func send(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders, body: Data?
    ) async throws -> TestServer.Reply {
        var request = HTTPClientRequest(url: server.baseURL + path)
        request.method = method
        request.headers = headers
        if let cookie { request.headers.add(name: "Cookie", value: cookie) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: TestServer.patience)
        let reply = TestServer.Reply(
            status: Int(response.status.code), headers: response.headers,
            body: Data((try await response.body.collect(upTo: 16 << 20)).readableBytesView))
        if let field = reply.header("Set-Cookie") {
            let pair = field.prefix { $0 != ";" }
            cookie = pair.hasSuffix("=") ? nil : String(pair)
        }
        return reply
    }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}

extension TestServer.Reply {
    /// The page.
    var page: String { String(decoding: body, as: UTF8.self) }

    var location: String? { header("Location") }

    /// The start tag of the element with an id, as it stands in the page.
    func tag(id: String) -> String? {
        let page = self.page
        guard let place = page.range(of: " id=\"\(id)\""),
            let start = page[..<place.lowerBound].lastIndex(of: "<"),
            let end = page[place.upperBound...].firstIndex(of: ">")
        else { return nil }
        return String(page[start...end])
    }

    /// What stands beside a field that was wrong.
    func issue(of fieldID: String) -> String? {
        let page = self.page
        guard let place = page.range(of: " id=\"\(fieldID)-issue\">") else { return nil }
        return String(page[place.upperBound...].prefix { $0 != "<" })
    }
}
