import HTTPTypes
import Hummingbird
import NIOCore

/// What a route is given of a request.
struct Visit: Sendable {
    var head: HTTPRequest
    var query: Substring?
    /// The parameters of the path.
    var parameters: Parameters
    var body: RequestBody
    /// Who is at the other end, as far as is known: for limits.
    var client: ClientAddress

    /// The id in the path.
    ///
    /// - Throws: ``Problem/Code/notFound`` when it is none.
    func id(of what: String) throws(Problem) -> Int64 {
        guard let text = parameters.get("id"), let id = ResourceID(text) else {
            throw .notFound("\(what) with this id")
        }
        return id.value
    }

    /// Refuses every parameter of the query.
    func takesNoParameters() throws(Problem) {
        var reader = ParameterReader(try QueryString(query))
        try reader.finish()
    }

    /// Refuses a client that takes no JSON.
    func answersJSON() throws(Problem) {
        guard AcceptField.allows("application/json", in: head) else { throw .notAcceptable }
    }

    // MARK: Bodies

    /// What a JSON body says.
    ///
    /// - Parameter read: takes the fields.
    /// - Throws: ``Problem/Code/unsupportedMediaType`` for another form, ``Problem/Code/payloadTooLarge``,
    ///   ``Problem/Code/malformedRequest``, ``Problem/Code/validation`` with all that is wrong with the fields.
    func json<Value>(_ read: (inout FieldReader) -> Value) async throws -> Value {
        try requires("application/json")
        return try Self.read(json: try await wholeBody(upTo: BodyLimits.json), read)
    }

    /// As ``json(_:)``, but `nil` where there is no body.
    func jsonIfAny<Value>(_ read: (inout FieldReader) -> Value) async throws -> Value? {
        let body = try await wholeBody(upTo: BodyLimits.json)
        guard body.readableBytes > 0 else { return nil }
        try requires("application/json")
        return try Self.read(json: body, read)
    }

    private static func read<Value>(
        json body: ByteBuffer, _ read: (inout FieldReader) -> Value
    ) throws(Problem) -> Value {
        var fields = try FieldReader(json: body)
        let value = read(&fields)
        try fields.finish()
        return value
    }

    /// What a form says. Throws as ``json(_:)`` does, but leaves it to the caller to check the fields: a page
    /// shows the values with what is wrong with them.
    ///
    /// - Parameters:
    ///   - limit: bytes.
    ///   - read: takes the fields.
    func form<Value>(
        upTo limit: Int, _ read: (inout FieldReader) -> Value
    ) async throws -> FilledForm<Value> {
        try requires("application/x-www-form-urlencoded")
        var fields = try FieldReader(form: try await wholeBody(upTo: limit))
        return FilledForm(&fields, read)
    }

    /// The bytes of the one file in a `multipart/form-data` body, its part `file`. They are gathered as
    /// they come in; a body that is too large is refused as soon as that is known.
    func file(upTo limit: Int) async throws -> [UInt8] {
        // What a form adds to its file is far less.
        if declaredLength > 2 * limit { throw Problem(MultipartFileError.tooLarge(maximumBytes: limit)) }
        do {
            let boundary = try MultipartBoundary(contentType: head.headerFields[.contentType])
            var file = MultipartFile(boundary: boundary, maximumBytes: limit)
            for try await chunk in body {
                try file.append(Array(chunk.readableBytesView)[...])
            }
            return try file.finish()
        } catch let error as MultipartError {
            throw Problem(error)
        } catch let error as MultipartFileError {
            throw Problem(error)
        }
    }

    /// Bytes; 0 where the client does not say.
    private var declaredLength: Int {
        head.headerFields[.contentLength].flatMap { Int($0) } ?? 0
    }

    private func requires(_ type: String) throws(Problem) {
        let sent = head.headerFields[.contentType] ?? ""
        guard sent.utf8.prefix(while: { !"; \t".utf8.contains($0) }).isText(inAnyCase: type) else {
            throw Problem(
                code: .unsupportedMediaType, detail: "Send the body as \(type), named in Content-Type.")
        }
    }

    private func wholeBody(upTo limit: Int) async throws -> ByteBuffer {
        let tooLarge = Problem(
            code: .payloadTooLarge, detail: "The body may have \(limit) bytes at the most.")
        if declaredLength > limit { throw tooLarge }
        do {
            return try await body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
    }
}

extension Problem {
    /// - Parameter error: what is wrong with a form as a whole.
    fileprivate init(_ error: MultipartError) {
        self.init(
            code: error == .notFormData ? .unsupportedMediaType : .malformedRequest, detail: error.detail)
    }

    fileprivate init(_ error: MultipartFileError) {
        switch error {
        case .malformed(let error):
            self.init(error)
        case .tooLarge(let maximum):
            self.init(code: .payloadTooLarge, detail: "The file may have \(maximum >> 20) MiB at the most.")
        case .part(let name, let detail):
            self = .validation([.init(parameter: name, detail: detail)])
        }
    }
}
