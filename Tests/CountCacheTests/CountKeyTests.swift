import Testing

@testable import CountCache

@Suite struct CountKeyTests {
    @Test(arguments: ["", String(repeating: "a", count: 4097)])
    func collectionIsRefused(collection: String) {
        #expect(throws: InvalidCountKey(part: .collection)) { try CountKey(collection: collection) }
    }

    @Test(arguments: ["", "a:b", "{a}", "a b", "ü", String(repeating: "a", count: 33)])
    func namespaceIsRefused(namespace: String) {
        #expect(throws: InvalidCountKey(part: .namespace)) {
            try CountKey(collection: "a", namespace: namespace)
        }
    }

    @Test(arguments: [0, -1, 10_000]) func versionIsRefused(version: Int) {
        #expect(throws: InvalidCountKey(part: .version)) { try CountKey(collection: "a", version: version) }
    }

    /// The name is a promise to other releases: SHA-256 of `posts`, its first half.
    @Test func nameInRedis() throws {
        let key = try CountKey(collection: "posts", namespace: "app", version: 7)
        let digest = "a44f1b975171163546d46ba5ca80652f"
        #expect(key.redisKey == "{app:2.7:\(digest)}")
        #expect(key.redisLeaseKey == "{app:2.7:\(digest)}:lease")
        #expect(key.capped(at: 1_000).redisKey == "{app:2.7:\(digest)}:1000")
        #expect(key.capped(at: 1_000).redisLeaseKey == "{app:2.7:\(digest)}:1000:lease")
    }

    @Test func anyTextNamesACollection() throws {
        let names = ["posts", "posts ", "{posts}", "ü", "a\u{0}b", "posts where user = 1\r\nDEL x"]
        let keys = try names.map { try CountKey(collection: $0) }
        #expect(Set(keys.map(\.redisKey)).count == names.count)
        #expect(
            keys.allSatisfy {
                $0.redisKey.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
                    && $0.redisKey.count(where: { $0 == "{" }) == 1
            })
    }

    @Test func keysDifferByEachPart() throws {
        let key = try CountKey(collection: "a", namespace: "n", version: 1)
        let others = [
            try CountKey(collection: "b", namespace: "n", version: 1),
            try CountKey(collection: "a", namespace: "m", version: 1),
            try CountKey(collection: "a", namespace: "n", version: 2), key.capped(at: 1),
        ]
        #expect(!others.contains(key))
        #expect(Set((others + [key]).map(\.redisKey)).count == 5)
        #expect(try key == CountKey(collection: "a", namespace: "n", version: 1))
    }
}
