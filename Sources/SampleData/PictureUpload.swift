/// A picture as the body of a request: `multipart/form-data` (RFC 7578) with one part, named `file`.
public struct PictureUpload: Sendable {
    /// The value of `Content-Type`; it names the boundary.
    public let contentType: String
    public let body: [UInt8]

    public init(_ picture: TutorialData.Picture) {
        var random = SystemRandomNumberGenerator()
        self.init(picture, using: &random)
    }

    /// - Parameter random: where the boundary comes from. Another one is taken while the picture contains it.
    package init(_ picture: TutorialData.Picture, using random: inout some RandomNumberGenerator) {
        var boundary: String
        repeat {
            boundary = Self.boundary(using: &random)
        } while picture.bytes.contains(boundary.utf8)

        let head = [
            "--\(boundary)",
            #"Content-Disposition: form-data; name="file"; filename="\#(picture.fileName)""#,
            "Content-Type: \(picture.mediaType.rawValue)",
            "", "",
        ].joined(separator: "\r\n")
        contentType = "multipart/form-data; boundary=\(boundary)"
        body = Array(head.utf8) + picture.bytes + Array("\r\n--\(boundary)--\r\n".utf8)
    }

    /// At most 38 of the 70 characters that RFC 2046, section 5.1.1 allows, none of which needs quotes.
    private static func boundary(using random: inout some RandomNumberGenerator) -> String {
        "feed-server-" + String(random.next(), radix: 36) + String(random.next(), radix: 36)
    }
}
