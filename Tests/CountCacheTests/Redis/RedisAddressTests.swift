import Testing

@testable import CountCache

@Suite struct RedisAddressTests {
    @Test(
        arguments: [
            ("redis://localhost", "localhost", 6379, false, nil, nil, 0),
            ("redis://127.0.0.1:7000/3", "127.0.0.1", 7000, false, nil, nil, 3),
            ("redis://[::1]:7000/", "::1", 7000, false, nil, nil, 0),
            ("redis://:p%40ss%2F@cache", "cache", 6379, false, nil, "p@ss/", 0),
            ("REDIS://me:a:b@cache:1/65535", "cache", 1, false, "me", "a:b", 65_535),
            ("rediss://cache", "cache", 6379, true, nil, nil, 0),
            ("rediss://me:secret@[::1]/7", "::1", 6379, true, "me", "secret", 7),
        ] as [(String, String, Int, Bool, String?, String?, Int)])
    func tcpIsRead(
        text: String, host: String, port: Int, tls: Bool, user: String?, password: String?, database: Int
    ) throws {
        let address = try RedisAddress(text)
        #expect(address.endpoint == .tcp(host: host, port: port, tls: tls))
        #expect(address.usesTLS == tls)
        #expect(address.user == user)
        #expect(address.password == password)
        #expect(address.database == database)
    }

    @Test(
        arguments: [
            ("unix:///run/redis.sock", "/run/redis.sock", nil, nil, 0),
            ("unix:///s?db=12", "/s", nil, nil, 12),
            ("unix://:secret@/s", "/s", nil, "secret", 0),
            ("UNIX://me:a%3Ab@/a%20b%3F%40/s@t?db=0", "/a b?@/s@t", "me", "a:b", 0),
        ] as [(String, String, String?, String?, Int)])
    func unixIsRead(text: String, path: String, user: String?, password: String?, database: Int) throws {
        let address = try RedisAddress(text)
        #expect(address.endpoint == .unix(path: path))
        #expect(!address.usesTLS)
        #expect(address.user == user)
        #expect(address.password == password)
        #expect(address.database == database)
    }

    @Test(
        arguments: [
            ("", .scheme), ("localhost:6379", .scheme), ("http://localhost", .scheme),
            ("redis+unix:///s", .scheme), ("redis-socket:///s", .scheme), ("redis:/host", .scheme),
            ("unix+cluster:///s", .scheme), ("redis+clusters://h", .scheme), ("redis+cluster://", .host),
            ("redis://", .host), ("redis://:6379", .host), ("redis://[::1", .host), ("rediss://", .host),
            ("redis://" + String(repeating: "a", count: 256), .host),
            ("redis://a/b@c", .credentials),
            ("redis://host:", .port), ("redis://host:0", .port), ("redis://host:65536", .port),
            ("redis://host:+1", .port), ("redis://host:01", .port), ("redis://host/x", .database),
            ("redis://host/-1", .database), ("redis://host/1/2", .database),
            ("redis://host?db=1", .character),
            ("redis://ho st", .character), ("redis://user@host", .credentials),
            ("redis://user:@host", .credentials),
            ("redis://:%zz@host", .credentials), ("redis://:%ff@host", .credentials),
            ("redis://" + String(repeating: "a", count: 2048), .tooLong),
            ("unix://", .path), ("unix://run/redis.sock", .path), ("unix://host:1/s", .path),
            ("unix:///", .path), ("unix:///run/", .path), ("unix:///a%00b", .path), ("unix:///%zz", .path),
            ("unix:///" + String(repeating: "a", count: 107), .path),
            ("unix://me@/s", .credentials), ("unix://me:@/s", .credentials),
            ("unix:///s?", .query), ("unix:///s?database=1", .query), ("unix:///s?db=", .database),
            ("unix:///s?db=1&db=2", .database), ("unix:///s?db=65536", .database),
            ("unix:///s#x", .character),
        ] as [(String, InvalidRedisAddress.Reason)])
    func isRefused(text: String, reason: InvalidRedisAddress.Reason) {
        #expect(throws: InvalidRedisAddress(reason: reason)) { try RedisAddress(text) }
    }

    @Test(arguments: [
        ("redis://h", false, false), ("rediss://h", false, true), ("redis+cluster://h", true, false),
        ("rediss+cluster://u:p@h:1", true, true), ("Redis+Cluster://h", true, false),
        ("unix:///s", false, false),
    ])
    func aClusterIsNamed(text: String, isCluster: Bool, usesTLS: Bool) throws {
        let address = try RedisAddress(text)
        #expect(address.isCluster == isCluster)
        #expect(address.usesTLS == usesTLS)
    }

    @Test func longestPathIsRead() throws {
        _ = try RedisAddress("unix:///" + String(repeating: "a", count: 106))
    }

    @Test(arguments: [
        ("redis://[::1]", "redis://[::1]:6379/0"), ("rediss://u:p@host/2", "rediss://host:6379/2"),
        ("unix://u:p@/s?db=2", "unix:///s?db=2"),
        ("redis+cluster://u:p@[::1]", "redis+cluster://[::1]:6379/0"),
        ("rediss+cluster://h", "rediss+cluster://h:6379/0"),
    ])
    func isShown(text: String, description: String) throws {
        #expect(try RedisAddress(text).description == description)
    }

    @Test(arguments: ["redis://somebody:secret@host", "unix://somebody:secret@/path"])
    func keepsThePasswordToItself(url: String) throws {
        let address = try RedisAddress(url)
        var dumped = ""
        dump(RedisConfiguration(address: address), to: &dumped)
        dump(address, to: &dumped)
        for text in [
            "\(address)", String(reflecting: address), dumped, "\(RedisConfiguration(address: address))",
        ] {
            #expect(!text.contains("secret"))
            #expect(!text.contains("somebody"))
        }
        for bad in ["redis://u:se/cret@host", "unix://u:se/cret@/path", "redis://u:secret@ho st"] {
            do {
                _ = try RedisAddress(bad)
                Issue.record("taken")
            } catch {
                #expect(!"\(error)".contains("cret"))
            }
        }
    }

    @Test func numericHostsHaveNoServerName() {
        func name(_ host: String) -> String? {
            RedisEndpoint.tcp(host: host, port: 1, tls: true).serverName
        }
        #expect(name("127.0.0.1") == nil)
        #expect(name("::1") == nil)
        #expect(name("localhost") == "localhost")
        #expect(RedisEndpoint.unix(path: "/s").serverName == nil)
    }
}

@Suite struct RedisConfigurationTests {
    @Test func boundsAreKept() throws {
        func isRefused(_ setting: String, _ change: (inout RedisConfiguration) -> Void) throws {
            var configuration = RedisConfiguration(address: try RedisAddress("redis://host"))
            try configuration.validate()
            change(&configuration)
            #expect {
                try configuration.validate()
            } throws: {
                ($0 as? InvalidCountCacheConfiguration)?.setting == setting
            }
        }
        try isRefused("connectTimeout") { $0.connectTimeout = .zero }
        try isRefused("commandTimeout") { $0.commandTimeout = .seconds(61) }
        try isRefused("probeInterval") { $0.probeInterval = .microseconds(1) }
        try isRefused("maxReplyBytes") { $0.maxReplyBytes = 63 }
    }
}
