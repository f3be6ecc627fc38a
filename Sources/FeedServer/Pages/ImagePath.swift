/// Where the pictures of users are served.
enum ImagePath {
    /// The picture of a user who has chosen none.
    static let standard: StaticString = "/static/default.svg"
    /// What stands before the file name of a chosen picture.
    static let folder: StaticString = "/media/"
}

/// The path of a user's picture, the same in pages and in JSON.
///
/// - Parameter imageFile: The picture's file name. The server chose it when it stored the picture,
///   out of characters that need no escaping in a path. `nil` stands for the default picture.
func imagePath(for imageFile: String?) -> String {
    guard let imageFile else { return "\(ImagePath.standard)" }
    return "\(ImagePath.folder)\(imageFile)"
}
