import Foundation
import HTTPTypes
import NIOCore

/// The IP address that a client is known by, for limiting. An IPv4 address is the same as the IPv6
/// address that it is mapped to (RFC 4291 §2.5.5.2).
struct ClientAddress: Hashable, Sendable {
    /// Longer text is no address and port.
    private static let maximumLength = 64

    /// Of a client without one: behind a Unix domain socket, and no proxy tells.
    static let unknown = ClientAddress(high: 0, low: 0)

    /// The IPv6 address, in host byte order.
    let high: UInt64
    let low: UInt64

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    private init(ipv4: UInt32) {
        self.init(high: 0, low: Self.mappedPrefix | UInt64(ipv4))
    }

    /// The upper half of ::ffff:0:0/96's lower 64 bits.
    private static let mappedPrefix: UInt64 = 0xffff << 32

    private var isIPv4: Bool { high == 0 && low >> 32 == 0xffff }

    /// What one client is supposed to hold: an IPv4 address, or a /64 of IPv6, in which a host chooses
    /// its address freely (RFC 4291 §2.5.4, RFC 8981).
    var network: ClientAddress { isIPv4 ? self : ClientAddress(high: high, low: 0) }

    /// Finds a request's client.
    ///
    /// - Parameters:
    ///   - peer: whom the connection is from.
    ///   - fields: of the request.
    ///   - trustedProxies: how many proxies of the operator's own a request has come through, each of
    ///     which appends to `X-Forwarded-For` whom it got the request from. What is further left in
    ///     that field is the client's own word, and is not believed. With 0 the field is not looked at.
    /// - Returns: the peer's address also where the field has fewer addresses, or none where the
    ///   client's should be.
    init(peer: SocketAddress?, fields: HTTPFields, trustedProxies: Int) {
        self =
            Self.forwarded(fields, proxies: trustedProxies) ?? peer.flatMap { Self($0) } ?? Self.unknown
    }

    /// `nil` for a Unix domain socket.
    init?(_ address: SocketAddress) {
        switch address {
        case .v4(let address):
            self.init(ipv4: UInt32(bigEndian: address.address.sin_addr.s_addr))
        case .v6(let address):
            self.init(address.address.sin6_addr)
        case .unixDomainSocket:
            return nil
        }
    }

    /// Reads an address as it stands in `X-Forwarded-For`: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`,
    /// `[2001:db8::1]` or `[2001:db8::1]:4711`.
    init?(_ text: some StringProtocol) {
        // A NUL would end the text for `inet_pton`.
        guard text.utf8.count <= Self.maximumLength, !text.utf8.contains(0) else { return nil }
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]"),
                let address = Self.ipv6(String(text.dropFirst().prefix(upTo: end))),
                Self.isPort(text[text.index(after: end)...])
            else { return nil }
            self = address
        } else if let address = Self.ipv6(String(text)) {
            self = address
        } else {
            let end = text.firstIndex(of: ":") ?? text.endIndex
            guard let address = Self.ipv4(String(text[..<end])), Self.isPort(text[end...]) else { return nil }
            self = address
        }
    }

    private init(_ address: in6_addr) {
        self = withUnsafeBytes(of: address) { bytes in
            Self(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    // MARK: X-Forwarded-For

    /// The n-th element from the right of all the fields together, in their order. Empty elements
    /// don't count (RFC 9110 §5.6.1.2).
    private static func forwarded(_ fields: HTTPFields, proxies: Int) -> ClientAddress? {
        guard proxies > 0 else { return nil }
        var remaining = proxies
        for field in fields.reversed() where field.name.canonicalName == "x-forwarded-for" {
            for element in field.value.utf8.split(separator: UInt8(ascii: ",")).reversed() {
                let element = element.withoutBlanks
                if element.isEmpty { continue }
                remaining -= 1
                if remaining == 0 { return ClientAddress(Substring(element)) }
            }
        }
        return nil
    }

    // MARK: Text

    private static func ipv4(_ text: String) -> ClientAddress? {
        var address = in_addr()
        guard inet_pton(AF_INET, text, &address) == 1 else { return nil }
        return ClientAddress(ipv4: UInt32(bigEndian: address.s_addr))
    }

    private static func ipv6(_ text: String) -> ClientAddress? {
        var address = in6_addr()
        guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return ClientAddress(address)
    }

    /// Nothing, or a colon and a port.
    private static func isPort(_ text: some StringProtocol) -> Bool {
        guard let first = text.first else { return true }
        let digits = text.dropFirst()
        return first == ":" && digits.allSatisfy { ("0"..."9").contains($0) } && UInt16(digits) != nil
    }
}
