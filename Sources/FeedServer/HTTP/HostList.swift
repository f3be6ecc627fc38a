/// The hosts that are answered (RFC 9110, section 7.4): a name that somebody else has pointed at this server, by DNS
/// rebinding for instance, gets nothing here.
struct HostList: Sendable {
    private struct Host: Sendable {
        /// Without a dot at its end; of a whole domain, with the dot that it begins with.
        var name: String
        var isDomain: Bool
        /// `nil` for every port.
        var port: String?
    }

    /// What clients leave out, of `http` and of `https`: a proxy in front may speak either.
    private static let standardPorts = ["80", "443"]

    private let hosts: [Host]

    /// - Parameter text: hosts separated by commas: `example.com`, `example.com:8443`, `[::1]`, and `*.example.com`
    ///   for every name below, but not for `example.com` itself.
    /// - Returns: `nil` where it is none of that.
    init?(_ text: String) {
        var hosts: [Host] = []
        for element in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let host = Self.host(element.withoutBlanks) else { return nil }
            hosts.append(host)
        }
        self.hosts = hosts
    }

    /// Whether a request is for one of them.
    ///
    /// - Parameter authority: the value of the `Host` field.
    func contains(_ authority: String?) -> Bool {
        guard let authority else { return false }
        let (fullName, port) = Self.parts(authority.utf8[...])
        if let port, !port.allSatisfy(Self.isDigit) { return false }
        let name = Self.withoutRoot(fullName)
        let isPortLeftOut = port?.isEmpty ?? true
        return hosts.contains { host in
            if let expected = host.port {
                let isSame =
                    isPortLeftOut ? Self.standardPorts.contains(expected) : port?.isText(expected) == true
                if !isSame { return false }
            }
            guard host.isDomain else { return name.isText(inAnyCase: host.name) }
            return name.count > host.name.utf8.count
                && name.suffix(host.name.utf8.count).isText(inAnyCase: host.name)
        }
    }

    private static func host(_ text: Substring.UTF8View) -> Host? {
        let (fullName, port) = parts(text)
        if let port, !port.allSatisfy(isDigit) || UInt16(Substring(port)) == nil { return nil }
        let name = withoutRoot(fullName)
        let isDomain = name.starts(with: "*.".utf8)
        let rest = isDomain ? name.dropFirst() : name
        let isAddress = name.first == UInt8(ascii: "[") && name.last == UInt8(ascii: "]")
        guard isAddress || isName(isDomain ? rest.dropFirst() : rest) else { return nil }
        return Host(
            name: String(Substring(rest)), isDomain: isDomain, port: port.map { String(Substring($0)) })
    }

    /// `example.com.`, with the root of all names at its end, is the same host.
    private static func withoutRoot(_ name: Substring.UTF8View) -> Substring.UTF8View {
        name.last == UInt8(ascii: ".") ? name.dropLast() : name
    }

    /// Without an empty label: `.example.com` would be a host that nobody asks for.
    private static func isName(_ text: Substring.UTF8View) -> Bool {
        text.allSatisfy(isOfName)
            && text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty
            }
    }

    /// An address of IPv6 stands in brackets (RFC 3986, section 3.2.2).
    private static func parts(
        _ authority: Substring.UTF8View
    ) -> (name: Substring.UTF8View, port: Substring.UTF8View?) {
        let end: Substring.UTF8View.Index
        if authority.first == UInt8(ascii: "["), let bracket = authority.firstIndex(of: UInt8(ascii: "]")) {
            end = authority.index(after: bracket)
        } else {
            end = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
        }
        guard end < authority.endIndex, authority[end] == UInt8(ascii: ":") else {
            // What follows a bracket without a colon belongs to no name at all.
            return (end < authority.endIndex ? authority : authority[..<end], nil)
        }
        return (authority[..<end], authority[end...].dropFirst())
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: isDigit(byte)
        }
    }
}
