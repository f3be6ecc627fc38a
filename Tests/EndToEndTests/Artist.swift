import Foundation
import LoopbackClient
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import TestSupport

/// Somebody who has an account on a server, and changes the picture.
struct Artist: Sendable {
    private static let email = "artist@example.com"
    private static let password = "correct horse battery"
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "FeedServerTests/Fixtures")

    private let baseURL: String
    private let id: Int
    private let token: String

    /// Logs in.
    ///
    /// - Parameter isNew: registers before.
    init(on server: FeedServerProcess, isNew: Bool = true) async throws {
        baseURL = server.baseURL
        if isNew {
            var request = HTTPClientRequest(url: baseURL + "/api/users")
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/json")
            let fields = ["username": "artist", "email": Self.email, "password": Self.password]
            request.body = .bytes(ByteBuffer(data: try JSONSerialization.data(withJSONObject: fields)))
            _ = try await Self.object(request, .created)
        }
        var request = HTTPClientRequest(url: baseURL + "/api/users/token")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        let form = "username=\(Self.email)&password=\(Self.password.replacing(" ", with: "+"))"
        request.body = .bytes(ByteBuffer(string: form))
        guard let token = try await Self.object(request, .ok)["access_token"] as? String else {
            throw FeedServerProcess.Failure(description: "no token")
        }
        self.token = token
        var me = HTTPClientRequest(url: baseURL + "/api/users/me")
        me.headers.add(name: "Authorization", value: "Bearer \(token)")
        guard let id = try await Self.object(me, .ok)["id"] as? Int else {
            throw FeedServerProcess.Failure(description: "no id")
        }
        self.id = id
    }

    /// Two that look different.
    enum Picture: String {
        case coloured = "small.png"
        case grey = "grey.png"
    }

    func upload(_ picture: Picture) async throws -> HTTPResponseStatus {
        let bytes = try Data(contentsOf: Self.fixtures.appending(path: picture.rawValue))
        var body = ByteBuffer(
            string: "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n"
                + "Content-Type: image/png\r\n\r\n")
        body.writeBytes(bytes)
        body.writeString("\r\n--edge--\r\n")
        var request = pictureRequest(.PATCH)
        request.headers.add(name: "Content-Type", value: "multipart/form-data; boundary=edge")
        request.body = .bytes(body)
        return try await Self.answer(request).status
    }

    func removePicture() async throws -> HTTPResponseStatus {
        try await Self.answer(pictureRequest(.DELETE)).status
    }

    /// Asks for the picture that the account names, as a page does.
    ///
    /// - Returns: its status; `nil` where the account has none.
    func look() async throws -> HTTPResponseStatus? {
        let user = try await Self.object(HTTPClientRequest(url: "\(baseURL)/api/users/\(id)"), .ok)
        guard user["image_file"] is String, let path = user["image_path"] as? String else { return nil }
        return try await Self.answer(HTTPClientRequest(url: baseURL + path)).status
    }

    private func pictureRequest(_ method: HTTPMethod) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: "\(baseURL)/api/users/\(id)/picture")
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        return request
    }

    private static func answer(
        _ request: HTTPClientRequest
    ) async throws -> (status: HTTPResponseStatus, body: Data) {
        let response = try await HTTPClient.shared.execute(request, timeout: FeedServerProcess.requestTimeout)
        return (response.status, Data(buffer: try await response.body.collect(upTo: 1 << 20)))
    }

    private static func object(
        _ request: HTTPClientRequest, _ status: HTTPResponseStatus
    ) async throws -> [String: Any] {
        let answer = try await answer(request)
        guard answer.status == status,
            let object = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
        else {
            throw FeedServerProcess.Failure(
                description:
                    "\(request.url): \(answer.status), \(String(decoding: answer.body, as: UTF8.self))")
        }
        return object
    }
}
