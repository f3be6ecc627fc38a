/// Why an uploaded file did not become a picture.
enum PictureError: Error, Hashable, Sendable {
    /// Its first bytes are not those of a JPEG, PNG, GIF or WebP file.
    case notAnImage
    /// It could not be decoded to its end.
    case damaged
    /// It has more pixels than are decoded, or is longer on one side.
    case tooManyPixels
    /// As many pictures as are kept waiting are waiting already, or the server is shutting down.
    case busy

    /// What the user is told.
    var sentence: String {
        switch self {
        case .notAnImage: "The file is not a JPEG, PNG, GIF or WebP image."
        case .damaged: "The image is damaged or incomplete: it could not be decoded."
        case .tooManyPixels:
            """
            The image has too many pixels. Allowed are \(PictureBounds.maximumPixels / 1_000_000) \
            megapixels, \(PictureBounds.maximumPixelsHeldWhole / 1_000_000) of a GIF, WebP, progressive \
            JPEG or interlaced PNG, and \(PictureBounds.maximumSide) pixels a side.
            """
        case .busy: "Too many pictures are being uploaded right now; try again in a moment."
        }
    }
}
