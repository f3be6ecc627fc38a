/// Base64 with the URL-safe alphabet and no padding, RFC 4648 §5.
enum Base64URL {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The value of each byte, 0xff for those outside of the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
        return values
    }()

    static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
        let length = (bytes.count * 8 + 5) / 6
        return String(unsafeUninitializedCapacity: length) { text in
            var bits: UInt32 = 0
            var bitCount = 0
            var written = 0
            for byte in bytes {
                bits = bits << 8 | UInt32(byte)
                bitCount += 8
                while bitCount >= 6 {
                    bitCount -= 6
                    text[written] = alphabet[Int(bits >> UInt32(bitCount) & 63)]
                    written += 1
                }
            }
            if bitCount > 0 {
                text[written] = alphabet[Int(bits << UInt32(6 - bitCount) & 63)]
                written += 1
            }
            return written
        }
    }

    /// Strict: no padding, no other alphabet, no white space, and the bits that are left over must
    /// be zero, so that every record has exactly one text.
    static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { characters in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(characters.count * 6 / 8)
            let isWhole = values.withUnsafeBufferPointer { values in
                decode(characters, values, into: &bytes)
            }
            return isWhole ? bytes : nil
        }
    }

    private static func decode(
        _ characters: UnsafeBufferPointer<UInt8>, _ values: UnsafeBufferPointer<UInt8>,
        into bytes: inout [UInt8]
    ) -> Bool {
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for character in characters {
            let value = values[Int(character)]
            guard value != 0xff else { return false }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
                bits &= (1 << bitCount) - 1
            }
        }
        return bitCount < 6 && bits == 0
    }
}
