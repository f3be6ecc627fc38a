import NIOCore
import TestSupport

@testable import CountCache

enum ReplyProperty {
    /// Longest reply in bytes: shorter than the longest input, so that inputs can exceed it.
    static let cap = 1024
    /// The smallest that can be configured, so that short inputs can exceed it.
    static let smallCap = 64
    /// What hiredis keeps of replies that it has handed out, in bytes: it moves the rest forward only beyond that.
    private static let hiredisConsumed = 1024
    /// The decoder itself with hiredis's reader, in bytes.
    private static let fixedCost = 2048

    struct Outcome: Equatable {
        var replies: [RedisReply] = []
        var trouble: CountCacheTrouble?
    }

    static func check(_ bytes: [UInt8], heapInUse: (() -> Int)?) throws {
        let whole = try outcome(of: bytes, cuts: [], cap: cap)
        try checkSplits(of: bytes, same: whole, cap: cap)
        try checkRoundTrip(whole, bytes: bytes, cap: cap)
        try checkScanner(whole, bytes: bytes, cap: cap)

        let refused = try outcome(of: bytes, cuts: [], cap: smallCap)
        try checkSplits(of: bytes, same: refused, cap: smallCap)
        try checkRoundTrip(refused, bytes: bytes, cap: smallCap)
        // A smaller limit refuses sooner and changes nothing else.
        try demand(whole.replies.starts(with: refused.replies), "another cap gives other replies")
        try demand(refused.trouble != nil || refused == whole, "a smaller cap gives more")

        if let heapInUse { try checkMemory(bytes, heapInUse) }
    }

    /// Well-formed replies are accepted up to the limits exactly, and refused beyond.
    static func check(recipe: [UInt8]) throws {
        var maker = ReplyMaker(recipe: recipe[...])
        let cap = maker.next() & 1 == 0 ? smallCap : cap
        var wire: [UInt8] = []
        var expected = Outcome()
        while !maker.isAtEnd, expected.trouble == nil {
            let (reply, bytes) = maker.reply(maxBytes: cap)
            wire += bytes
            let shape = Shape(reply)
            if bytes.count <= cap, shape.elements <= RedisReplyScanner.maxElements,
                shape.depth <= RedisReplyScanner.maxDepth
            {
                expected.replies.append(reply)
            } else {
                expected.trouble = .protocol
            }
        }
        try demand(try outcome(of: wire, cuts: [], cap: cap) == expected, "not what was written: \(expected)")
        try checkSplits(of: wire, same: expected, cap: cap)
    }

    /// Decodes bytes that arrive cut in parts.
    ///
    /// - Parameter readsLate: whether nothing is asked for before all parts are there.
    private static func outcome(
        of bytes: [UInt8], cuts: [Int], cap: Int, readsLate: Bool = false
    ) throws -> Outcome {
        var outcome = Outcome()
        var decoder = try RedisReplyDecoder(maxReplyBytes: cap)
        do {
            for part in parts(of: bytes, cuts: cuts) {
                decoder.append(part)
                if readsLate { continue }
                while let reply = try decoder.next() { outcome.replies.append(reply) }
                let kept = decoder.keptBytes
                try demand(kept <= cap + hiredisConsumed, "\(kept) bytes are kept, the cap is \(cap)")
            }
            while let reply = try decoder.next() { outcome.replies.append(reply) }
        } catch let trouble as CountCacheTrouble {
            outcome.trouble = trouble
        }
        return outcome
    }

    /// Views into one buffer, as a channel hands them out: most begin somewhere in its middle.
    private static func parts(of bytes: [UInt8], cuts: [Int]) -> [ByteBuffer] {
        let buffer = ByteBuffer(bytes: bytes)
        return zip([0] + cuts, cuts + [bytes.count]).map { start, end in
            var part = buffer
            part.moveWriterIndex(to: end)
            part.moveReaderIndex(to: start)
            return part
        }
    }

    private static func checkSplits(of bytes: [UInt8], same whole: Outcome, cap: Int) throws {
        let everywhere = Array(bytes.indices.dropFirst())
        try demand(try outcome(of: bytes, cuts: everywhere, cap: cap) == whole, "byte by byte it is another")
        let late = try outcome(of: bytes, cuts: derivedCuts(of: bytes), cap: cap, readsLate: true)
        try demand(late == whole, "read at the end it is another")
        try demand(
            try outcome(of: bytes, cuts: derivedCuts(of: bytes), cap: cap) == whole, "split it is another")
    }

    /// The scanner alone refuses what is refused. hiredis would refuse some of it too, but only once it is whole,
    /// and would so hide that the scanner lets it through.
    private static func checkScanner(_ outcome: Outcome, bytes: [UInt8], cap: Int) throws {
        var scanner = RedisReplyScanner(maxBytes: cap)
        var count = 0
        var trouble: CountCacheTrouble?
        do {
            try bytes.withUnsafeBytes { bytes in
                var offset: Int? = 0
                while let start = offset, start < bytes.count {
                    offset = try scanner.scan(bytes, from: start)
                    if offset != nil { count += 1 }
                }
            }
        } catch let refusal as CountCacheTrouble {
            trouble = refusal
        }
        try demand(trouble == outcome.trouble, "the scanner says \(trouble.map { "\($0)" } ?? "nothing")")
        try demand(count == outcome.replies.count, "the scanner sees \(count) replies")
    }

