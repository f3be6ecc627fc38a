/// Where Redis is and who we are to it: `redis://[user:password@]host[:port][/db]`, user and password
/// percent-encoded, a numeric IPv6 address in brackets.
///
/// The password cannot get into a log by accident: neither ``description`` nor a mirror shows it, and no error
/// repeats any part of the text.
public struct RedisAddress: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    public static let defaultPort = 6379
    /// Longest text in bytes.
    public static let maxLength = 2048
    /// Highest number of a database.
    public static let maxDatabase = 65_535

    /// Name or numeric address, without brackets.
    public let host: String
    /// 1 to 65 535.
    public let port: Int
    /// `nil` is Redis's default user.
    public let user: String?
    /// 0 to ``maxDatabase``.
    public let database: Int
    let password: String?

    /// Without user and password.
    public var description: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return "redis://\(host):\(port)/\(database)"
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror {
        Mirror(self, children: ["host": host, "port": port, "database": database])
    }

    /// - Throws: ``InvalidRedisAddress``.
    public init(_ text: String) throws(InvalidRedisAddress) {
        guard text.utf8.count <= Self.maxLength else { throw .init(reason: .tooLong) }
        guard let schemeEnd = text.firstRange(ofLiteral: "://") else { throw .init(reason: .scheme) }
        switch text[..<schemeEnd.lowerBound].lowercased() {
        case "redis": break
        case "rediss": throw .init(reason: .tlsNotSupported)
        case "unix", "redis+unix", "redis-socket": throw .init(reason: .unixSocketNotSupported)
        default: throw .init(reason: .scheme)
        }
        var rest = text[schemeEnd.upperBound...]
        guard
            rest.utf8.allSatisfy({
                $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
            })
        else { throw .init(reason: .character) }

        if let at = rest.lastIndex(of: "@") {
            (user, password) = try Self.credentials(rest[..<at])
            rest = rest[rest.index(after: at)...]
        } else {
            (user, password) = (nil, nil)
        }
        if let slash = rest.firstIndex(of: "/") {
            let path = rest[rest.index(after: slash)...]
            database = try path.isEmpty ? 0 : Self.number(path, in: 0...Self.maxDatabase, else: .database)
            rest = rest[..<slash]
        } else {
            database = 0
        }
        (host, port) = try Self.hostAndPort(rest)
    }

    private static func credentials(_ text: Substring) throws(InvalidRedisAddress) -> (String?, String) {
        guard let colon = text.firstIndex(of: ":"), !text.contains("/"),
            let user = percentDecoded(text[..<colon]),
            let password = percentDecoded(text[text.index(after: colon)...]), !password.isEmpty
        else { throw .init(reason: .credentials) }
        return (user.isEmpty ? nil : user, password)
    }

    private static func hostAndPort(_ text: Substring) throws(InvalidRedisAddress) -> (String, Int) {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw .init(reason: .host) }
            host = text[text.index(after: text.startIndex)..<end]
            let tail = text[text.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":"), host.contains(":") else { throw .init(reason: .host) }
            port = tail.isEmpty ? nil : tail.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !host.isEmpty, host.allSatisfy({ $0.isLetter || $0.isNumber || ".-_:%".contains($0) }) else {
            throw .init(reason: .host)
        }
        guard let port else { return (String(host), defaultPort) }
        return (String(host), try number(port, in: 1...65_535, else: .port))
    }

    private static func number(
        _ text: Substring,
        in bounds: ClosedRange<Int>,
        else reason: InvalidRedisAddress.Reason
    ) throws(InvalidRedisAddress) -> Int {
        guard let number = CountStamp.number(ArraySlice(text.utf8)), bounds.contains(Int(number)) else {
            throw .init(reason: reason)
        }
        return Int(number)
    }

    /// RFC 3986, section 2.1; `nil` for a `%` without two hexadecimal digits, or if UTF-8 does not come out.
    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue)
            else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        Character(UnicodeScalar(digit)).hexDigitValue.map(UInt8.init)
    }
}

/// A text that is no ``RedisAddress``. It says why and repeats nothing: a password may be in any part of a URL that
/// is badly written.
public struct InvalidRedisAddress: Error, Equatable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: String, Sendable {
        case scheme = "it does not begin with redis://"
        case tlsNotSupported = "rediss:// (TLS) is not supported yet"
        case unixSocketNotSupported = "Unix domain sockets are not supported yet"
        case tooLong = "it is too long"
        case character = "it has a character that is not allowed (blank, control, not ASCII, ? or #)"
        case credentials = "before the @ there must be user:password or :password, percent-encoded"
        case host = "the host is missing or not valid"
        case port = "the port is not a number from 1 to 65535"
        case database = "the database is not a number from 0 to 65535"
    }

    public let reason: Reason

    public var description: String {
        "not an address of Redis (redis://[user:password@]host[:port][/db]): \(reason.rawValue)"
    }
}

extension String {
    fileprivate func firstRange(ofLiteral literal: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(literal) { return start..<index(start, offsetBy: literal.count) }
            start = index(after: start)
        }
        return nil
    }
}
