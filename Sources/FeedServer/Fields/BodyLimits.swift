/// How large bodies may be, in bytes.
enum BodyLimits {
    /// A JSON document.
    static let json = 256 << 10
    /// A form of short fields.
    static let form = json
    /// A form with a post, whose content may grow twelvefold by percent-encoding.
    static let postForm = 1 << 20
    /// A picture.
    static let picture = 5 << 20
}
