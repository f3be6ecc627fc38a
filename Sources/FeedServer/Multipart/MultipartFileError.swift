/// Why no file comes out of a form.
enum MultipartFileError: Error, Hashable, Sendable {
    /// It is not a form: a 400.
    case malformed(MultipartError)
    /// The file has more bytes than allowed: a 413.
    case tooLarge(maximumBytes: Int)
    /// It is a form, but not the one that is asked for: a 422 that names the part.
    case part(name: String, detail: String)
}
