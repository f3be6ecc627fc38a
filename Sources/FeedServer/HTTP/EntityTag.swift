import NIOCore

/// Entity tags, RFC 9110, section 8.8.3.
enum EntityTag {
    private static let digits: StaticString = "0123456789abcdef"
    private static let digitCount = 16

    /// The same bytes have the same tag on every server and after every restart; other bytes have
    /// another one, but for one chance in 2^64. It guards against change, not against an attacker:
    /// whoever could make a page collide with its older self would keep readers from seeing his own
    /// edit.
    static func strong(of body: ByteBuffer) -> String {
        body.withUnsafeReadableBytes { strong(of: $0) }
    }

    static func strong(of bytes: UnsafeRawBufferPointer) -> String {
        let hash = XXH64.hash(bytes)
        return String(unsafeUninitializedCapacity: digitCount + 2) { text in
            text[0] = UInt8(ascii: "\"")
            for index in 0..<digitCount {
                let digit = hash >> UInt64(60 - 4 * index) & 15
                text[index + 1] = digits.utf8Start[Int(digit)]
            }
            text[digitCount + 1] = UInt8(ascii: "\"")
            return digitCount + 2
        }
    }

    /// Whether an `If-None-Match` list names the tag, by the weak comparison that GET asks for.
    static func list(_ list: String, contains tag: String) -> Bool {
        if list.utf8.isText(tag) { return true }
        return list.utf8.split(separator: UInt8(ascii: ",")).contains { element in
            let element = element.withoutBlanks
            return element.isText("*") || element.isText(tag) || element.isText("W/" + tag)
        }
    }
}
