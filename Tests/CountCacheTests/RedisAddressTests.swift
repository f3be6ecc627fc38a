import Testing

@testable import CountCache

@Suite struct RedisAddressTests {
    @Test(
        arguments: [
            ("redis://localhost", "localhost", 6379, nil, nil, 0),
            ("redis://127.0.0.1:7000/3", "127.0.0.1", 7000, nil, nil, 3),
            ("redis://[::1]:7000/", "::1", 7000, nil, nil, 0),
            ("redis://:p%40ss%2F@cache", "cache", 6379, nil, "p@ss/", 0),
            ("REDIS://me:a:b@cache:1/65535", "cache", 1, "me", "a:b", 65_535),
        ] as [(String, String, Int, String?, String?, Int)])
    func isRead(text: String, host: String, port: Int, user: String?, password: String?, database: Int) throws
    {
        let address = try RedisAddress(text)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.user == user)
        #expect(address.password == password)
        #expect(address.database == database)
    }

    @Test(
        arguments: [
            ("", .scheme), ("localhost:6379", .scheme), ("http://localhost", .scheme),
            ("rediss://localhost", .tlsNotSupported), ("unix:///run/redis.sock", .unixSocketNotSupported),
            ("redis://", .host), ("redis://:6379", .host), ("redis://[::1", .host),
            ("redis://a/b@c", .credentials),
            ("redis://host:", .port), ("redis://host:0", .port), ("redis://host:65536", .port),
            ("redis://host:+1", .port), ("redis://host:01", .port), ("redis://host/x", .database),
            ("redis://host/-1", .database), ("redis://host/1/2", .database),
            ("redis://host?db=1", .character),
            ("redis://ho st", .character), ("redis://user@host", .credentials),
            ("redis://user:@host", .credentials),
            ("redis://:%zz@host", .credentials), ("redis://:%ff@host", .credentials),
            ("redis://" + String(repeating: "a", count: 2048), .tooLong),
        ] as [(String, InvalidRedisAddress.Reason)])
    func isRefused(text: String, reason: InvalidRedisAddress.Reason) {
        #expect(throws: InvalidRedisAddress(reason: reason)) { try RedisAddress(text) }
    }

    @Test func keepsThePasswordToItself() throws {
        let address = try RedisAddress("redis://somebody:secret@host")
        var dumped = ""
        dump(address, to: &dumped)
        for text in ["\(address)", String(reflecting: address), dumped] {
            #expect(!text.contains("secret"))
            #expect(!text.contains("somebody"))
        }
        #expect(throws: InvalidRedisAddress.self) { try RedisAddress("redis://u:se/cret@host") }
        do { _ = try RedisAddress("redis://u:se/cret@host") } catch { #expect(!"\(error)".contains("cret")) }
    }
}
