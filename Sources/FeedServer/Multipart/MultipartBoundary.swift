/// What separates the parts of a form: a parameter of the request's `Content-Type` (RFC 2046, section 5.1.1).
struct MultipartBoundary: Hashable, Sendable {
    /// In characters, which are bytes.
    static let maximumLength = 70

    let bytes: [UInt8]

    /// - Parameter contentType: the value of the field, or `nil` where there is none.
    /// - Throws: ``MultipartError/notFormData`` for another media type; for this one without a boundary that can be
    ///   used, what is wrong with it.
    init(contentType: String?) throws(MultipartError) {
        let field = Array((contentType ?? "").utf8)
        let typeEnd = field.firstIndex(of: UInt8(ascii: ";")) ?? field.endIndex
        guard field[..<typeEnd].withoutBlanks.isText(inAnyCase: "multipart/form-data") else {
            throw .notFormData
        }

        var parameters = MultipartParameters(
            field[typeEnd...], quoting: .http, mistake: .contentTypeParameters)
        var boundary: [UInt8]?
        while let (name, value) = try parameters.next() {
            guard name == "boundary" else { continue }
            guard boundary == nil else { throw .boundaryRepeated }
            boundary = value
        }
        guard let boundary else { throw .boundaryMissing }
        guard (1...Self.maximumLength).contains(boundary.count), boundary.allSatisfy(Self.isAllowed),
            boundary.last != UInt8(ascii: " ")
        else { throw .boundaryInvalid }
        bytes = boundary
    }

    /// `bchars` of RFC 2046, section 5.1.1.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        MultipartParameters.isLetterOrDigit(byte) || "'()+_,-./:=? ".utf8.contains(byte)
    }
}
