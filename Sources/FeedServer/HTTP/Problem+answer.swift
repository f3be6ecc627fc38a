import HTTPTypes
import NIOCore

extension Problem {
    /// The answer that tells it.
    var answer: Answer {
        let body = ProblemDocument(
            type: "/problems/\(code.rawValue)", title: code.title, status: code.status.code,
            detail: detail, code: code.rawValue, errors: code == .validation ? issues : nil)
        var answer = Answer(
            status: code.status, contentType: Self.contentType, body: JSONDocument.encode(body))
        answer.fields[.cacheControl] = "no-store"
        switch code {
        case .methodNotAllowed:
            answer.fields[.allow] = allowed.map(\.rawValue).joined(separator: ", ")
        case .unauthorized:
            answer.fields[.wwwAuthenticate] = challenge
        case .unavailable, .rateLimited:
            answer.fields[.retryAfter] = String(retryAfter)
        default:
            break
        }
        return answer
    }
}

/// RFC 9457, section 3.1, with the extensions `code` and `errors`.
private struct ProblemDocument: Encodable {
    var type: String
    var title: String
    var status: Int
    var detail: String
    var code: String
    var errors: [Problem.Issue]?
}
