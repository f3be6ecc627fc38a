import CVips

/// The picture of a user, as it is kept and served.
enum Portrait {
    /// Pixels of a side.
    static let side = 300

    /// Of the JPEG, 1 to 100: at this one a photograph has about 15 kB.
    static let quality = 85

    /// No bound on one side of a box: libvips' largest coordinate.
    private static let unbounded = 10_000_000

    /// Makes the picture: a square JPEG of sRGB pixels without metadata, out of the image's middle. Only the
    /// first image of an animation is used. Call ``VipsLibrary/start()`` before.
    ///
    /// It takes a core for as long as the decoder runs, and blocks. The server does it in a process of its
    /// own: see ``PictureWorker``.
    ///
    /// - Throws: ``PictureError``; ``VipsLibrary/Failure`` where the image is not to blame.
    static func make(from file: [UInt8]) throws -> [UInt8] {
        guard let format = PictureFormat(sniffing: file) else { throw PictureError.notAnImage }
        // Also where it fails: the thread's buffers are as large as the last image asked for.
        defer {
            vips_thread_shutdown()
            cvips_give_memory_back()
        }
        let plain = try PlainPicture(file, format)
        return try plain.file.withUnsafeBytes { bytes in
            try check(plain.file, bytes, format)
            return try encode(decode(bytes, format), plain.orientation)
        }
    }

    /// Checks what the loaders don't.
    private static func check(
        _ file: [UInt8], _ bytes: UnsafeRawBufferPointer, _ format: PictureFormat
    ) throws(PictureError) {
        switch format {
        case .jpeg:
            guard JPEGScans.count(of: file) <= PictureBounds.maximumScans else { throw .damaged }
        case .webp: try checkWebP(bytes)
        case .png, .gif: break
        }
    }

    /// The WebP loader takes an image's memory while it reads the header, so ask the decoder itself first.
    private static func checkWebP(_ bytes: UnsafeRawBufferPointer) throws(PictureError) {
        var (width, height): (Int32, Int32) = (0, 0)
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard WebPGetInfo(start, bytes.count, &width, &height) != 0 else { throw .damaged }
        try PictureBounds(width: Int(width), height: Int(height), isHeldWhole: true).check()
    }

    /// Decodes all of the image, also what is cut off later: only then it is known to be whole.
    private static func decode(_ bytes: UnsafeRawBufferPointer, _ format: PictureFormat) throws -> VipsPicture
    {
        do {
            let header = try VipsPicture(headerOf: bytes)
            let isHeldWhole = format == .gif || format == .webp || header.isInterlaced
            try PictureBounds(width: header.width, height: header.height, isHeldWhole: isHeldWhole).check()
            // The shorter side becomes a portrait's; the longer one may be any length.
            let isTall = header.width <= header.height
            let box = isTall ? (width: side, height: unbounded) : (width: unbounded, height: side)
            let picture = try VipsPicture(decoding: bytes, fitting: box).computed()
            guard picture.hasColourProfile else { return picture }
            do {
                return try picture.convertedFromProfile().computed()
            } catch {
                // A profile that can't be used says nothing about the pixels. One of inks is such a profile:
                // by now, libvips has converted them.
                return picture
            }
        } catch is VipsLibrary.Failure {
            throw PictureError.damaged
        }
    }

    private static func encode(_ decoded: borrowing VipsPicture, _ orientation: Orientation) throws -> [UInt8]
    {
        let square = try decoded.centreSquare().upright(from: orientation).inSRGB()
        return try encode(opaque: square.hasAlpha ? square.onWhite() : square)
    }

    private static func encode(opaque square: consuming VipsPicture) throws -> [UInt8] {
        if square.width != side { square = try square.scaled(by: Double(side) / Double(square.width)) }
        return try square.encodedAsJPEG(quality: quality)
    }
}
