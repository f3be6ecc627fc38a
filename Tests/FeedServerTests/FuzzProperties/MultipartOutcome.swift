import TestSupport

@testable import FeedServer

/// What comes out of a form, however it was cut into chunks.
struct MultipartOutcome: Equatable {
    struct Part: Equatable {
        var head: MultipartPart
        var body: [UInt8] = []
        var isComplete = false
    }

    var parts: [Part] = []
    var error: MultipartError?

    /// - Parameter cuts: ascending offsets at which a chunk ends and the next begins.
    /// - Throws: where events come in an impossible order, or the parser works or fails otherwise than it promises.
    init(
        of bytes: [UInt8], cuts: [Int] = [], boundary: MultipartBoundary,
        limits: MultipartLimits = MultipartLimits()
    ) throws(PropertyViolation) {
        var parser = MultipartParser(boundary: boundary, limits: limits)
        var events: [MultipartParser.Event] = []
        var hasLeftOver = false
        do throws(MultipartError) {
            for chunk in Self.chunks(of: bytes, cuts: cuts) {
                var rest = chunk
                while let event = try parser.next(&rest) { events.append(event) }
                hasLeftOver = hasLeftOver || !rest.isEmpty
            }
            try parser.finish()
        } catch {
            self.error = error
        }
        try demand(!hasLeftOver, "bytes are left over")
        try demand(parser.steps <= 2 * bytes.count, "\(parser.steps) steps for \(bytes.count) bytes")
        for event in events { try add(event) }
        if let error, error != .truncated {
            var more: ArraySlice = [UInt8(ascii: "-")]
            let next = Self.refusal { () throws(MultipartError) in _ = try parser.next(&more) }
            try demand(next == error, "\(error) is no longer so for the next chunk")
            let end = Self.refusal { () throws(MultipartError) in try parser.finish() }
            try demand(end == error, "\(error) is no longer so at the end")
        }
    }

    private mutating func add(_ event: MultipartParser.Event) throws(PropertyViolation) {
        let isOpen = parts.last?.isComplete == false
        switch event {
        case .begin(let head):
            try demand(!isOpen, "a part within a part")
            parts.append(Part(head: head))
        case .bytes(let bytes):
            try demand(isOpen && !bytes.isEmpty, "\(bytes.count) bytes of no part")
            parts[parts.count - 1].body += bytes
        case .end:
            try demand(isOpen, "the end of no part")
            parts[parts.count - 1].isComplete = true
        }
    }

    private static func refusal(_ work: () throws(MultipartError) -> Void) -> MultipartError? {
        do throws(MultipartError) {
            try work()
            return nil
        } catch {
            return error
        }
    }

    /// Slices of one array: most begin somewhere in its middle.
    static func chunks(of bytes: [UInt8], cuts: [Int]) -> [ArraySlice<UInt8>] {
        zip([0] + cuts, cuts + [bytes.count]).map { bytes[$0..<$1] }
    }

    /// About one cut in eight bytes, at places that any change of the bytes moves.
    static func derivedCuts(of bytes: [UInt8]) -> [Int] {
        var chance = SeededGenerator(seed: bytes.reduce(0) { $0 &* 31 &+ UInt64($1) })
        return bytes.indices.dropFirst().filter { _ in chance.next() % 8 == 0 }
    }
}
