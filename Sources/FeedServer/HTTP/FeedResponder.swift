import FeedStore
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

/// The context of a request that goes through the framework.
struct FeedContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The other end of the connection.
    let peer: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress
    }
}

/// Answers every request that the framework hands out: collections itself, the rest by its routes.
/// Whatever fails ends here as a ``Problem``.
struct FeedResponder: HTTPResponder {
    /// What metrics call an address that no route has.
    private static let unknownRoute = "unknown"

    /// `nil` on the operations address, which has none.
    let collections: CollectionResponder?
    let routes: RouterResponder<FeedContext>
    let observer: RequestObserver
    /// `nil` on the operations address: its errors are no pages.
    let pages: PageContext?
    /// `nil` where every host is answered.
    let hosts: HostList?
    let logger: Logger

    func respond(to request: Request, context: FeedContext) async throws -> Response {
        let start = NIODeadline.now()
        ConnectionLoad.current?.leaveLine()
        let target = collections.flatMap { _ in CollectionTarget(path: request.uri.path) }
        var isKnown = true
        var response: Response
        do {
            guard hosts?.contains(request.head.authority) != false else { throw Problem.misdirected }
            if let collections, let target, request.method == .get || request.method == .head {
                response = try await collection(target, request, collections).response
            } else {
                // Each address has one spelling: the router would take `/login/` and `//login`, too.
                let path = request.uri.path
                guard path == "/" || !(path.hasSuffix("/") || path.contains("//")) else {
                    isKnown = false
                    throw Problem.notFound("resource")
                }
                response = try await routes.respond(to: routable(request), context: context)
                // The router's own answer to an address that it does not know has no body.
                isKnown = response.status != .notFound || response.body.contentLength != 0
                if !isKnown { throw Problem.notFound("resource") }
            }
        } catch {
            response = await answer(error, to: request).response
        }
        if request.method == .head {
            response = response.createHeadResponse()
        } else if !OperationsResponder.isAsked(by: request.head) {
            do {
                try ConnectionLoad.current?.takeAnswer(response.body.contentLength ?? 0, to: request.head)
            } catch {
                response = await answer(Problem.answersWait, to: request).response
            }
        }
        let route = target?.pattern ?? (isKnown ? context.endpointPath : nil) ?? Self.unknownRoute
        observer.finish(
            head: request.head, route: route,
            status: response.status, bytes: response.body.contentLength ?? 0, start: start)
        return response
    }

    /// The request as the routes know it: a method that none of them has is refused like any other.
    private func routable(_ request: Request) -> Request {
        guard !RouteTable.methods.contains(request.method) else { return request }
        var head = request.head
        head.method = RouteTable.refused
        return Request(head: head, body: request.body)
    }

    private func collection(
        _ target: CollectionTarget, _ request: Request, _ collections: CollectionResponder
    ) async throws -> Answer {
        guard AcceptField.allows("application/json", in: request.head) else { throw Problem.notAcceptable }
        return try await collections.respond(
            to: target, head: request.head, query: request.uri.query.map { $0[...] })
    }

    /// The one place where an error becomes an answer.
    private func answer(_ error: any Error, to request: Request) async -> Answer {
        let problem = problem(for: error, request)
        // A page is for the hosts that have one.
        guard let pages, problem.code != .misdirectedRequest, !request.uri.path.hasPrefix("/api/"),
            AcceptField.prefersHTML(request.head)
        else {
            return problem.answer
        }
        // Where the store fails, the page is that of a stranger.
        let viewer = try? await pages.sessions.user(request.head)
        var answer = problem.answer
        answer.body = pages.renderer.errorPage(
            status: problem.code.status.code, title: problem.code.title, detail: problem.detail,
            viewer: viewer?.author)
        answer.becomePage()
        answer.fields[.vary] = "Cookie"
        return answer
    }

    private func problem(for error: any Error, _ request: Request) -> Problem {
        switch error {
        case let problem as Problem:
            return problem
        case let error as StoreError:
            guard let problem = Problem(error) else { return unforeseen(error, request) }
            // Too much to do is counted, and gets no line for each request.
            if problem.code == .unavailable, error.code != .overloaded {
                logger.warning("store: \(error.debugDescription)")
            }
            return problem
        case let error as PictureFiles.Failure:
            logger.error("\(error)")
            return Problem(code: .unavailable, detail: "Pictures can't be kept at the moment. Try again.")
        case HTTPParserError.invalidEOFState:
            // The client has gone in the middle of its body: nobody will read this.
            return Problem(code: .malformedRequest, detail: "The body has ended too early.")
        case let refusal as BodyBudget.Refusal:
            // Answered already, by the connection: nobody will read this.
            return Problem(refusal)
        case is CancellationError:
            return Problem(code: .unavailable, detail: "The server is stopping. Try again.")
        default:
            return unforeseen(error, request)
        }
    }

    private func unforeseen(_ error: any Error, _ request: Request) -> Problem {
        logger.error("\(request.method) \(request.uri.path): \(String(reflecting: error))")
        return Problem(code: .internal, detail: "The server failed to answer. The fault was logged.")
    }
}

extension Problem {
    static let misdirected = Problem(
        code: .misdirectedRequest, detail: "This server does not answer for this host.")

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
        fields[.crossOriginOpenerPolicy] = PagePolicy.opener
        fields[.permissionsPolicy] = PagePolicy.permissions
        fields[.referrerPolicy] = "same-origin"
    }
}
