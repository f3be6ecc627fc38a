/// What a part's header fields say.
struct MultipartPart: Hashable, Sendable {
    /// Of the form's control: any text, the empty one and such with line ends in it too.
    var name: String
    /// As on the client's disk, `nil` for a part that is not a file. Never to be used as a path.
    var filename: String?
    /// As the client says, which need not be true.
    var contentType: String?
}
