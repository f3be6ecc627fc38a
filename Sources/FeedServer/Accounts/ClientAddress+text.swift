import Foundation

extension ClientAddress {
    /// The address as text: `192.0.2.1`, or `2001:db8::1` (RFC 5952); `nil` for ``unknown``.
    var text: String? {
        guard self != .unknown else { return nil }
        if high == 0, low >> 32 == 0xffff {
            var address = in_addr(s_addr: UInt32(truncatingIfNeeded: low).bigEndian)
            return Self.text(of: &address, family: AF_INET)
        }
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) { bytes in
            bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return Self.text(of: &address, family: AF_INET6)
    }

    private static func text(of address: UnsafeRawPointer, family: Int32) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            guard let start = text.baseAddress,
                inet_ntop(family, address, start, socklen_t(INET6_ADDRSTRLEN)) != nil
            else { return nil }
            return String(cString: start)
        }
    }
}
