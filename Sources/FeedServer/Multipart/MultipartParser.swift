/// Reads multipart/form-data (RFC 7578; its boundaries: RFC 2046, section 5.1) as it arrives.
///
/// Strict, so that no two readers can take a form for different ones: lines end with CR LF, nothing but one such
/// line end stands before the first boundary, and a line that begins with the boundary is a boundary or a mistake.
///
/// The result does not depend on how the form was cut into chunks. Every byte is looked at twice at most, and what
/// is kept between chunks is at most a header line.
struct MultipartParser: Sendable {
    enum Event: Hashable, Sendable {
        case begin(MultipartPart)
        /// Of the body of the part that began last: never empty, and not the whole of it.
        case bytes(ArraySlice<UInt8>)
        /// The part is complete; what follows it may still be wrong.
        case end
    }

    private enum State {
        case start
        /// So much of the delimiter is there, counted as if a CR LF stood before the first boundary always.
        case opening(matched: Int)
        /// Behind a boundary.
        case boundary
        case boundaryPadding(count: Int)
        case boundaryLineFeed
        case closingHyphen
        /// Behind the last boundary: the form is complete.
        case closed(padding: Int)
        case closedLineFeed
        case epilogue(count: Int)
        case header
        case headerLineFeed
        /// Behind a line that may go on in this one, which is a mistake of its own.
        case headerLineStart
        /// So much of the delimiter is there, of which `owned` bytes are not the body's in any case.
        case body(matched: Int, owned: Int)
        case bodyEnd
        case failed(MultipartError)
    }

    /// Bytes looked at, one that is looked at again counted again: so that a test can hold it to be linear.
    private(set) var steps = 0

    private let limits: MultipartLimits
    /// CR LF, two hyphens and the boundary. Its only CR is the first byte.
    private let delimiter: [UInt8]
    private var state = State.start
    private var partCount = 0
    private var headerByteCount = 0
    private var line: [UInt8] = []
    private var fields: MultipartFields

    init(boundary: MultipartBoundary, limits: MultipartLimits = MultipartLimits()) {
        self.limits = limits
        delimiter = "\r\n--".utf8 + boundary.bytes
        fields = MultipartFields(limits: limits)
    }

    /// Takes bytes off the beginning of a chunk up to the next event: to be called until it returns `nil`.
    ///
    /// - Returns: `nil` if the next event needs more than is left, which then is nothing.
    /// - Throws: what is wrong, and the same for every call after that.
    mutating func next(_ chunk: inout ArraySlice<UInt8>) throws(MultipartError) -> Event? {
        do {
            return try advance(&chunk)
        } catch {
            state = .failed(error)
            throw error
        }
    }

    /// - Throws: ``MultipartError/truncated`` unless the form is complete, or what was wrong before.
    func finish() throws(MultipartError) {
        switch state {
        case .closed, .epilogue: return
        case .failed(let error): throw error
        default: throw .truncated
        }
    }

    private mutating func advance(_ chunk: inout ArraySlice<UInt8>) throws(MultipartError) -> Event? {
        while true {
            switch state {
            case .failed(let error):
                throw error
            case .bodyEnd:
                state = .boundary
                return .end
            case .body(let matched, let owned):
                guard !chunk.isEmpty else { return nil }
                let bytes =
                    matched > 0 ? resume(&chunk, matched: matched, owned: owned) : search(&chunk)
                if !bytes.isEmpty { return .bytes(bytes) }
            default:
                guard let byte = chunk.popFirst() else { return nil }
                steps += 1
                if let part = try take(byte) { return .begin(part) }
            }
        }
    }

    /// Takes a byte outside the bodies.
    ///
    /// - Returns: the part whose body begins behind the byte.
    private mutating func take(_ byte: UInt8) throws(MultipartError) -> MultipartPart? {
        switch state {
        case .start:
            let isLineEnd = byte == UInt8(ascii: "\r")
            guard isLineEnd || byte == UInt8(ascii: "-") else { throw .preamble }
            state = .opening(matched: isLineEnd ? 1 : 3)
        case .opening(let matched):
            guard byte == delimiter[matched] else { throw .preamble }
            state = matched + 1 == delimiter.count ? .boundary : .opening(matched: matched + 1)
        case .boundary where byte == UInt8(ascii: "-"):
            state = .closingHyphen
        case .boundary:
            state = .boundaryPadding(count: 0)
            return try take(byte)
        case .boundaryPadding(let count):
            state =
                byte == UInt8(ascii: "\r")
                ? .boundaryLineFeed : .boundaryPadding(count: try padded(count, byte))
        case .boundaryLineFeed:
            guard byte == UInt8(ascii: "\n") else { throw .boundaryLine }
            try beginPart()
        case .closingHyphen:
            guard byte == UInt8(ascii: "-") else { throw .boundaryLine }
            state = .closed(padding: 0)
        case .closed(let count):
            state = byte == UInt8(ascii: "\r") ? .closedLineFeed : .closed(padding: try padded(count, byte))
        case .closedLineFeed:
            guard byte == UInt8(ascii: "\n") else { throw .boundaryLine }
            state = .epilogue(count: 0)
        case .epilogue(let count):
            guard count < limits.epilogueBytes else { throw .epilogueTooLong }
            state = .epilogue(count: count + 1)
        case .header, .headerLineFeed, .headerLineStart:
            return try takeHeader(byte)
        case .body, .bodyEnd, .failed:
            // Not for single bytes.
            break
        }
        return nil
    }

