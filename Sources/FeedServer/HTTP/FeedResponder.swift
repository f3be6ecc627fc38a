import FeedStore
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The context of a request that goes through the framework.
struct FeedContext: RequestContext {
    var coreContext: CoreRequestContextStorage

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
    }
}

/// Answers every request that the framework hands out: collections itself, the rest by its routes.
/// Whatever fails ends here as a ``Problem``.
struct FeedResponder: HTTPResponder {
    /// What metrics call an address that no route has.
    private static let unknownRoute = "unknown"

    let collections: CollectionResponder
    let routes: RouterResponder<FeedContext>
    let observer: RequestObserver
    let pages: PageRenderer
    let logger: Logger

    func respond(to request: Request, context: FeedContext) async throws -> Response {
        let start = NIODeadline.now()
        let target = CollectionTarget(path: request.uri.path)
        var isKnown = true
        var response: Response
        do {
            if let target {
                response = try await collection(target, request).response
            } else {
                response = try await routes.respond(to: request, context: context)
                // The router's own answer to an address that it does not know has no body.
                isKnown = response.status != .notFound || response.body.contentLength != 0
                if !isKnown { throw Problem.notFound("resource") }
            }
        } catch {
            response = answer(error, to: request).response
        }
        if request.method == .head { response = response.createHeadResponse() }
        let route = target?.pattern ?? (isKnown ? context.endpointPath : nil) ?? Self.unknownRoute
        observer.finish(
            head: request.head, route: route,
            status: response.status, bytes: response.body.contentLength ?? 0, start: start)
        return response
    }

    private func collection(_ target: CollectionTarget, _ request: Request) async throws -> Answer {
        guard request.method == .get || request.method == .head else {
            throw Problem.methodNotAllowed([.get, .head])
        }
        guard AcceptField.allows("application/json", in: request.head) else { throw Problem.notAcceptable }
        return try await collections.respond(
            to: target, head: request.head, query: request.uri.query.map { $0[...] })
    }

    /// The one place where an error becomes an answer.
    private func answer(_ error: any Error, to request: Request) -> Answer {
        let problem = problem(for: error, request)
        guard !request.uri.path.hasPrefix("/api/"), AcceptField.prefersHTML(request.head) else {
            return problem.answer
        }
        var answer = problem.answer
        answer.body = pages.errorPage(
            status: problem.code.status.code, title: problem.code.title, detail: problem.detail)
        answer.becomePage()
        return answer
    }

    private func problem(for error: any Error, _ request: Request) -> Problem {
        switch error {
        case let problem as Problem:
            return problem
        case let error as StoreError where [.unavailable, .timeout, .overloaded].contains(error.code):
            logger.warning("store: \(error.debugDescription)")
            return Problem(code: .unavailable, detail: "The store could not answer in time. Try again.")
        case let error as StoreError where error.code == .conflict:
            return Problem(code: .conflict, detail: "This \(error.field ?? "value") is taken.")
        case let error as StoreError where error.code == .invalid:
            return .validation([.init(parameter: error.field ?? "text", detail: "must not hold U+0000")])
        case is CancellationError:
            return Problem(code: .unavailable, detail: "The server is stopping. Try again.")
        default:
            logger.error("\(request.method) \(request.uri.path): \(String(reflecting: error))")
            return Problem(code: .internal, detail: "The server failed to answer. The fault was logged.")
        }
    }
}

extension Problem {
    static let notAcceptable = Problem(
        code: .notAcceptable, detail: "This address answers application/json; allow it in Accept.")
}

extension Answer {
    var response: Response {
        Response(status: status, headers: fields, body: .init(byteBuffer: body))
    }

    /// Marks the body as HTML that may load nothing but the server's own files.
    mutating func becomePage() {
        fields[.contentType] = "text/html; charset=utf-8"
        fields[.contentSecurityPolicy] = PagePolicy.contentSecurityPolicy
        fields[.referrerPolicy] = "same-origin"
    }
}
