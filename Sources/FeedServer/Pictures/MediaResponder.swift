import HTTPTypes
import Hummingbird
import NIOCore

/// Serves the users' pictures. A name tells the content, so a picture is good for ever.
struct MediaResponder: Sendable {
    /// A year, which is what "for ever" means to caches (RFC 9111, section 5.2.2.1; RFC 8246).
    private static let cacheControl = "public, max-age=31536000, immutable"

    let folder: PictureFolder

    func addRoutes(to table: RouteTable) {
        table.add("/media/{name}", [.get: picture])
    }

    private func picture(_ visit: Visit) async throws -> Answer {
        try visit.takesNoParameters()
        guard let name = visit.parameters.get("name").flatMap({ PictureName($0) }),
            let picture = try await folder.read(name)
        else { throw Problem.notFound("picture of this name") }
        var answer = Answer(status: .ok, contentType: "image/jpeg", body: picture)
        answer.fields[.cacheControl] = Self.cacheControl
        answer.becomePublicResource()
        answer.validate(against: visit.head.headerFields[.ifNoneMatch])
        return answer
    }
}
