import NIOCore

/// What a connection is made to.
enum RedisEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// Name or numeric address without brackets, and a port from 1 to 65 535.
    case tcp(host: String, port: Int, tls: Bool)
    /// An absolute path.
    case unix(path: String)

    /// Longest name of a host in bytes (RFC 1035, section 2.3.4).
    static let maxHostLength = 255
    /// Longest path of a socket in bytes: `sockaddr_un` has room for 108, the zero at the end included.
    static let maxPathLength = 107

    /// For the log and for people. There is nothing secret in it.
    var description: String { "\(scheme)://\(place)" }

    /// What stands before the `://`.
    var scheme: String {
        switch self {
        case .tcp(_, _, let tls): tls ? "rediss" : "redis"
        case .unix: "unix"
        }
    }

    /// What stands behind the `://`.
    var place: String {
        switch self {
        case .tcp(let host, let port, _): "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        case .unix(let path): path
        }
    }

    /// The name for TLS, if the host has one: a numeric address is not sent (RFC 6066, section 3).
    var serverName: String? {
        guard case .tcp(let host, _, _) = self else { return nil }
        // The error says that the host is no numeric address, which is the question.
        let isNumeric = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return isNumeric ? nil : host
    }

    /// Whether a text can be a name or a numeric address. Resolving it is what finally tells.
    static func isHost(_ text: some StringProtocol) -> Bool {
        guard (1...maxHostLength).contains(text.utf8.count) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"),
                UInt8(ascii: ":"), UInt8(ascii: "%"):
                true
            default:
                false
            }
        }
    }
}
