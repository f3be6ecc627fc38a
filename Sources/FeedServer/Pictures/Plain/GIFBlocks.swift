/// The blocks of a GIF file (GIF89a specification) that the pixels of its first image need.
///
/// A file of a few megabytes has room for hundreds of thousands of images. A decoder gets the first one.
enum GIFBlocks {
    private enum Block {
        static let image: UInt8 = 0x2c
        static let labelled: UInt8 = 0x21
        static let trailer: UInt8 = 0x3b
    }

    /// The extension that says which colour of the next image is transparent.
    private static let graphicControl: UInt8 = 0xf9

    private static let signatureLength = 6
    /// Of the screen's size, its flags, its background, and its pixels' shape, in bytes.
    private static let screenLength = 7
    private static let screenFlags = 4
    /// Of an image's place, its size, and its flags.
    private static let imageLength = 9
    private static let imageFlags = 8
    private static let colourLength = 3

    /// - Returns: `nil` where the file ends before its first image does.
    static func plain(_ file: [UInt8], steps: inout Int) -> PlainPicture? {
        var reader = ByteReader(file)
        defer { steps += reader.steps }
        guard reader.skip(signatureLength), let screen = reader.take(screenLength),
            reader.skip(colourTableLength(flags: file[screen.lowerBound + screenFlags]))
        else { return nil }
        let head = 0..<reader.position
        var control: Range<Int>?
        while true {
            let start = reader.position
            switch reader.byte() {
            case Block.labelled:
                let label = reader.byte()
                guard skipSubBlocks(&reader, file) else { return nil }
                if label == graphicControl { control = start..<reader.position }
            case Block.image:
                guard skipImage(&reader, file) else { return nil }
                let blocks = Array(file[control ?? start..<start]) + file[start..<reader.position]
                return PlainPicture(file: file[head] + blocks + [Block.trailer])
            default: return nil
            }
        }
    }

    /// An image behind its first byte: head, colours, the size of its codes, and the codes.
    private static func skipImage(_ reader: inout ByteReader, _ file: [UInt8]) -> Bool {
        guard let head = reader.take(imageLength) else { return false }
        return reader.skip(colourTableLength(flags: file[head.lowerBound + imageFlags])) && reader.skip(1)
            && skipSubBlocks(&reader, file)
    }

    /// Up to a block of no bytes, which is the last one.
    private static func skipSubBlocks(_ reader: inout ByteReader, _ file: [UInt8]) -> Bool {
        while let length = reader.byte() {
            if length == 0 { return true }
            guard reader.skip(Int(length)) else { return false }
        }
        return false
    }

    /// In bytes: a bit says whether there is one, and three of how many colours, as a power of two.
    private static func colourTableLength(flags: UInt8) -> Int {
        flags & 0x80 == 0 ? 0 : colourLength << (Int(flags & 0x07) + 1)
    }
}