    /// About one cut in eight bytes, at places that any change of the bytes moves.
    private static func derivedCuts(of bytes: [UInt8]) -> [Int] {
        // FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        return bytes.indices.dropFirst().filter { index in
            hash = (hash ^ UInt64(bytes[index - 1])) &* 0x100_0000_01b3
            return hash >> 61 == 0
        }
    }

    /// Every byte is accounted for: by a reply that is written so and not otherwise, or by one that is not complete.
    private static func checkRoundTrip(_ outcome: Outcome, bytes: [UInt8], cap: Int) throws {
        var rest = bytes[...]
        for reply in outcome.replies {
            let before = rest.count
            try consume(reply, from: &rest)
            try demand(before - rest.count <= cap, "\(before - rest.count) bytes in a reply, \(cap) allowed")
            let shape = Shape(reply)
            try demand(shape.elements <= RedisReplyScanner.maxElements, "\(shape.elements) elements")
            try demand(shape.depth <= RedisReplyScanner.maxDepth, "\(shape.depth) levels")
        }
        guard let trouble = outcome.trouble else {
            return try demand(rest.count <= cap, "waits for more after \(rest.count) bytes, \(cap) allowed")
        }
        try demand(trouble == .protocol, "bytes cause \(trouble)")
        try demand(!rest.isEmpty, "refused although every byte belongs to a reply")
    }

    private static func consume(_ reply: RedisReply, from rest: inout ArraySlice<UInt8>) throws {
        func expect(_ bytes: some Collection<UInt8>) throws {
            try demand(rest.starts(with: bytes), "\(reply) from other bytes")
            rest.removeFirst(bytes.count)
        }
        func expectLine(_ type: String, _ text: String) throws {
            try expect(type.utf8)
            // What is not UTF-8 has been repaired on the way, which cannot be undone.
            let line = rest.prefix { $0 != UInt8(ascii: "\r") }
            try demand(
                String(decoding: line, as: UTF8.self).utf8.elementsEqual(text.utf8),
                "\(reply) from other bytes")
            try demand(!line.contains(UInt8(ascii: "\n")), "a line feed in \(reply)")
            try expect(line)
            try expect("\r\n".utf8)
        }
        switch reply {
        case .status(let text): try expectLine("+", text)
        case .error(let text): try expectLine("-", text)
        case .integer(let number): try expect(":\(number)\r\n".utf8)
        case .bulk(let bytes):
            try expect("$\(bytes.count)\r\n".utf8)
            try expect(bytes)
            try expect("\r\n".utf8)
        case .array(let elements):
            try expect("*\(elements.count)\r\n".utf8)
            for element in elements { try consume(element, from: &rest) }
        // The one reply with two spellings.
        case .null: try expect(rest.starts(with: "*".utf8) ? "*-1\r\n".utf8 : "$-1\r\n".utf8)
        }
    }

    /// What the decoder holds between parts is in proportion to the cap, and it holds nothing when it is gone.
    private static func checkMemory(_ bytes: [UInt8], _ heapInUse: () -> Int) throws {
        // hiredis grows its buffer to twice what it needs.
        let allowed = 2 * (cap + hiredisConsumed) + fixedCost
        var most = 0
        var left = 0
        // What Swift allocates once, for a type, is not there the second time.
        for _ in 0..<2 {
            let parts = parts(of: bytes, cuts: derivedCuts(of: bytes))
            let before = heapInUse()
            most = try heldMost(by: parts, since: before, heapInUse)
            left = heapInUse() - before
            if most <= allowed, left <= 0 { return }
        }
        try demand(most <= allowed, "the decoder holds \(most) bytes, \(allowed) allowed")
        try demand(left <= 0, "\(left) bytes are left behind")
    }

    private static func heldMost(by parts: [ByteBuffer], since before: Int, _ heapInUse: () -> Int) throws
        -> Int
    {
        var decoder = try RedisReplyDecoder(maxReplyBytes: cap)
        var most = heapInUse() - before
        for part in parts {
            do {
                decoder.append(part)
                while try decoder.next() != nil {}
            } catch {
                // Refused, as others here have found; what it holds now counts all the same.
                return max(most, heapInUse() - before)
            }
            most = max(most, heapInUse() - before)
        }
        return most
    }
}

/// Counted as the scanner's limits are: a reply is its own first element, and an array its first level.
struct Shape {
    var elements = 1
    var depth = 0

    init(_ reply: RedisReply) {
        guard case .array(let parts) = reply, !parts.isEmpty else { return }
        for part in parts.map(Self.init) {
            elements += part.elements
            depth = max(depth, part.depth)
        }
        depth += 1
    }
}
