import HTTPTypes

/// Everything that can be wrong with a request, or with the server while it answers one.
///
/// The wire form is `application/problem+json` (RFC 9457). The codes are part of the contract; the
/// page `/problems/<code>` explains each.
struct Problem: Error, Hashable, Sendable {
    enum Code: String, CaseIterable, Sendable {
        case cursorInvalid = "cursor-invalid"
        case cursorMismatch = "cursor-mismatch"
        case malformedRequest = "malformed-request"
        case unauthorized
        case forbidden
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case notAcceptable = "not-acceptable"
        case conflict
        case cursorExpired = "cursor-expired"
        case payloadTooLarge = "payload-too-large"
        case unsupportedMediaType = "unsupported-media-type"
        case validation
        case rateLimited = "rate-limited"
        case `internal`
        case unavailable
        case notImplemented = "not-implemented"
        case misdirectedRequest = "misdirected-request"
    }

    /// One parameter that was wrong.
    struct Issue: Hashable, Sendable, Encodable {
        var parameter: String
        /// What was wrong, and what is allowed.
        var detail: String
    }

    var code: Code
    /// What was wrong with this request, and what to do about it. Nothing internal.
    var detail: String
    /// With ``Code/validation``. A page's form shows them with other codes as well, each at its field.
    var issues: [Issue] = []
    /// With ``Code/methodNotAllowed``.
    var allowed: [HTTPRequest.Method] = []
    /// Seconds; with ``Code/unavailable`` and ``Code/rateLimited``.
    var retryAfter = 1
    /// With ``Code/unauthorized``: what is asked for (RFC 6750, section 3).
    var challenge = "Bearer"

    static let contentType = "application/problem+json"

    static func validation(_ issues: [Issue]) -> Problem {
        let names = issues.map(\.parameter).joined(separator: ", ")
        return Problem(code: .validation, detail: "Check these parameters: \(names).", issues: issues)
    }

    static func notFound(_ what: String) -> Problem {
        Problem(code: .notFound, detail: "There is no \(what) here.")
    }

    static func methodNotAllowed(_ allowed: [HTTPRequest.Method]) -> Problem {
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        return Problem(
            code: .methodNotAllowed, detail: "This address answers \(names).", allowed: allowed)
    }
}

extension Problem.Code {
    var status: HTTPResponse.Status {
        switch self {
        case .cursorInvalid, .cursorMismatch, .malformedRequest: .badRequest
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .notAcceptable: .notAcceptable
        case .conflict: .conflict
        case .cursorExpired: .gone
        case .payloadTooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .validation: .unprocessableContent
        case .rateLimited: .tooManyRequests
        case .internal: .internalServerError
        case .unavailable: .serviceUnavailable
        case .notImplemented: .notImplemented
        case .misdirectedRequest: .misdirectedRequest
        }
    }

    var title: String {
        switch self {
        case .cursorInvalid: "The cursor is not valid"
        case .cursorMismatch: "The cursor belongs to another list"
        case .malformedRequest: "The request is malformed"
        case .unauthorized: "Not logged in"
        case .forbidden: "This is not allowed"
        case .notFound: "There is nothing here"
        case .methodNotAllowed: "The method is not allowed"
        case .notAcceptable: "No acceptable form of this answer"
        case .conflict: "The value is taken"
        case .cursorExpired: "The cursor has expired"
        case .payloadTooLarge: "The body is too large"
        case .unsupportedMediaType: "The media type is not supported"
        case .validation: "A parameter is not valid"
        case .rateLimited: "Too many requests"
        case .internal: "The server failed"
        case .unavailable: "The server is not available now"
        case .notImplemented: "This is not implemented"
        case .misdirectedRequest: "Another host was meant"
        }
    }

    /// What a person who meets it should know and do.
    var explanation: String {
        switch self {
        case .cursorInvalid:
            "A cursor is taken from next_cursor or prev_cursor and passed back unchanged. This one was "
                + "shortened, altered, or made by a server with another secret. Start again without a cursor."
        case .cursorMismatch:
            "A cursor is good for the collection, order and filter that it was made for. "
                + "Another page_size is fine; for another list, start without a cursor."
        case .malformedRequest:
            "The request line, a header, the query string or the body can't be read. Check the "
                + "percent-encoding, and that the body is of the form that Content-Type names."
        case .unauthorized:
            "Send a token in the Authorization header: Bearer, then the token. It may have expired, or the "
                + "e-mail address or the password was wrong."
        case .forbidden:
            "The request was understood, but whoever sent it may not have this."
        case .notFound:
            "No resource has this address, or it was deleted."
        case .methodNotAllowed:
            "The Allow header lists the methods that this address answers."
        case .notAcceptable:
            "The Accept header rules out every form that this address has. The API answers application/json."
        case .conflict:
            "Somebody has this username or email already. Choose another."
        case .cursorExpired:
            "The operator of this server lets cursors expire, or has put the dates of posts right that a wrong clock "
                + "had given. Start again without a cursor."
        case .payloadTooLarge:
            "The body is larger than this address takes."
        case .unsupportedMediaType:
            "The Content-Type header names a form that this address does not take."
        case .validation:
            "The list errors names each parameter, what was wrong with it and what is allowed. "
                + "Unknown and repeated parameters are refused as well."
        case .rateLimited:
            "Wait for as many seconds as the Retry-After header says."
        case .internal:
            "This is a fault of the server, not of the request. It was logged."
        case .unavailable:
            "The server is starting, stopping or overloaded, or can't count a total in time. "
                + "Try again after as many seconds as the Retry-After header says."
        case .notImplemented:
            "The request needs something that this server does not have, such as a transfer coding other than "
                + "chunked."
        case .misdirectedRequest:
            "The Host header names a host that this server does not answer for. Use the address that its "
                + "operator gives out."
        }
    }
}
