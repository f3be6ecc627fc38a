import NIOCore
import TestSupport

@testable import CountCache

enum DecimalProperty {
    static func check(_ bytes: [UInt8]) throws {
        let number = number(bytes)
        try demand(StrictDecimal.number(bytes) == number.flatMap { $0 < 0 ? nil : $0 }, "not \(number ?? -1)")

        // The scanner reads numbers itself, negative ones too. None has a CR LF in it, with which a reply would end.
        guard !bytes.contains(UInt8(ascii: "\r")) else { return }
        var decoder = try RedisReplyDecoder(maxReplyBytes: bytes.count + 3)
        decoder.append(ByteBuffer(bytes: ":".utf8 + bytes + "\r\n".utf8))
        do {
            let reply = try decoder.next()
            try demand(reply == number.map { .integer($0) }, "\(reply ?? .null) instead of \(number ?? -1)")
        } catch is CountCacheTrouble {
            try demand(number == nil, "\(number ?? -1) is refused")
        }
    }

    /// What the library must read: what Swift writes, of all that Swift reads.
    private static func number(_ bytes: [UInt8]) -> Int64? {
        Int64(String(decoding: bytes, as: UTF8.self)).flatMap { "\($0)".utf8.elementsEqual(bytes) ? $0 : nil }
    }
}
