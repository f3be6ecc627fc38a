/// Reads part of a file in order, and no byte of it twice: so what a file says of itself can't make a reader
/// go on for longer than the file is.
struct ByteReader {
    private let file: [UInt8]
    private let end: Int
    private(set) var position: Int
    /// What it has done so far: calls, and bytes that it was looking for something in.
    private(set) var steps = 0

    init(_ file: [UInt8]) {
        self.init(file, file.indices)
    }

    /// - Parameter range: of the file; what lies outside is cut off.
    init(_ file: [UInt8], _ range: Range<Int>) {
        let range = range.clamped(to: file.indices)
        self.file = file
        (position, end) = (range.lowerBound, range.upperBound)
    }

    /// Bytes that are left.
    var remaining: Int { end - position }

    /// - Returns: where the next bytes lie; `nil` where there are not so many.
    mutating func take(_ count: Int) -> Range<Int>? {
        steps += 1
        guard count >= 0, count <= remaining else { return nil }
        defer { position += count }
        return position..<position + count
    }

    /// - Returns: whether there were so many bytes.
    mutating func skip(_ count: Int) -> Bool { take(count) != nil }

    /// Moves on to the first two bytes that are looked for, or to the last byte.
    mutating func skip(until isWanted: (UInt8, UInt8) -> Bool) {
        let found = file.withUnsafeBufferPointer { file in
            var found = position
            while found + 1 < end, !isWanted(file[found], file[found + 1]) { found += 1 }
            return found
        }
        steps += found - position + 1
        position = found
    }

    mutating func byte() -> UInt8? { take(1).map { file[$0.lowerBound] } }

    /// A number whose first byte is its highest.
    mutating func bigEndian(bytes count: Int) -> Int? {
        take(count).map { file[$0].reduce(0) { $0 << 8 | Int($1) } }
    }

    /// A number whose first byte is its lowest.
    mutating func littleEndian(bytes count: Int) -> Int? {
        take(count).map { file[$0].reversed().reduce(0) { $0 << 8 | Int($1) } }
    }

    /// Whether the next bytes are these; nothing is read.
    func isAt(_ bytes: [UInt8]) -> Bool {
        file[position..<end].starts(with: bytes)
    }
}
