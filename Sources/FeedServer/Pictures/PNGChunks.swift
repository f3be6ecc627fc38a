/// The chunks of a PNG file (ISO/IEC 15948, clause 5) that its pixels, their colours and their orientation
/// need.
///
/// The others are left out before the file is decoded: the loader inflates every compressed text, and a file
/// of 4 MB that held little else took it minutes.
enum PNGChunks {
    private static let signatureLength = 8
    /// Before a chunk's data, in bytes: its length and its type. Behind them is a checksum.
    private static let headLength = 8
    private static let checksumLength = 4

    private static let end = Array("IEND".utf8)
    private static let repeated = ["PLTE", "IDAT"].map { Array($0.utf8) }
    /// Of these the first one counts.
    private static let single = ["IHDR", "tRNS", "iCCP", "eXIf"].map { Array($0.utf8) }

    /// - Returns: a PNG file of these chunks only, as they are; `nil` when the file ends before its last one.
    static func essential(of file: [UInt8]) -> [UInt8]? {
        var essential = Array(file.prefix(signatureLength))
        essential.reserveCapacity(file.count)
        var seen: Set<[UInt8]> = []
        var position = signatureLength
        while file.count - position >= headLength + checksumLength {
            let length = file[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= file.count - position - headLength - checksumLength else { return nil }
            let chunk = file[position..<position + headLength + length + checksumLength]
            position = chunk.endIndex
            let type = Array(chunk.dropFirst(4).prefix(4))
            if type == end { return essential + chunk }
            if repeated.contains(type) || single.contains(type) && seen.insert(type).inserted {
                essential += chunk
            }
        }
        return nil
    }
}
