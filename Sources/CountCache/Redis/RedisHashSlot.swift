/// A cluster's hash slot of a key (Redis cluster specification, "Key distribution model" and "Hash tags").
enum RedisHashSlot {
    static let count: UInt16 = 16_384

    static func slot(of key: String) -> UInt16 {
        crc16(hashTag(of: key.utf8)) % count
    }

    /// What lies between the first `{` and the first `}` after it, unless that is nothing: else the whole key.
    private static func hashTag(of key: String.UTF8View) -> Substring.UTF8View {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")) else { return key[...] }
        let rest = key[key.index(after: open)...]
        guard let close = rest.firstIndex(of: UInt8(ascii: "}")), close != rest.startIndex else {
            return key[...]
        }
        return rest[..<close]
    }

    /// CRC-16/XMODEM: polynomial 0x1021, no reflection, no final change; "123456789" gives 0x31C3.
    static func crc16(_ bytes: some Sequence<UInt8>) -> UInt16 {
        bytes.reduce(0) { crc, byte in
            crc << 8 ^ table[Int(crc >> 8 ^ UInt16(byte))]
        }
    }

    private static let table: [UInt16] = (0..<256).map { byte in
        (0..<8).reduce(UInt16(byte) << 8) { crc, _ in
            crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021
        }
    }
}
