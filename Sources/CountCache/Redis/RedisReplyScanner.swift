/// Finds where a RESP2 reply ends, and refuses what is not one or goes beyond the limits, byte by byte and before
/// any of it is parsed. hiredis 0.14.1 checks neither: `$9223372036854775800` has it wait for ever, and
/// `*2147483647` allocate for as many elements.
struct RedisReplyScanner {
    /// Arrays within arrays. Nothing that is asked for has more than one level.
    static let maxDepth = 3
    /// Elements of a reply, those of all levels together.
    static let maxElements = 64
    /// Digits of an `Int64` and its sign.
    private static let maxNumberLength = 20

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
    private var elementCount = 0
    private var number: [UInt8] = []
    /// Elements still to come, one number for each array that is open.
    private var open: [Int] = []

    /// - Parameter maxBytes: the longest reply, framing included.
    init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    /// Takes the next byte; true if a reply ends with it.
    ///
    /// - Throws: ``CountCacheTrouble/protocol``. The scanner is of no use after that.
    mutating func scan(_ byte: UInt8) throws(CountCacheTrouble) -> Bool {
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
                let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                guard isDigit || byte == UInt8(ascii: "-"), number.count < Self.maxNumberLength else {
                    throw .protocol
                }
                number.append(byte)
            }
            return false
        case .numberLineFeed(let type):
            guard byte == UInt8(ascii: "\n") else { throw .protocol }
            return try endNumber(of: type)
        case .bulk(let remaining):
            if remaining == 2, byte != UInt8(ascii: "\r") { throw .protocol }
            if remaining == 1, byte != UInt8(ascii: "\n") { throw .protocol }
            if remaining == 1 { return endElement() }
            expecting = .bulk(remaining: remaining - 1)
            return false
        }
    }

    private mutating func begin(_ type: UInt8) throws(CountCacheTrouble) {
        elementCount += 1
        switch type {
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            expecting = .text
        case UInt8(ascii: ":"), UInt8(ascii: "$"), UInt8(ascii: "*"):
            number.removeAll(keepingCapacity: true)
            expecting = .number(type: type)
        default:
            throw .protocol
        }
    }

    private mutating func endNumber(of type: UInt8) throws(CountCacheTrouble) -> Bool {
        let text = String(decoding: number, as: UTF8.self)
        guard let value = Int64(text), String(value) == text else { throw .protocol }
        switch type {
        case UInt8(ascii: ":"):
            return endElement()
        case UInt8(ascii: "$"):
            if value == -1 { return endElement() }
            // Said to be longer than what is left: no use waiting for it.
            guard value >= 0, value <= maxBytes - byteCount - 2 else { throw .protocol }
            expecting = .bulk(remaining: Int(value) + 2)
            return false
        default:
            if value == -1 || value == 0 { return endElement() }
            guard value > 0, value <= Self.maxElements - elementCount, open.count < Self.maxDepth else {
                throw .protocol
            }
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
        elementCount = 0
        return true
    }
}
