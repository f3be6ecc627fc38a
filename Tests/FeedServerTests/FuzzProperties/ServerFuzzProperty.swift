// What must be true of every input of what reads a request's bytes in this server itself. The fuzzer in
// Tests/Fuzzing compiles this folder too, by symbolic links, so that it looks for inputs that break the very
// properties that the corpus test holds for each input of Corpus.

/// What is fuzzed. Each raw value names the folder of Corpus with the inputs for it.
enum ServerFuzzProperty: String, CaseIterable {
    /// Bytes are a form, multipart/form-data.
    case multipart
    /// Bytes are the Content-Type of one.
    case boundary
    /// Bytes are a picture's file.
    case picture
    /// Bytes are a picture's EXIF data.
    case exif
    /// Bytes are a JSON body.
    case json
    /// Bytes are the fields of a body, as JSON or as a form.
    case fields
    /// Bytes are a query.
    case parameters

    func check(_ bytes: [UInt8]) throws {
        switch self {
        case .multipart: try MultipartProperty.check(bytes)
        case .boundary: try BoundaryProperty.check(bytes)
        case .picture: try PictureProperty.check(bytes)
        case .exif: try OrientationProperty.check(bytes)
        case .json: try JSONProperty.check(bytes)
        case .fields: try FieldsProperty.check(bytes)
        case .parameters: try ParametersProperty.check(bytes)
        }
    }
}
