extension RedisAddress {
    /// - Throws: ``InvalidRedisAddress``.
    public init(_ text: String) throws(InvalidRedisAddress) {
        guard text.utf8.count <= Self.maxLength else { throw .init(reason: .tooLong) }
        guard let schemeEnd = text.firstRange(of: "://") else { throw .init(reason: .scheme) }
        let rest = text[schemeEnd.upperBound...]
        switch text[..<schemeEnd.lowerBound].lowercased() {
        case "redis": self = try Self.tcp(rest, tls: false, isCluster: false)
        case "rediss": self = try Self.tcp(rest, tls: true, isCluster: false)
        case "redis" + Self.clusterMark: self = try Self.tcp(rest, tls: false, isCluster: true)
        case "rediss" + Self.clusterMark: self = try Self.tcp(rest, tls: true, isCluster: true)
        case "unix": self = try Self.unix(rest)
        default: throw .init(reason: .scheme)
        }
    }

    /// `[user:password@]host[:port][/database]`
    private static func tcp(
        _ text: Substring, tls: Bool, isCluster: Bool
    ) throws(InvalidRedisAddress) -> RedisAddress {
        guard isPlain(text), !text.utf8.contains(UInt8(ascii: "?")) else { throw .init(reason: .character) }
        var rest = text
        var login: (user: String?, password: String?)
        if let at = rest.lastIndex(of: "@") {
            login = try credentials(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        var database = 0
        if let slash = rest.firstIndex(of: "/") {
            let path = rest[rest.index(after: slash)...]
            if !path.isEmpty { database = try number(path, in: 0...maxDatabase, else: .database) }
            rest = rest[..<slash]
        }
        let (host, port) = try hostAndPort(rest)
        return RedisAddress(
            endpoint: .tcp(host: host, port: port, tls: tls),
            user: login.user,
            password: login.password,
            database: database,
            isCluster: isCluster
        )
    }

    /// `[user:password@]/path[?db=database]`
    private static func unix(_ text: Substring) throws(InvalidRedisAddress) -> RedisAddress {
        guard isPlain(text) else { throw .init(reason: .character) }
        guard let slash = text.firstIndex(of: "/") else { throw .init(reason: .path) }
        var login: (user: String?, password: String?)
        let authority = text[..<slash]
        if !authority.isEmpty {
            guard authority.last == "@" else { throw .init(reason: .path) }
            login = try credentials(authority.dropLast())
        }
        var encodedPath = text[slash...]
        var database = 0
        if let mark = encodedPath.firstIndex(of: "?") {
            let query = encodedPath[encodedPath.index(after: mark)...]
            guard query.hasPrefix("db=") else { throw .init(reason: .query) }
            database = try number(query.dropFirst(3), in: 0...maxDatabase, else: .database)
            encodedPath = encodedPath[..<mark]
        }
        guard let path = percentDecoded(encodedPath), !path.hasSuffix("/"),
            !path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }),
            path.utf8.count <= RedisEndpoint.maxPathLength
        else { throw .init(reason: .path) }
        return RedisAddress(
            endpoint: .unix(path: path),
            user: login.user,
            password: login.password,
            database: database,
            isCluster: false
        )
    }

    private static func isPlain(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }
    }

    private static func credentials(_ text: Substring) throws(InvalidRedisAddress) -> (String?, String?) {
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
        guard RedisEndpoint.isHost(host) else { throw .init(reason: .host) }
        guard let port else { return (String(host), defaultPort) }
        return (String(host), try number(port, in: 1...65_535, else: .port))
    }

    private static func number(
        _ text: Substring,
        in bounds: ClosedRange<Int>,
        else reason: InvalidRedisAddress.Reason
    ) throws(InvalidRedisAddress) -> Int {
        guard let number = StrictDecimal.number(text.utf8), bounds.contains(Int(number)) else {
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
