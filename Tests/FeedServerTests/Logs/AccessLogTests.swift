import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import FeedServer

/// What is logged of a request, and what is nobody's business.
@Suite struct AccessLogTests {
    /// What the lines say that is logged of requests.
    private func logged(_ requests: [(HTTPRequest.Method, String)]) async throws -> [String] {
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: "access.log")
        try Data().write(to: file)
        let output = LogOutput(try FileHandle(forWritingTo: file))
        let log = AccessLog(output: output)
        for (method, path) in requests {
            let head = HTTPRequest(method: method, scheme: "http", authority: "h", path: path)
            log.add(head: head, status: .ok, bytes: 7, microseconds: 9)
        }
        try await output.flush()
        return String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n").map {
            // Behind the time, and before the numbers.
            $0.split(separator: " ").dropFirst().dropLast(3).joined(separator: " ")
        }
    }

    private func logged(_ path: String, method: HTTPRequest.Method = .get) async throws -> String? {
        try await logged([(method, path)]).first
    }

    @Test func whatCollectionsKnowIsLogged() async throws {
        let targets = [
            "/api/posts?skip=40&limit=10&order=oldest", "/api/users/1/posts?status=draft&skip=0",
            "/api/users/7/posts/pages?page=2&page_size=5&order=newest&status=published",
            "/api/posts/feed?cursor=abc&page_size=5&total=true", "/api/users/feed?cursor=", "/api/posts",
        ]
        #expect(try await logged(targets.map { (.get, $0) }) == targets.map { "GET \($0)" })
        #expect(try await logged("/api/posts?skip=1", method: .head) == "HEAD /api/posts?skip=1")
    }

    @Test(arguments: [
        ("/api/posts?access_token=secret", "/api/posts"), ("/api/posts?secret", "/api/posts"),
        ("/api/posts?skip=1&password=secret&limit=2", "/api/posts?skip=1&limit=2"),
        ("/api/posts/feed?token=secret&cursor=a&cursor=b", "/api/posts/feed?cursor=a&cursor=b"),
        // Of another way of paging, of another collection, and escaped.
        ("/api/posts/feed?skip=secret", "/api/posts/feed"), ("/api/users?order=secret", "/api/users"),
        ("/api/posts?%73kip=secret", "/api/posts"), ("/api/posts?Skip=secret", "/api/posts"),
        ("/api/posts?skip=1#access_token=secret", "/api/posts?skip=1"),
        ("/api/posts#access_token=secret?skip=1", "/api/posts"), ("/api/posts?", "/api/posts"),
        // No collections.
        ("/api/users/me?access_token=secret", "/api/users/me"), ("/api/posts/1?skip=secret", "/api/posts/1"),
        ("/api/users/token?password=secret", "/api/users/token"),
        ("/api/users/1/picture?access_token=secret", "/api/users/1/picture"),
        ("/login?next=secret", "/login"), ("/?cursor=secret", "/"),
        ("/api/unheard-of?a=secret", "/api/unheard-of"),
    ])
    func nothingElseOfAQueryIs(target: String, shown: String) async throws {
        #expect(try await logged(target) == "GET \(shown)")
    }

    @Test func whatIsWrittenHasNoQuery() async throws {
        for method in [HTTPRequest.Method.post, .put, .patch, .delete] {
            #expect(
                try await logged("/api/posts?skip=secret", method: method) == "\(method.rawValue) /api/posts")
        }
    }
}
