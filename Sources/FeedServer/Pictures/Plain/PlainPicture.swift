/// A picture's file without anything that its pixels and their colours don't need: what a decoder is given.
///
/// EXIF and other metadata are formats of their own, with readers of their own and with directories that may
/// lead to themselves. What is needed of them, the orientation, is read here instead; they are left out.
struct PlainPicture: Sendable {
    /// Bytes of a colour profile, as the file holds it. Those of screens and cameras have a few thousand, of
    /// printers up to a million; a larger one is left out.
    static let maximumProfileBytes = 1 << 20

    /// In the format of the original, and no longer than that.
    var file: [UInt8]
    var orientation = Orientation.topLeft

    init(file: [UInt8] = [], orientation: Orientation = .topLeft) {
        (self.file, self.orientation) = (file, orientation)
    }

    /// Reads a file and leaves out what is not needed.
    ///
    /// - Throws: ``PictureError/damaged`` where the file ends before its end, or can't be followed to it.
    init(_ file: [UInt8], _ format: PictureFormat) throws(PictureError) {
        var steps = 0
        guard let plain = Self.read(file, format, steps: &steps) else { throw .damaged }
        self = plain
    }

    /// Reads a file and leaves out what is not needed, in one pass over it.
    ///
    /// - Parameter steps: what it costs is added to it, in those of a ``ByteReader``: no more than two for
    ///   each byte, and four for each entry that an ``Orientation`` is looked for in. Tests hold it to that.
    /// - Returns: `nil` where the file ends before its end, or can't be followed to it.
    static func read(_ file: [UInt8], _ format: PictureFormat, steps: inout Int) -> PlainPicture? {
        switch format {
        case .jpeg: JPEGSegments.plain(file, steps: &steps)
        case .png: PNGChunks.plain(file, steps: &steps)
        case .gif: GIFBlocks.plain(file, steps: &steps)
        case .webp: WebPChunks.plain(file, steps: &steps)
        }
    }
}
