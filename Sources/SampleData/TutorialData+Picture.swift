extension TutorialData {
    /// A picture as a user would upload it.
    public struct Picture: Sendable {
        /// Letters, digits and dots: needs no escaping in a header.
        public let fileName: String
        public let mediaType: MediaType
        public let bytes: [UInt8]

        package init(_ fileName: String, _ mediaType: MediaType, _ bytes: [UInt8]) {
            self.fileName = fileName
            self.mediaType = mediaType
            self.bytes = bytes
        }
    }

    /// The formats that the server takes.
    public enum MediaType: String, CaseIterable, Sendable {
        case jpeg = "image/jpeg"
        case png = "image/png"
        case gif = "image/gif"
        case webp = "image/webp"
    }
}
