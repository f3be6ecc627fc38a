@testable import CountCache

/// Makes replies from any bytes, and writes them in RESP2 without a line of the library.
struct ReplyMaker {
    var recipe: ArraySlice<UInt8>

    var isAtEnd: Bool { recipe.isEmpty }

    mutating func next() -> Int { Int(recipe.popFirst() ?? 0) }

    /// - Parameter maxBytes: a reply is not made much longer than that.
    mutating func reply(maxBytes: Int) -> (RedisReply, [UInt8]) {
        var wire: [UInt8] = []
        let reply = element(depth: 0, maxBytes: maxBytes, &wire)
        return (reply, wire)
    }

    private mutating func element(depth: Int, maxBytes: Int, _ wire: inout [UInt8]) -> RedisReply {
        // Beyond the limits one level, one byte or one element is as good as many.
        let choices = depth > RedisReplyScanner.maxDepth || wire.count > maxBytes ? 6 : 8
        switch next() % choices {
        case 1:
            let line = line()
            wire += "-".utf8 + line + "\r\n".utf8
            return .error(String(decoding: line, as: UTF8.self))
        case 2:
            let number = number()
            wire += ":\(number)\r\n".utf8
            return .integer(number)
        case 3:
            let bytes = take(((next() << 8) | next()) % (maxBytes + 16))
            wire += "$\(bytes.count)\r\n".utf8 + bytes + "\r\n".utf8
            return .bulk(bytes)
        case 4:
            wire += "$-1\r\n".utf8
            return .null
        case 5:
            wire += "*-1\r\n".utf8
            return .null
        case 6, 7:
            let count = next() % (RedisReplyScanner.maxElements + 4)
            wire += "*\(count)\r\n".utf8
            return .array((0..<count).map { _ in element(depth: depth + 1, maxBytes: maxBytes, &wire) })
        default:
            let line = line()
            wire += "+".utf8 + line + "\r\n".utf8
            return .status(String(decoding: line, as: UTF8.self))
        }
    }

    private mutating func line() -> [UInt8] {
        take(next()).map { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 }
    }

    /// Of one to eight bytes, so that short numbers and the greatest are about equally likely.
    private mutating func number() -> Int64 {
        let byteCount = next() % 8 + 1
        let bits = (0..<byteCount).reduce(Int64(0)) { bits, _ in (bits << 8) | Int64(next()) }
        let unused = 64 - 8 * byteCount
        return (bits << unused) >> unused
    }

    /// At most what the recipe still has.
    private mutating func take(_ count: Int) -> [UInt8] {
        defer { recipe = recipe.dropFirst(count) }
        return Array(recipe.prefix(count))
    }
}
