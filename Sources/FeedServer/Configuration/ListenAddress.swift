/// Where a server listens: `127.0.0.1:9090`, `[::1]:9090` or `localhost:9090`.
struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// Without brackets.
    var host: String
    /// 0 for a free one.
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Returns: `nil` for what is no address, or has no port.
    init?(_ text: String) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(digits)
        else { return nil }
        let host = text[..<colon]
        let isBracketed = host.utf8.first == UInt8(ascii: "[") && host.utf8.last == UInt8(ascii: "]")
        // Without brackets, the end of an address of IPv6 would be taken for a port.
        guard isBracketed ? host.utf8.count > 2 : !host.isEmpty && !host.utf8.contains(UInt8(ascii: ":"))
        else {
            return nil
        }
        self.init(host: String(isBracketed ? host.dropFirst().dropLast() : host), port: Int(port))
    }

    var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
