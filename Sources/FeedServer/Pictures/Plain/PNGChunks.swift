/// The chunks of a PNG file (ISO/IEC 15948, clause 5) that its pixels and their colours need.
///
/// The others are left out before the file is decoded: the loader inflates every compressed text, and a file
/// of 4 MB that held little else took it minutes.
enum PNGChunks {
    private static let signatureLength = 8
    private static let typeLength = 4
    /// Before a chunk's data, in bytes: its length and its type. Behind them is a checksum.
    private static let headLength = 8
    private static let checksumLength = 4

    private static let end = Array("IEND".utf8)
    private static let repeated = ["PLTE", "IDAT"].map { Array($0.utf8) }
    /// Of these the first one counts.
    private static let single = ["IHDR", "tRNS"].map { Array($0.utf8) }
    private static let profile = Array("iCCP".utf8)
    private static let exif = Array("eXIf".utf8)

    /// - Returns: a PNG file of these chunks only, as they are; `nil` when the file ends before its last one.
    static func plain(_ file: [UInt8], steps: inout Int) -> PlainPicture? {
        var reader = ByteReader(file)
        defer { steps += reader.steps }
        guard let signature = reader.take(signatureLength) else { return nil }
        var plain = PlainPicture(file: Array(file[signature]))
        plain.file.reserveCapacity(file.count)
        var seen: Set<[UInt8]> = []
        while let length = reader.bigEndian(bytes: headLength - typeLength),
            let name = reader.take(typeLength),
            let data = reader.take(length), reader.skip(checksumLength)
        {
            let type = Array(file[name])
            let isFirst = { seen.insert(type).inserted }
            let isKept =
                switch type {
                case profile: data.count <= PlainPicture.maximumProfileBytes && isFirst()
                case end: true
                default: repeated.contains(type) || single.contains(type) && isFirst()
                }
            if isKept { plain.file += file[data.lowerBound - headLength..<data.upperBound + checksumLength] }
            if type == exif, isFirst() {
                plain.orientation = Orientation.read(exif: data, of: file, steps: &steps)
            }
            if type == end { return plain }
        }
        return nil
    }
}
