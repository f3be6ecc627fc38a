import TestSupport

@testable import FeedServer

enum BoundaryProperty {
    static func check(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let boundary: [UInt8]
        do throws(MultipartError) {
            boundary = try MultipartBoundary(contentType: text).bytes
        } catch {
            let announces = text.lowercased().drop { $0 == " " || $0 == "\t" }.hasPrefix(
                "multipart/form-data")
            return try demand(error == .notFormData || announces, "\(error) of another media type")
        }
        let written = String(decoding: boundary, as: UTF8.self)
        try demand(
            (1...MultipartBoundary.maximumLength).contains(boundary.count), "\(boundary.count) characters")
        try demand(
            written.utf8.elementsEqual(boundary) && written.unicodeScalars.allSatisfy(\.isASCII), "no text")
        try demand(!boundary.contains { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }, "the boundary is \(written)")
        let quoted = "Multipart/FORM-data;Boundary=\"\(written)\""
        try demand(try MultipartBoundary(contentType: quoted).bytes == boundary, "not read as it is written")
        let again = "multipart/form-data; \(text.drop { $0 != ";" }.dropFirst()); boundary=x"
        try demand(refusal(of: again) == .boundaryRepeated, "one of two boundaries counts")
    }

    private static func refusal(of contentType: String) -> MultipartError? {
        do throws(MultipartError) {
            _ = try MultipartBoundary(contentType: contentType)
            return nil
        } catch {
            return error
        }
    }
}
