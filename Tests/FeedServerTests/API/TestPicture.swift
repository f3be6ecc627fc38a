/// Small images, made without a library.
enum TestPicture {
    struct Colour: Sendable {
        var red: UInt8
        var green: UInt8
        var blue: UInt8

        static let red = Colour(red: 200, green: 20, blue: 20)
        static let green = Colour(red: 20, green: 160, blue: 40)
    }

    /// A PNG file (https://www.w3.org/TR/png-3/) of one colour, not compressed.
    ///
    /// - Parameter side: in pixels, 1 to 100.
    static func png(_ colour: Colour, side: Int = 8) -> [UInt8] {
        var rows: [UInt8] = []
        for _ in 0..<side {
            rows.append(0)  // No filter.
            for _ in 0..<side { rows += [colour.red, colour.green, colour.blue] }
        }
        let size = bigEndian(UInt32(side))
        return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
            // Eight bits of red, green and blue; no interlacing.
            + chunk("IHDR", size + size + [8, 2, 0, 0, 0])
            + chunk("IDAT", zlib(rows))
            + chunk("IEND", [])
    }

    private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + data
        return bigEndian(UInt32(data.count)) + body + bigEndian(crc32(body))
    }

    /// One stored block: RFC 1950, and RFC 1951, section 3.2.4.
    private static func zlib(_ data: [UInt8]) -> [UInt8] {
        let length = UInt16(data.count)
        let lengths = [length, ~length].flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        return [0x78, 0x01, 0x01] + lengths + data + bigEndian(adler32(data))
    }

    private static func adler32(_ data: [UInt8]) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in data {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return high << 16 | low
    }

    private static func crc32(_ data: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in data {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        return ~crc
    }

    private static func bigEndian(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}
