/// Finds where a RESP2 reply ends, and refuses what is not one or goes beyond the limits before any of it is parsed.
/// hiredis 0.14.1 checks neither: `$9223372036854775800` has it wait for ever, and `*2147483647` allocate for as
/// many elements.
struct RedisReplyScanner {
    /// Arrays within arrays. Nothing that is asked for has more than one level.
    static let maxDepth = 3
    /// Elements of a reply, those of all levels together.
    static let maxElements = 64
    /// Digits of an `Int64`.
    private static let maxDigits = 19
    /// The CR LF after a bulk string.
    private static let terminatorLength = 2

    private enum Expecting {
        case type
        /// The text of a status or an error, up to CR LF.
        case text
        case textLineFeed
        /// The number after `:`, `$` or `*`.
        case number(type: UInt8)
        case numberLineFeed(type: UInt8)
        /// So many bytes of a bulk string and the CR LF after it.
        case bulk(remaining: Int)
    }

    private let maxBytes: Int
    private var expecting = Expecting.type
    private var byteCount = 0
    /// Those that have come and those that an array has announced; the reply itself is the first.
    private var elementCount = 1
    private var number = PartialNumber()
    /// Elements still to come, one number for each array that is open.
    private var open: [Int] = []

    /// - Parameter maxBytes: the longest reply, framing included.
    init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    /// Takes bytes up to the end of a reply or of the bytes.
    ///
    /// - Returns: the offset behind the reply, or `nil` if it goes on beyond the bytes.
    /// - Throws: ``CountCacheTrouble/protocol``. The scanner is of no use after that.
    mutating func scan(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(CountCacheTrouble) -> Int? {
        var offset = start
        while offset < bytes.count {
            if case .bulk(let remaining) = expecting, remaining > Self.terminatorLength {
                // The contents are anything, and their length was checked against the limit: leap over them.
                let length = min(remaining - Self.terminatorLength, bytes.count - offset)
                expecting = .bulk(remaining: remaining - length)
                byteCount += length
                offset += length
                continue
            }
            let isEnd = try take(bytes[offset])
            offset += 1
            if isEnd { return offset }
        }
        return nil
    }

    /// Takes one byte; true if a reply ends with it.
    private mutating func take(_ byte: UInt8) throws(CountCacheTrouble) -> Bool {
        byteCount += 1
        guard byteCount <= maxBytes else { throw .protocol }
        switch expecting {
        case .type:
            try begin(byte)
            return false
        case .text:
            if byte == UInt8(ascii: "\n") { throw .protocol }
            if byte == UInt8(ascii: "\r") { expecting = .textLineFeed }
            return false
        case .textLineFeed:
            guard byte == UInt8(ascii: "\n") else { throw .protocol }
            return endElement()
        case .number(let type):
            if byte == UInt8(ascii: "\r") {
                expecting = .numberLineFeed(type: type)
            } else {
                guard number.append(byte, maxDigits: Self.maxDigits) else { throw .protocol }
            }
            return false
        case .numberLineFeed(let type):
            guard byte == UInt8(ascii: "\n") else { throw .protocol }
            return try endNumber(of: type)
        case .bulk(let remaining):
            guard byte == (remaining == 1 ? UInt8(ascii: "\n") : UInt8(ascii: "\r")) else { throw .protocol }
            if remaining == 1 { return endElement() }
            expecting = .bulk(remaining: remaining - 1)
            return false
        }
    }

    private mutating func begin(_ type: UInt8) throws(CountCacheTrouble) {
        switch type {
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            expecting = .text
        case UInt8(ascii: ":"), UInt8(ascii: "$"), UInt8(ascii: "*"):
            number = PartialNumber()
            expecting = .number(type: type)
        default:
            throw .protocol
        }
    }

    private mutating func endNumber(of type: UInt8) throws(CountCacheTrouble) -> Bool {
        guard let value = number.value else { throw .protocol }
        switch type {
        case UInt8(ascii: ":"):
            return endElement()
        case UInt8(ascii: "$"):
            if value == -1 { return endElement() }
            // Said to be longer than what is left: no use waiting for it.
            guard value >= 0, value <= maxBytes - byteCount - Self.terminatorLength else { throw .protocol }
            expecting = .bulk(remaining: Int(value) + Self.terminatorLength)
            return false
        default:
            if value == -1 || value == 0 { return endElement() }
            guard value > 0, value <= Self.maxElements - elementCount, open.count < Self.maxDepth else {
                throw .protocol
            }
            elementCount += Int(value)
            open.append(Int(value))
            expecting = .type
            return false
        }
    }

    /// An element is complete, and with it, perhaps, the arrays that it is the last of.
    private mutating func endElement() -> Bool {
        expecting = .type
        while let remaining = open.popLast() {
            if remaining > 1 {
                open.append(remaining - 1)
                return false
            }
        }
        byteCount = 0
        elementCount = 1
        return true
    }
}

/// An `Int64` in its only spelling, digit by digit.
private struct PartialNumber {
    private var isNegative = false
    private var digitCount = 0
    private var beginsWithZero = false
    /// 19 digits fit.
    private var magnitude: UInt64 = 0

    /// False if the byte can't be.
    mutating func append(_ byte: UInt8, maxDigits: Int) -> Bool {
        if byte == UInt8(ascii: "-") {
            guard !isNegative, digitCount == 0 else { return false }
            isNegative = true
            return true
        }
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), digitCount < maxDigits else {
            return false
        }
        if digitCount == 0 { beginsWithZero = byte == UInt8(ascii: "0") }
        magnitude = magnitude * 10 + UInt64(byte - UInt8(ascii: "0"))
        digitCount += 1
        return true
    }

    /// `nil` for no digits, `-0`, leading zeros, and what is out of bounds.
    var value: Int64? {
        guard digitCount > 0, !beginsWithZero || (digitCount == 1 && !isNegative) else { return nil }
        if isNegative, magnitude == Int64.min.magnitude { return .min }
        return Int64(exactly: magnitude).map { isNegative ? -$0 : $0 }
    }
}
