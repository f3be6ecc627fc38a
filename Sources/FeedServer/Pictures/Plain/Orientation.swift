/// How a picture has to be turned to be upright: the values of EXIF's tag (CIPA DC-008, 4.6.4), which say
/// where the first row and the first column of its pixels belong.
enum Orientation: Int, CaseIterable, Sendable {
    case topLeft = 1
    case topRight = 2
    case bottomRight = 3
    case bottomLeft = 4
    case leftTop = 5
    case rightTop = 6
    case rightBottom = 7
    case leftBottom = 8

    /// Entries that are looked at. Cameras write about twenty.
    static let maximumEntries = 128

    /// What some writers put before it, also where its container needs no mark.
    private static let mark = Array("Exif\0\0".utf8)
    /// What gives a TIFF file's order of bytes, and its first number in that order.
    private static let littleEndian = Array("II*\0".utf8)
    private static let bigEndian = Array("MM\0*".utf8)

    private static let tag = 0x0112
    /// The type of a number of 16 bits, which is in the first bytes of an entry's value.
    private static let shortType = 3
    /// Bytes of an entry's value, and of what is behind its tag.
    private static let valueLength = 4

    /// Reads the orientation from EXIF data (a TIFF file), and nothing else of it: the entries of the first
    /// directory are gone through once, and none is followed. Those that lead to other directories are how a
    /// few bytes keep a reader busy that does.
    ///
    /// - Parameters:
    ///   - range: of the EXIF data in the file.
    ///   - steps: what it has cost is added to it: four for each entry, and a few.
    /// - Returns: ``topLeft`` where it says nothing that can be used.
    static func read(exif range: Range<Int>, of file: [UInt8], steps: inout Int) -> Orientation {
        var reader = ByteReader(file, range)
        defer { steps += reader.steps }
        return read(&reader, file, range.upperBound) ?? .topLeft
    }

    private static func read(_ reader: inout ByteReader, _ file: [UInt8], _ end: Int) -> Orientation? {
        if reader.isAt(mark) { _ = reader.skip(mark.count) }
        let start = reader.position
        let isLittleEndian = reader.isAt(littleEndian)
        guard isLittleEndian || reader.isAt(bigEndian), reader.skip(littleEndian.count) else { return nil }
        func number(_ bytes: Int) -> Int? {
            isLittleEndian ? reader.littleEndian(bytes: bytes) : reader.bigEndian(bytes: bytes)
        }
        // The offset counts from the start, and can only lead forward from here.
        guard let offset = number(4), reader.skip(start + offset - reader.position) else { return nil }
        guard let count = number(2) else { return nil }
        for _ in 0..<min(count, maximumEntries) {
            guard let tag = number(2), let type = number(2), let values = number(4) else { return nil }
            guard tag == Self.tag else {
                guard reader.skip(valueLength) else { return nil }
                continue
            }
            guard type == shortType, values == 1, let value = number(2) else { return nil }
            return Orientation(rawValue: value)
        }
        return nil
    }
}
