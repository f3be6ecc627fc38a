import FeedStore
import HTTPTypes

/// What a form says when it could not be carried out. Whatever else goes wrong is an error page's matter.
struct FormFailure {
    var issues: [Problem.Issue]
    var notice: FormNotice?
    var status: HTTPResponse.Status
    /// Seconds.
    var retryAfter: Int?
    var challenge: String?

    /// - Throws: the error, where it is not the form's matter.
    init(_ error: any Error) throws {
        let problem = (error as? Problem) ?? (error as? StoreError).flatMap(Problem.init(_:))
        guard let problem, Self.codes.contains(problem.code) || !problem.issues.isEmpty else { throw error }
        issues = problem.issues
        notice = issues.isEmpty ? .failed(problem.detail) : nil
        status = problem.code.status
        challenge = problem.code == .unauthorized ? problem.challenge : nil
        retryAfter = [.rateLimited, .unavailable].contains(problem.code) ? problem.retryAfter : nil
    }

    private static let codes: Set<Problem.Code> = [
        .validation, .conflict, .unauthorized, .rateLimited, .unavailable, .payloadTooLarge,
        .unsupportedMediaType,
    ]
}
