import FeedStore
import Foundation
import HTTPTypes
import NIOCore

/// What the handlers of pages share: who is looking, and how a page becomes an answer.
struct PageContext: Sendable {
    let renderer: PageRenderer
    let sessions: Sessions

    /// The user who looks at a page, `nil` for a stranger.
    func viewer(_ visit: Visit) async throws -> User? {
        try await sessions.user(visit.head)
    }

    /// Answers somebody who is logged in; sends everybody else to log in first.
    func withViewer(_ visit: Visit, _ answer: (User) async throws -> Answer) async throws -> Answer {
        if let viewer = try await viewer(visit) { return try await answer(viewer) }
        // Back to the page afterwards; a form can't be sent again.
        let path = visit.head.method == .post ? nil : visit.head.path
        return redirect(to: path.map { "/login?next=\(Self.escaped($0))" } ?? "/login")
    }

    /// A page that caches may keep, and have to ask for again each time.
    func html(_ page: ByteBuffer, _ visit: Visit, viewer: User?) -> Answer {
        var answer = Answer(status: .ok, contentType: "", body: page)
        answer.becomePage()
        answer.fields[.cacheControl] = viewer == nil ? "no-cache" : "private, no-cache"
        answer.validate(against: visit.head.headerFields[.ifNoneMatch])
        return answer
    }

    /// A page with a form, kept nowhere.
    ///
    /// - Parameter failure: why it is shown again.
    func form(_ page: ByteBuffer, failure: FormFailure? = nil) -> Answer {
        var answer = Answer(status: failure?.status ?? .ok, contentType: "", body: page)
        answer.becomePage()
        answer.fields[.cacheControl] = "no-store"
        answer.fields[.retryAfter] = failure?.retryAfter.map(String.init)
        // No answer may be 401 without (RFC 9110, section 15.5.2).
        answer.fields[.wwwAuthenticate] = failure?.challenge
        return answer
    }

    /// Sends a browser on to another page, after a form was sent (RFC 9110, section 15.4.4).
    ///
    /// - Parameter cookie: a `Set-Cookie` field.
    func redirect(to path: String, cookie: String? = nil) -> Answer {
        var answer = Answer.noContent
        answer.status = .seeOther
        answer.fields[.location] = path
        // As that of the pages before and behind it: a browser would otherwise part the two.
        answer.fields[.crossOriginOpenerPolicy] = PagePolicy.opener
        answer.fields[.setCookie] = cookie
        return answer
    }

    /// For use as a value in a query.
    private static func escaped(_ path: String) -> String {
        path.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}
