import Crypto

/// The name of one count: whose it is, what version of its meaning, and which collection it counts.
public struct CountKey: Hashable, Sendable, CustomStringConvertible {
    /// Longest namespace, in bytes.
    public static let maxNamespaceLength = 32
    /// Longest collection, in bytes.
    public static let maxCollectionLength = 4096
    /// Highest version.
    public static let maxVersion = 9999
    /// Version of what this library stores under a key. It is part of every key's name, so that a release that
    /// stores something else never reads this one's values.
    static let format = 2
    /// Hexadecimal digits of the collection's digest: 128 bits of SHA-256, so that no two collections of one
    /// namespace meet.
    private static let digestLength = 32
    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// Whose count it is.
    public let namespace: String
    /// The version of the collection's meaning.
    public let version: Int
    /// What is counted.
    public let collection: String
    /// Rows that are counted at most, or `nil` for all of them.
    let cap: Int?

    /// For people: `feedserver/posts:published`. Not the name in Redis.
    public var description: String {
        cap.map { "\(namespace)/\(collection) up to \($0)" } ?? "\(namespace)/\(collection)"
    }

    /// - Parameters:
    ///   - collection: what is counted, with its filters: any text of 1 to ``maxCollectionLength`` bytes. Equal
    ///     texts are equal counts.
    ///   - namespace: whose count it is: 1 to ``maxNamespaceLength`` of `A-Z a-z 0-9 . _ -`.
    ///   - version: 1 to ``maxVersion``. Raise it when the same collection comes to mean something else, so that
    ///     old and new processes do not read each other's counts.
    /// - Throws: ``InvalidCountKey`` when a part is empty, too long, or has another character.
    public init(
        collection: String,
        namespace: String = "feedserver",
        version: Int = 1
    ) throws(InvalidCountKey) {
        guard (1...Self.maxNamespaceLength).contains(namespace.utf8.count),
            namespace.utf8.allSatisfy(Self.isNameByte)
        else { throw InvalidCountKey(part: .namespace) }
        guard (1...Self.maxVersion).contains(version) else { throw InvalidCountKey(part: .version) }
        guard (1...Self.maxCollectionLength).contains(collection.utf8.count) else {
            throw InvalidCountKey(part: .collection)
        }
        self.init(namespace: namespace, version: version, collection: collection, cap: nil)
    }

    private init(namespace: String, version: Int, collection: String, cap: Int?) {
        self.namespace = namespace
        self.version = version
        self.collection = collection
        self.cap = cap
    }

    /// The key of the same count, stopped at a number of rows. Two caps are two counts.
    func capped(at cap: Int) -> CountKey {
        CountKey(namespace: namespace, version: version, collection: collection, cap: cap)
    }

    /// The name in Redis of the count itself: `{feedserver:2.1:<digest>}`, namespace, format and version, digest of
    /// the collection; `:1000` behind it for a count that stops at 1 000. The braces are a hash tag: all keys of
    /// one collection lie in the same cluster slot (Redis cluster specification, "Hash tags").
    public var redisKey: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(Self.digestLength)
        for byte in SHA256.hash(data: Array(collection.utf8)).prefix(Self.digestLength / 2) {
            digits += [Self.hexDigits[Int(byte >> 4)], Self.hexDigits[Int(byte & 0xF)]]
        }
        let digest = String(decoding: digits, as: UTF8.self)
        let tag = "{\(namespace):\(Self.format).\(version):\(digest)}"
        return cap.map { "\(tag):\($0)" } ?? tag
    }

    /// The name in Redis of the lease: who may count.
    public var redisLeaseKey: String { redisKeys[1] }

    /// ``redisKey`` and ``redisLeaseKey``.
    var redisKeys: [String] {
        let key = redisKey
        return [key, "\(key):lease"]
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default:
            false
        }
    }
}

/// A ``CountKey`` that cannot be.
public struct InvalidCountKey: Error, Equatable, CustomStringConvertible {
    /// The part that is wrong.
    public enum Part: String, Sendable {
        case namespace, version, collection
    }

    public let part: Part

    public var description: String {
        "the \(part) of a count key is empty, too long, out of range, or has a character that is not allowed"
    }
}