    private func padded(_ count: Int, _ byte: UInt8) throws(MultipartError) -> Int {
        guard MultipartParameters.isBlank(byte) else { throw .boundaryLine }
        guard count < limits.paddingBytes else { throw .padding }
        return count + 1
    }

    private mutating func beginPart() throws(MultipartError) {
        partCount += 1
        guard partCount <= limits.parts else { throw .tooManyParts }
        headerByteCount = 0
        fields = MultipartFields(limits: limits)
        state = .header
    }

    private mutating func takeHeader(_ byte: UInt8) throws(MultipartError) -> MultipartPart? {
        headerByteCount += 1
        guard headerByteCount <= limits.headerBytes else { throw .headersTooLong }
        if case .headerLineFeed = state {
            guard byte == UInt8(ascii: "\n") else { throw .lineEnd }
            state = .headerLineStart
            guard line.isEmpty else { return nil }
            // A part without a body may end at once: the CR LF of the empty line is then the delimiter's too.
            state = .body(matched: 2, owned: 2)
            return try fields.part()
        }
        if case .headerLineStart = state {
            guard !MultipartParameters.isBlank(byte) else { throw .foldedField }
            try fields.add(line)
            line.removeAll(keepingCapacity: true)
            state = .header
        }
        switch byte {
        case UInt8(ascii: "\r"): state = .headerLineFeed
        case UInt8(ascii: "\n"): throw .lineEnd
        case UInt8(ascii: "\t"), 0x20..<0x7F, 0x80...: line.append(byte)
        default: throw .controlCharacter
        }
        return nil
    }

    /// Looks for the delimiter, of which nothing is there yet.
    ///
    /// Where a match fails, nothing of it can be the beginning of another, because the delimiter has no second CR:
    /// so the search goes on from there and never back.
    ///
    /// - Returns: what is the body's for certain, which may be nothing.
    private mutating func search(_ chunk: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let (offset, matched) = beginning(in: chunk.span)
        state = matched == delimiter.count ? .bodyEnd : .body(matched: matched, owned: 0)
        defer { chunk.removeFirst(offset + matched) }
        return chunk.prefix(offset)
    }

    /// - Returns: where the delimiter begins and how much of it is there: all of it, or what is left of the bytes.
    private mutating func beginning(in bytes: Span<UInt8>) -> (offset: Int, matched: Int) {
        var offset = 0
        while true {
            let from = offset
            while offset < bytes.count, bytes[offset] != UInt8(ascii: "\r") { offset += 1 }
            steps += offset - from
            let matched = match(bytes, at: offset, from: 0)
            if matched == delimiter.count || offset + matched == bytes.count { return (offset, matched) }
            offset += matched
        }
    }

    /// Goes on with a match that began in an earlier chunk.
    ///
    /// - Returns: what it was if it fails: the body's after all.
    private mutating func resume(
        _ chunk: inout ArraySlice<UInt8>, matched: Int, owned: Int
    ) -> ArraySlice<UInt8> {
        let length = match(chunk.span, at: 0, from: matched)
        chunk.removeFirst(length)
        let matched = matched + length
        if matched == delimiter.count {
            state = .bodyEnd
        } else if chunk.isEmpty {
            state = .body(matched: matched, owned: owned)
        } else {
            state = .body(matched: 0, owned: 0)
            return delimiter[owned..<matched]
        }
        return []
    }

    /// - Returns: how many bytes at an offset go on with the delimiter.
    private mutating func match(_ bytes: Span<UInt8>, at offset: Int, from matched: Int) -> Int {
        let longest = min(bytes.count - offset, delimiter.count - matched)
        var length = 0
        while length < longest, bytes[offset + length] == delimiter[matched + length] { length += 1 }
        steps += min(length + 1, longest)
        return length
    }
}
