/// What is wrong with a form, or with the `Content-Type` that announces one.
///
/// Nothing of the form is repeated. All are the client's: ``notFormData`` is a 415, every other one a 400.
enum MultipartError: Error, Hashable, Sendable, CaseIterable {
    // The announcement.
    case notFormData
    case contentTypeParameters
    case boundaryMissing
    case boundaryRepeated
    case boundaryInvalid

    // Boundaries.
    case preamble
    case boundaryLine
    case padding
    case tooManyParts
    case epilogueTooLong
    case truncated

    // Header fields of a part.
    case headersTooLong
    case tooManyFields
    case lineEnd
    case controlCharacter
    case notUTF8
    case foldedField
    case notAField
    case fieldRepeated
    case dispositionMissing
    case dispositionType
    case dispositionParameters
    case parameterRepeated
    case extendedParameter
    case nameMissing
    case contentType
    case transferEncoding

    /// A sentence for the client.
    var detail: String {
        switch self {
        case .notFormData: "The body has to be multipart/form-data."
        case .contentTypeParameters: "The parameters of Content-Type are not written as name=value."
        case .boundaryMissing: "Content-Type has to name the boundary: multipart/form-data; boundary=…"
        case .boundaryRepeated: "Content-Type names a boundary more than once."
        case .boundaryInvalid:
            "A boundary is 1 to 70 letters, digits, spaces or any of '()+_,-./:=? and doesn't end in a space."
        case .preamble: "The form has to begin with the boundary that Content-Type names, after two hyphens."
        case .boundaryLine: "A boundary is followed by something that is neither a line end nor two hyphens."
        case .padding: "A boundary is followed by too many spaces."
        case .tooManyParts: "The form has too many parts."
        case .epilogueTooLong: "The form goes on after its last boundary."
        case .truncated: "The form ends before its last boundary."
        case .headersTooLong: "The header fields of a part are too long."
        case .tooManyFields: "A part has too many header fields."
        case .lineEnd: "Each header line of a part has to end with CR LF, and neither may be elsewhere in it."
        case .controlCharacter: "A header field of a part has a control character in it."
        case .notUTF8: "A header field of a part is not UTF-8."
        case .foldedField: "A header field of a part goes on in the next line."
        case .notAField: "A header line of a part is not written as name: value."
        case .fieldRepeated: "A part has the same header field more than once."
        case .dispositionMissing: "A part has no Content-Disposition."
        case .dispositionType: "The Content-Disposition of a part has to be form-data."
        case .dispositionParameters:
            "The parameters of a part's Content-Disposition are not written as name=\"value\"."
        case .parameterRepeated: "The Content-Disposition of a part has the same parameter more than once."
        case .extendedParameter:
            "The Content-Disposition of a part has a parameter with an asterisk: write filename=\"…\" in UTF-8."
        case .nameMissing: "The Content-Disposition of a part has no name."
        case .contentType: "The Content-Type of a part is not a media type."
        case .transferEncoding: "The Content-Transfer-Encoding of a part has to be 7bit, 8bit or binary."
        }
    }
}
