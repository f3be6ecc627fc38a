import HTTPTypes
import Hummingbird

/// The addresses that are no collections. Each names its methods with what answers them; `HEAD` goes
/// with `GET`, and every other method is refused with those in `Allow`.
struct RouteTable {
    typealias Handler = @Sendable (Visit) async throws -> Answer

    /// Those that an address may answer. Whatever else a request names is refused as ``refused`` is.
    static let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete]

    /// A method that no address answers.
    static let refused = HTTPRequest.Method.trace

    private let router = Router(context: FeedContext.self)
    private let trustedProxies: Int

    /// - Parameter trustedProxies: how many proxies in front of this server are believed when they tell
    ///   a client's address.
    init(trustedProxies: Int) {
        self.trustedProxies = trustedProxies
    }

    /// Adds an address.
    ///
    /// - Parameter others: methods that are answered elsewhere, but belong into `Allow`.
    func add(
        _ path: String, _ handlers: KeyValuePairs<HTTPRequest.Method, Handler>,
        besides others: [HTTPRequest.Method] = []
    ) {
        register(path, handlers.map { ($0.key, $0.value) }, besides: others)
    }

    private func register(
        _ path: String, _ handlers: [(HTTPRequest.Method, Handler)], besides others: [HTTPRequest.Method]
    ) {
        var allowed = others
        for (method, handler) in handlers {
            for method in method == .get ? [.get, .head] : [method] {
                allowed.append(method)
                router.on(RouterPath(path), method: method) { [trustedProxies] request, context in
                    try await handler(
                        Visit(request, context, trustedProxies: trustedProxies)
                    ).response
                }
            }
        }
        let problem = Problem.methodNotAllowed(allowed)
        for method in Self.methods.union([Self.refused]) where !allowed.contains(method) {
            router.on(RouterPath(path), method: method) { _, _ -> Response in throw problem }
        }
    }

    /// Adds a page for people. Forms that other sites send are refused, and caches are told that a
    /// page depends on who is logged in.
    func addPage(_ path: String, _ handlers: KeyValuePairs<HTTPRequest.Method, Handler>) {
        let guarded = handlers.map { method, handler in
            let page: Handler = { visit in
                if method == .post { try CrossSiteGuard.check(visit.head) }
                var answer = try await handler(visit)
                answer.fields[.vary] = "Cookie"
                return answer
            }
            return (method, page)
        }
        register(path, guarded, besides: [])
    }

    func build() -> RouterResponder<FeedContext> {
        router.buildResponder()
    }
}

extension Visit {
    fileprivate init(_ request: Request, _ context: FeedContext, trustedProxies: Int) {
        self.init(
            head: request.head, query: request.uri.query.map { $0[...] }, parameters: context.parameters,
            body: request.body,
            client: ClientAddress(
                peer: context.peer, fields: request.headers, trustedProxies: trustedProxies))
    }
}
