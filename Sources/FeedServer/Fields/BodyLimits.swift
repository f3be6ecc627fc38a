/// How large bodies may be, in bytes.
enum BodyLimits {
    /// A JSON document: with a post, whose content may grow twelvefold by `\u` escapes.
    static let json = 1 << 20
    /// A form of short fields.
    static let form = 256 << 10
    /// A form with a post, whose content may grow twelvefold by percent-encoding.
    static let postForm = 1 << 20
    /// A picture.
    static let picture = 5 << 20
}
