import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// Uploads that don't come to their end, and everybody else's.
struct SlowUploadTests {
    private static let sentBytes = 20_000

    /// A picture of which a part comes.
    private static func part(of user: TestUser) -> [UInt8] {
        let form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"p\"\r\n\r\n"
        let head = """
            PATCH /api/users/\(user.id)/picture HTTP/1.1\r
            Host: test\r
            Authorization: Bearer \(user.token)\r
            Content-Type: multipart/form-data; boundary=b\r
            Content-Length: 1000000\r
            \r

            """
        return Array((head + form).utf8) + [UInt8](repeating: 0, count: sentBytes - form.utf8.count)
    }

    /// Four addresses with sixteen accounts had all places for uploads.
    @Test func accountsThatUploadSlowlyKeepNobodyOut() async throws {
        try await TestServer.runEmpty { server, _ in
            var slow: [TestUser] = []
            for number in 1...16 { slow.append(try await server.makeUser("slow\(number)")) }
            let sitter = try await server.makeUser("sitter")

            func upload(_ users: ArraySlice<TestUser>) async throws {
                guard let user = users.first else {
                    let held = slow.count * (Self.sentBytes - HeldBodies.uncounted)
                    try await waitUntil("bodies that are waited for", last: { server.metrics }) {
                        server.metrics.contains("http_request_body_bytes_held \(held)\n")
                    }
                    // Also one of an account that has begun with one, from the address of others.
                    for user in [sitter, slow[0]] {
                        let reply = try await server.send(
                            .PATCH, "/api/users/\(user.id)/picture", file: TestPicture.png(.red),
                            headers: user.headers)
                        #expect(reply.status == 200, "\(reply.bodyText)")
                    }
                    return
                }
                try await RawConnection.withMany(
                    1, port: server.port, from: "127.0.0.\(1 + users.count % 4)", sending: Self.part(of: user)
                ) { try await upload(users.dropFirst()) }
            }
            try await upload(slow[...])
        }
    }
}
