/// How large an image may be that is decoded, known before any pixel takes memory.
struct PictureBounds: Sendable {
    /// Pixels of an image that is decoded in strips: a row of blocks at a time, whatever its height.
    static let maximumPixels = 64_000_000

    /// Pixels of an image that its decoder holds whole: GIF, WebP, progressive JPEG and interlaced PNG.
    /// At 8 to 12 bytes a pixel that is 300 MB at the most, for the one picture that is decoded at a time.
    static let maximumPixelsHeldWhole = 25_000_000

    /// Pixels of either side: bounds the strips. WebP allows no more than one less.
    static let maximumSide = 16_384

    /// Passes of a progressive JPEG. Each goes over the whole image, and takes next to no bytes of the
    /// file where it changes nothing. Encoders make about ten.
    static let maximumScans = 100

    let width: Int
    let height: Int
    let isHeldWhole: Bool

    /// - Throws: ``PictureError/tooManyPixels``.
    func check() throws(PictureError) {
        let pixels = isHeldWhole ? Self.maximumPixelsHeldWhole : Self.maximumPixels
        // Neither side is so long that the product could overflow.
        guard max(width, height) <= Self.maximumSide, width * height <= pixels else { throw .tooManyPixels }
    }
}
