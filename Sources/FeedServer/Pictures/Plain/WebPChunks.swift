/// The chunks of a WebP file (RFC 9649) that the pixels of its first image and their colours need.
///
/// A file of a few megabytes has room for a hundred thousand frames of an animation, which a decoder looks at
/// one by one before it decodes the first. It gets that one only.
enum WebPChunks {
    private static let riff = Array("RIFF".utf8)
    private static let form = Array("WEBP".utf8)
    private static let extended = Array("VP8X".utf8)

    private enum Kind {
        static let profile = code("ICCP")
        static let animation = code("ANIM")
        static let frame = code("ANMF")
        static let alpha = code("ALPH")
        static let exif = code("EXIF")
        static let images = [code("VP8 "), code("VP8L")]
    }

    /// Bytes of a chunk's type, and of its size behind that.
    private static let typeLength = 4
    private static let sizeLength = 4
    /// Of the flags, and the canvas' size.
    private static let extendedLength = 10
    /// Of a frame, before its image: its place, its size, how long it is shown, and how.
    private static let frameHeadLength = 16

    private enum Flag {
        static let animation: UInt8 = 0x02
        static let alpha: UInt8 = 0x10
        static let profile: UInt8 = 0x20
    }

    /// An image, and what has to lie before it: an alpha channel, or what all frames have in common.
    private struct Image {
        var before: [UInt8] = []
        var image: [UInt8] = []
    }

    /// - Returns: `nil` where the file ends before it should, or has no image.
    static func plain(_ file: [UInt8], steps: inout Int) -> PlainPicture? {
        var whole = ByteReader(file)
        guard whole.isAt(riff), whole.skip(typeLength), let size = whole.littleEndian(bytes: sizeLength),
            let content = whole.take(size)
        else { return nil }
        var reader = ByteReader(file, content)
        defer { steps += reader.steps }
        guard reader.isAt(form), reader.skip(typeLength) else { return nil }
        if reader.isAt(extended) { return extendedPicture(&reader, file, steps: &steps) }
        // One image; what lies behind it does not count.
        guard let image = next(&reader, file), Kind.images.contains(image.type) else { return nil }
        return PlainPicture(file: chunk(riff, form + file[image.whole]))
    }

    private static func extendedPicture(
        _ reader: inout ByteReader, _ file: [UInt8], steps: inout Int
    ) -> PlainPicture? {
        guard let first = next(&reader, file), first.data.count == extendedLength,
            var flags = file[first.data].first
        else { return nil }
        let isAnimation = flags & Flag.animation != 0
        var (profile, image, orientation) = ([UInt8](), Image(), Orientation?.none)
        while reader.remaining > 0 {
            guard let chunk = next(&reader, file) else { return nil }
            switch chunk.type {
            case Kind.profile:
                if profile.isEmpty, chunk.data.count <= PlainPicture.maximumProfileBytes {
                    profile = Array(file[chunk.whole])
                }
            case Kind.exif where orientation == nil:
                orientation = Orientation.read(exif: chunk.data, of: file, steps: &steps)
            case Kind.frame where isAnimation && image.image.isEmpty:
                guard let frame = frame(chunk.data, file, steps: &steps) else { return nil }
                image.image = frame
            case Kind.animation where isAnimation && image.before.isEmpty:
                image.before = Array(file[chunk.whole])
            default:
                if !isAnimation { gather(chunk, file, into: &image) }
            }
        }
        guard !image.image.isEmpty else { return nil }
        flags &= Flag.animation | Flag.alpha
        if !profile.isEmpty { flags |= Flag.profile }
        let head = chunk(extended, [flags] + file[first.data].dropFirst())
        return PlainPicture(
            file: chunk(riff, form + head + profile + image.before + image.image),
            orientation: orientation ?? .topLeft)
    }

    /// A frame of its head and its image only.
    private static func frame(_ data: Range<Int>, _ file: [UInt8], steps: inout Int) -> [UInt8]? {
        var reader = ByteReader(file, data)
        defer { steps += reader.steps }
        guard let head = reader.take(frameHeadLength) else { return nil }
        var image = Image()
        while reader.remaining > 0, image.image.isEmpty {
            guard let chunk = next(&reader, file) else { return nil }
            gather(chunk, file, into: &image)
        }
        guard !image.image.isEmpty else { return nil }
        return chunk(Array("ANMF".utf8), file[head] + image.before + image.image)
    }

    /// Takes the first image, and the first alpha channel before it.
    private static func gather(_ chunk: Chunk, _ file: [UInt8], into image: inout Image) {
        guard image.image.isEmpty else { return }
        if Kind.images.contains(chunk.type) {
            image.image = Array(file[chunk.whole])
        } else if chunk.type == Kind.alpha, image.before.isEmpty {
            image.before = Array(file[chunk.whole])
        }
    }

    // MARK: Chunks

    private struct Chunk {
        var type: Int
        var data: Range<Int>
        /// With its head, and the byte that makes its size even.
        var whole: Range<Int>
    }

    /// - Returns: `nil` where the rest of the range holds no whole chunk.
    private static func next(_ reader: inout ByteReader, _ file: [UInt8]) -> Chunk? {
        let start = reader.position
        guard let type = reader.bigEndian(bytes: typeLength),
            let size = reader.littleEndian(bytes: sizeLength), let data = reader.take(size),
            size.isMultiple(of: 2) || reader.skip(1)
        else { return nil }
        return Chunk(type: type, data: data, whole: start..<reader.position)
    }

    /// - Parameter data: of an even number of bytes, as everything is here that chunks are made of.
    private static func chunk(_ type: [UInt8], _ data: [UInt8]) -> [UInt8] {
        type + withUnsafeBytes(of: UInt32(data.count).littleEndian) { Array($0) } + data
    }

    private static func code(_ type: String) -> Int {
        type.utf8.reduce(0) { $0 << 8 | Int($1) }
    }
}
