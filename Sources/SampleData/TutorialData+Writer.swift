import CSampleResources

extension TutorialData {
    /// Who wrote a post: the six users, in the order in which they register.
    public enum Writer: CaseIterable, Sendable {
        case mara, tomas, yael, priya, jonas, leila

        public var username: String {
            switch self {
            case .mara: "mara_lindqvist"
            case .tomas: "tomas.okafor"
            case .yael: "yael-benami"
            case .priya: "priya_cooks"
            case .jonas: "jonas_weir"
            case .leila: "leila.haddad"
            }
        }

        /// Unique, and of a domain that is reserved for examples (RFC 2606).
        public var email: String {
            "\(username)@example.com"
        }

        /// Drawn for this project. Between them they need all that an upload does: every format, none square,
        /// one on its side, one with transparency.
        public var picture: Picture {
            switch self {
            case .mara: Picture("mara.jpg", .jpeg, SampleResource.mara_jpg.bytes)
            // Stored on its side (Exif orientation 8), with the position of the Royal Observatory, Greenwich:
            // what is served must stand upright and must not tell where it was taken.
            case .tomas: Picture("tomas.jpg", .jpeg, SampleResource.tomas_jpg.bytes)
            // The pages of the book are transparent.
            case .yael: Picture("yael.png", .png, SampleResource.yael_png.bytes)
            case .priya: Picture("priya.gif", .gif, SampleResource.priya_gif.bytes)
            case .jonas: Picture("jonas.webp", .webp, SampleResource.jonas_webp.bytes)
            case .leila: Picture("leila.png", .png, SampleResource.leila_png.bytes)
            }
        }
    }
}
