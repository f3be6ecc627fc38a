import FeedStore

/// Writes JSON (RFC 8259) into memory that is known to be large enough: keys as static strings, text
/// in bulk runs with escapes only where they are needed, numbers straight to digits.
struct JSONOutput: ~Copyable {
    /// An `Int64` has at most this many characters.
    static let maximumIntegerLength = 20

    /// A character of text can take at most this many bytes: `\u0000`.
    static let maximumEscapeLength = 6

    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    /// - Parameter memory: large enough for all that will be written.
    init(_ memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    /// Writes JSON that is known when the program is built.
    @inline(__always)
    mutating func write(_ literal: StaticString) {
        let source = UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
        write(bytes: source)
    }

    @inline(__always)
    mutating func write(integer: Int64) {
        var magnitude = integer.magnitude
        if integer < 0 { write(byte: UInt8(ascii: "-")) }
        var length = 1
        var rest = magnitude / 10
        while rest > 0 {
            length += 1
            rest /= 10
        }
        var index = count + length
        count = index
        repeat {
            index -= 1
            memory[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: magnitude % 10)
            magnitude /= 10
        } while magnitude > 0
    }

    /// Writes a time as a string with its quotes.
    @inline(__always)
    mutating func write(time: Timestamp) {
        write(byte: UInt8(ascii: "\""))
        time.writeRFC3339(into: UnsafeMutableRawBufferPointer(rebasing: memory[count...]))
        count += Timestamp.rfc3339Length
        write(byte: UInt8(ascii: "\""))
    }

    /// Writes UTF-8 text as the inside of a string, without its quotes.
    mutating func write(escaping text: Span<UInt8>) {
        text.withUnsafeBufferPointer { bytes in
            var runStart = 0
            var index = 0
            while true {
                index = Self.nextEscape(bytes, from: index)
                write(
                    bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[runStart..<index]))
                guard index < bytes.count else { return }
                write(escape: bytes[index])
                index += 1
                runStart = index
            }
        }
    }

    /// Bytes that ``write(escaping:)`` writes at the most; exact for long texts, where a bound would
    /// ask for far too much memory.
    static func escapedBound(_ text: Span<UInt8>) -> Int {
        let shortText = 512
        if text.count <= shortText { return text.count * maximumEscapeLength }
        return text.withUnsafeBufferPointer { bytes in
            var escapes = 0
            var index = nextEscape(bytes, from: 0)
            while index < bytes.count {
                escapes += 1
                index = nextEscape(bytes, from: index + 1)
            }
            return bytes.count + escapes * (maximumEscapeLength - 1)
        }
    }

    // MARK: Parts

    /// The next byte that can't stand in a string as it is (a quote, a backslash, a control
    /// character), or the end. Eight bytes at a time: "Determine if a word has a byte less than n"
    /// and "… equal to n", Sean Eron Anderson, Bit Twiddling Hacks.
    @inline(__always)
    private static func nextEscape(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let raw = UnsafeRawBufferPointer(bytes)
        var index = start
        while index + 8 <= bytes.count {
            let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5c)
            let found =
                ((word &- ones &* 0x20) & ~word) | ((quotes &- ones) & ~quotes)
                | ((backslashes &- ones) & ~backslashes)
            if found & highs != 0 { break }
            index += 8
        }
        while index < bytes.count, !needsEscape(bytes[index]) { index += 1 }
        return index
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x22 || byte == 0x5c
    }

    private mutating func write(escape byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): write("\\\"")
        case UInt8(ascii: "\\"): write("\\\\")
        case UInt8(ascii: "\n"): write("\\n")
        case UInt8(ascii: "\r"): write("\\r")
        case UInt8(ascii: "\t"): write("\\t")
        default:
            let digits: StaticString = "0123456789abcdef"
            write("\\u00")
            write(byte: digits.utf8Start[Int(byte >> 4)])
            write(byte: digits.utf8Start[Int(byte & 15)])
        }
    }

    @inline(__always)
    private mutating func write(byte: UInt8) {
        memory[count] = byte
        count += 1
    }

    @inline(__always)
    private mutating func write(bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }
}
