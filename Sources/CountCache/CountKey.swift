/// The name of one count: whose it is, the version of what is stored under it, and which collection it counts.
public struct CountKey: Hashable, Sendable, CustomStringConvertible {
    /// Longest namespace, in bytes.
    public static let maxNamespaceLength = 32
    /// Longest collection name, in bytes: room for a SHA-512 in hexadecimal digits.
    public static let maxCollectionLength = 128
    /// Highest schema version.
    public static let maxVersion = 9999

    /// The key in Redis, `{feedserver:v1:posts}`. The braces are a hash tag: every key that contains them lies in
    /// the same cluster slot (Redis cluster specification, "Hash tags").
    public let redisKey: String

    public var description: String { redisKey }

    /// - Parameters:
    ///   - collection: name or digest of what is counted: 1 to ``maxCollectionLength`` of `A-Z a-z 0-9 . _ : -`.
    ///   - namespace: whose count it is: 1 to ``maxNamespaceLength`` of the same characters without `:`.
    ///   - version: 1 to ``maxVersion``. Raise it when the same name comes to mean something else, so that old and
    ///     new processes do not read each other's counts.
    /// - Throws: ``InvalidCountKey`` when a part is empty, too long, or has another character.
    public init(
        collection: String,
        namespace: String = "feedserver",
        version: Int = 1
    ) throws(InvalidCountKey) {
        guard Self.isName(namespace, atMost: Self.maxNamespaceLength, colons: false) else {
            throw InvalidCountKey(part: .namespace)
        }
        guard (1...Self.maxVersion).contains(version) else {
            throw InvalidCountKey(part: .version)
        }
        guard Self.isName(collection, atMost: Self.maxCollectionLength, colons: true) else {
            throw InvalidCountKey(part: .collection)
        }
        redisKey = "{\(namespace):v\(version):\(collection)}"
    }

    private static func isName(_ text: String, atMost limit: Int, colons: Bool) -> Bool {
        guard (1...limit).contains(text.utf8.count) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            case UInt8(ascii: ":"):
                colons
            default:
                false
            }
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
