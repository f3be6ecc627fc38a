import FeedStore
import Foundation
import TestSupport
import Testing

@testable import FeedServer

/// Thousands of broken requests: always a problem of the 4xx kind, and the server lives.
@Suite struct HostileInputTests {
    private static let values: [String] = [
        "", "-1", "+1", "%2B1", "1%20", "0x10", "1e9", "1.0", "%D9%A3", "9223372036854775807",
        "9223372036854775808", "18446744073709551616", "99999999999999999999999999", "-9223372036854775808",
        "NaN", "null", "yes", "[]", "1,2", "1%00", "%00", "%", "%G1", "%FF", "%C0%80", "%ED%A0%80", "1;2",
        "'",
        "1%27%20OR%201=1--", "..%2F..%2Fetc", "%F0%9F%8E%88", String(repeating: "9", count: 5_000),
        String(repeating: "A", count: 5_000),
    ]

    private static let parameters: [(path: String, name: String)] = [
        ("/api/posts", "skip"), ("/api/posts", "limit"), ("/api/posts", "order"),
        ("/api/posts/pages", "page"), ("/api/posts/pages", "page_size"),
        ("/api/posts/feed", "page_size"), ("/api/posts/feed", "order"), ("/api/posts/feed", "total"),
        ("/api/posts/feed", "cursor"), ("/api/users/1/posts", "status"), ("/api/users/feed", "cursor"),
        ("/api/users", "order"), ("/api/posts/feed", "unknown"), ("/", "cursor"),
        ("/users/1/posts", "page_size"),
    ]

    /// Values that are fine after all.
    private static func isFine(_ path: String, _ name: String, _ value: String) -> Bool {
        switch (name, value) {
        case ("cursor", ""), ("total", "true"): true
        default: false
        }
    }

    private func withServer(_ body: (TestServer) async throws -> Void) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: folder)
        try await TestServer.run(database: database, body)
    }

    @Test func parameters() async throws {
        try await withServer { server in
            try await RawConnection.open(port: server.port) { session in
                for (path, name) in Self.parameters {
                    for value in Self.values where !Self.isFine(path, name, value) {
                        let reply = try await session.get("\(path)?\(name)=\(value)".utf8)
                        try expectProblem(reply, "\(path)?\(name)=\(value.prefix(60))")
                    }
                    // Given twice, even where both are good.
                    let reply = try await session.get("\(path)?\(name)=1&\(name)=1".utf8)
                    try expectProblem(reply, "\(name) twice")
                }
            }
            #expect(try await server.get("/healthz").status == 200)
        }
    }

    @Test func cursorsWithEveryByteAltered() async throws {
        try await withServer { server in
            let cursor = Array(
                try #require(
                    try await server.get("/api/posts/feed?page_size=3").json["next_cursor"] as? String
                ).utf8)
            try await RawConnection.open(port: server.port) { session in
                var count = 0
                func refused(_ bytes: [UInt8], _ what: String) async throws {
                    let reply = try await session.get(Array("/api/posts/feed?cursor=".utf8) + bytes)
                    try expectProblem(reply, what)
                    count += 1
                }
                let replacements = Array("AZaz09-_+/=.,;:!*'()~@$%&#".utf8)
                for index in cursor.indices {
                    for bit in 0..<7 {
                        var altered = cursor
                        altered[index] ^= 1 << UInt8(bit)
                        // What can't stand in a request line ends it; another test sends such lines.
                        guard altered[index] > 0x20, altered[index] < 0x7f,
                            altered[index] != UInt8(ascii: "#"),
                            altered[index] != UInt8(ascii: "&")
                        else { continue }
                        try await refused(altered, "bit \(bit) of byte \(index)")
                    }
                    for byte in replacements where byte != cursor[index] {
                        var altered = cursor
                        altered[index] = byte
                        if byte == UInt8(ascii: "#") || byte == UInt8(ascii: "&"), index == 0 { continue }
                        try await refused(altered, "byte \(index) as \(byte)")
                    }
                    if index > 0 { try await refused(Array(cursor[..<index]), "cut to \(index)") }
                    try await refused(
                        cursor[..<index] + Array("%00".utf8) + cursor[index...], "NUL at \(index)")
                }
                for padding in ["=", "==", "%3D", "+", "%20", "%0A", "A", "AA"] {
                    try await refused(cursor + Array(padding.utf8), "with \(padding)")
                }
                for length in [1, 127, 128, 129, 1_000, 8_000] {
                    try await refused(Array(repeating: UInt8(ascii: "A"), count: length), "\(length) letters")
                }
                #expect(count > 1_000)
            }
            #expect(try await server.get("/healthz").status == 200)
        }
    }

    @Test func randomTargets() async throws {
        try await withServer { server in
            var generator = SeededGenerator(seed: 7)
            let good = Array("/api/posts/feed?cursor=&page_size=20&order=newest".utf8)
            for _ in 0..<60 {
                // A connection each time that the server closes it, as it may on what is not HTTP.
                try await RawConnection.open(port: server.port) { session in
                    for _ in 0..<50 {
                        var target = good
                        for _ in 0..<Int.random(in: 1...4, using: &generator) {
                            let index = Int.random(in: 0..<target.count, using: &generator)
                            switch Int.random(in: 0..<3, using: &generator) {
                            case 0: target[index] = UInt8.random(in: 0x21...0x7e, using: &generator)
                            case 1: target.remove(at: index)
                            default:
                                target.insert(UInt8.random(in: 0x21...0xff, using: &generator), at: index)
                            }
                        }
                        guard let reply = try await session.get(target) else { return }
                        #expect(
                            [200, 400, 404, 422].contains(reply.status),
                            "\(String(decoding: target, as: UTF8.self))")
                    }
                }
            }
            #expect(try await server.get("/healthz").status == 200)
        }
    }

    @Test(arguments: [
        "/api/users/0/posts", "/api/users/01/posts", "/api/users/-1/posts",
        "/api/users/9007199254740992/posts",
        "/api/users/9223372036854775808/posts", "/api/users/a/posts/feed", "/api/users/%31/posts",
        "/api/users//posts", "/api/posts/0", "/api/posts/99999999999999999999", "/api/users/1e3", "/api",
        "/api/", "/api/posts/feed/feed", "/api/posts/1/feed", "/api/pages", "/static/../feed.css", "/static/",
    ])
    func pathsThatNameNothing(path: String) async throws {
        try await withServer { server in
            try await RawConnection.open(port: server.port) { session in
                let reply = try #require(try await session.get(path.utf8))
                #expect(reply.status == 404 && reply.json["code"] as? String == "not-found")
            }
        }
    }

    private func expectProblem(_ reply: RawConnection.Reply?, _ what: String) throws {
        let reply = try #require(reply, "closed after \(what)")
        #expect((400..<500).contains(reply.status), "\(what): \(reply.status) \(reply.body.prefix(200))")
        #expect(reply.headers["content-type"] == "application/problem+json", "\(what)")
        #expect(reply.json["code"] is String, "\(what)")
    }
}
