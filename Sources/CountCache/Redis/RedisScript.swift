import Crypto

/// A script for Redis to run as one step that nothing comes between.
struct RedisScript: Sendable, Equatable {
    let source: String
    /// SHA-1 of the source in 40 lower-case hexadecimal digits: the name that Redis gives it.
    let digest: String

    init(_ source: String) {
        self.source = source
        digest = Insecure.SHA1.hash(data: Array(source.utf8)).hexadecimalDigits
    }
}

/// A script with its arguments, for the keys of one count.
struct RedisScriptCall: Sendable, Equatable {
    let script: RedisScript
    /// Of one hash slot, because a cluster runs a script on one node: see ``CountKey/redisKey``.
    let keys: [String]
    let arguments: [String]
}

extension Sequence<UInt8> {
    fileprivate var hexadecimalDigits: String {
        var text = ""
        for byte in self {
            if byte < 16 { text.append("0") }
            text.append(String(byte, radix: 16))
        }
        return text
    }
}
