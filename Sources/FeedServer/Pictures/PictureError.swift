/// Why an uploaded file did not become a picture.
enum PictureError: Error, Hashable, Sendable {
    /// Its first bytes are not those of a JPEG, PNG, GIF or WebP file.
    case notAnImage
    /// It could not be decoded to its end.
    case damaged
    /// It has more pixels than are decoded, or is longer on one side.
    case tooManyPixels
    /// Decoding it did not end within the deadline.
    case tookTooLong
    /// There is nobody who decodes pictures, for the moment.
    case unavailable
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
        case .tookTooLong:
            "The image takes too long to decode. Save it anew, in a simpler form or with fewer pixels."
        case .unavailable: "Pictures can't be taken right now; try again in a moment."
        case .busy: "Too many pictures are being uploaded right now; try again in a moment."
        }
    }
}
