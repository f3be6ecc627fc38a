import Foundation
import TestSupport
import Testing

@testable import FeedServer

/// For which hosts requests are answered.
@Suite struct HostListTests {
    @Test(arguments: [
        (
            "example.com",
            [
                "example.com", "EXAMPLE.com", "example.com:80", "example.com:8443", "example.com:",
                "example.com.",
                "Example.com.:8443",
            ]
        ),
        ("example.com.", ["example.com", "example.com.", "example.com:80"]),
        ("example.com:8443", ["example.com:8443", "Example.Com:8443"]),
        ("a.example, b.example ,\tc.example", ["a.example", "b.example:1", "c.example"]),
        ("*.example.com", ["a.example.com", "a.b.EXAMPLE.com:80", "a.example.com."]),
        // Clients leave out the standard port.
        ("*.example.com:443", ["a.example.com:443", "a.example.com", "a.example.com:"]),
        ("example.com:80", ["example.com:80", "example.com"]),
        ("127.0.0.1:8080", ["127.0.0.1:8080"]), ("[::1]", ["[::1]", "[::1]:8080"]),
        ("[2001:DB8::1]:443", ["[2001:db8::1]:443"]), ("local_host", ["local_host"]),
    ])
    func aHostOfTheListIsAnswered(list: String, hosts: [String]) throws {
        let hostList = try #require(HostList(list))
        for host in hosts { #expect(hostList.contains(host), "\(host)") }
        for host in [
            nil, "", "example.org", "example.com.example.org", "xexample.com", "xexample.com:8443", "exampl",
            ".example.org", "a.example.comx", "example.com..", ".", "me@example.com", "example.com:8443:1",
            "a.examples",
            "[::1", "[::1]x", "[::2]", "::1", "127.0.0.1:80800", "127.0.0.2", "*", "example.com\u{301}",
        ] {
            #expect(!hostList.contains(host), "\(host ?? "nil")")
        }
    }

    @Test func aPortAndADomainAreNotOptional() throws {
        let exact = try #require(HostList("example.com:8443"))
        for host in ["example.com", "example.com:", "example.com:443"] { #expect(!exact.contains(host)) }
        let standard = try #require(HostList("example.com:443"))
        for host in ["example.com:80", "example.com:8443"] { #expect(!standard.contains(host)) }
        let domain = try #require(HostList("*.example.com"))
        for host in ["example.com", ".example.com", "example.com:80"] { #expect(!domain.contains(host)) }
    }

    @Test(arguments: [
        ",", "a,", ",a", "a b", "*", "*.", "a.*", "**.a", ".example.com", "*..a", "a..b", "a..", ".", "*.a..",
        "http://a", "a/", "a:", "a:x", "a:70000", "a:-1",
        "a:1:2",
        "[::1", "::1", "[::1]x", "ä.example", "user@a", " ",
    ])
    func whatIsNoHostIsAnError(list: String) async {
        #expect(HostList(list) == nil)
        let error = await #expect(throws: ConfigurationError.self) {
            try await ServerConfiguration(
                arguments: [.hosts: list], environment: [:], environmentFile: "/nonexistent/.env")
        }
        #expect(error?.description.contains("--hosts (FEED_HOSTS)") == true)
    }

    @Test func otherHostsAreMisdirectedWhateverTheyAskFor() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: folder)
        let settings: [ConfigurationKey: String] = [.hosts: "feed.example, *.feed.example:8443"]
        // On the event loop, and behind the framework.
        let targets = [
            "/api/posts/feed", "/api/posts/feed?cursor=x", "/api/users/1/posts/feed", "/api/posts",
            "/api/posts/1",
            "/", "/nothing", "/healthz", "/metrics", "/static/feed.js",
        ]
        try await TestServer.run(settings: settings, database: database) { server in
            try await RawConnection.open(port: server.port) { session in
                for target in targets {
                    try await session.send("GET \(target) HTTP/1.1\r\nHost: FEED.example:80\r\n\r\n".utf8)
                    let right = try #require(try await session.reply())
                    #expect(right.status != 421, "\(target)")
                    for head in [
                        "\(target) HTTP/1.1\r\nHost: evil.example\r\nAccept: text/html",
                        "\(target) HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)",
                        "\(target) HTTP/1.1\r\nHost: a.feed.example",
                        "\(target) HTTP/1.1\r\nHost:",
                        "\(target) HTTP/1.1\r\nX: no host at all",
                        // What a target says itself counts.
                        "http://evil.example\(target) HTTP/1.1\r\nHost: feed.example",
                    ] {
                        try await session.send("GET \(head)\r\n\r\n".utf8)
                        let reply = try #require(try await session.reply(), "\(head)")
                        #expect(reply.status == 421, "\(head)")
                        #expect(reply.headers["content-type"] == "application/problem+json", "\(head)")
                        #expect(reply.json["code"] as? String == "misdirected-request", "\(head)")
                    }
                    let absolute =
                        "GET http://a.feed.example:8443\(target) HTTP/1.1\r\nHost: evil.example\r\n\r\n"
                    try await session.send(absolute.utf8)
                    let same = try #require(try await session.reply())
                    #expect(same.status == right.status, "\(target)")
                }
            }
        }
    }

    @Test func withoutAListEveryHostIsAnswered() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let database = try SampleDatabase.make(dates: SampleDatabase.tiedDates, in: folder)
        try await TestServer.run(database: database) { server in
            try await RawConnection.open(port: server.port) { session in
                for field in ["Host: evil.example\r\n", "Host:\r\n", ""] {
                    for target in ["/api/posts/feed", "/healthz"] {
                        try await session.send("GET \(target) HTTP/1.1\r\n\(field)\r\n".utf8)
                        #expect(try await session.reply()?.status == 200, "\(target) \(field)")
                    }
                }
            }
        }
    }
}
