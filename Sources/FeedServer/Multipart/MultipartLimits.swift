/// How much of a form is read before it is refused.
struct MultipartLimits: Sendable {
    /// Parts of a form. None that is asked for has more than a few.
    var parts = 16
    /// Bytes of a part's header fields, their line ends and the empty line included.
    var headerBytes = 8192
    /// Header fields of a part, those that are ignored included.
    var headerFields = 16
    /// Bytes of a part's `Content-Type`: two names of 127 characters (RFC 6838, section 4.2) and the slash.
    var contentTypeBytes = 255
    /// Spaces and tabs between a boundary and the end of its line.
    var paddingBytes = 64
    /// Bytes after the line of the last boundary.
    var epilogueBytes = 1024
}
