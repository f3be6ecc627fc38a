import CountCache
import FeedStore
import HTTPTypes
import NIOCore
import Synchronization

/// Answers what operators and their probes ask.
final class OperationsResponder: Sendable {
    private struct Readiness: Encodable {
        var status: String
        var store: String
        var clock: String
        var redis: String
    }

    private let store: any Store
    private let counts: CountCache
    private let registry: PrometheusRegistry
    private let draining = Atomic(false)

    init(store: any Store, counts: CountCache, registry: PrometheusRegistry) {
        self.store = store
        self.counts = counts
        self.registry = registry
    }

    /// From now on the server is not ready: it finishes what is in flight.
    func drain() {
        draining.store(true, ordering: .relaxed)
    }

    /// Whether it is a request of a probe, which is answered however much there is to do: a server that is busy is not
    /// to be replaced by one that is not warm yet.
    static func isAsked(by head: HTTPRequest) -> Bool {
        head.path.map(probedPaths.contains) ?? false
    }

    private static let probedPaths = ["/healthz", "/readyz", "/metrics"]

    /// Adds what an address for everybody has: all of it, or where operators have an address of their own, what says
    /// no more than that there is a server.
    func addRoutes(to table: RouteTable, isForOperators: Bool) {
        var answers: [(String, @Sendable () -> Answer)] = [("/healthz", health)]
        if isForOperators { answers += [("/readyz", readiness), ("/metrics", metrics)] }
        for (path, answer) in answers {
            table.add(
                path,
                [
                    .get: { visit in
                        try visit.takesNoParameters()
                        return answer()
                    }
                ])
        }
    }

    /// The process can answer.
    private func health() -> Answer {
        uncached(
            Answer(
                status: .ok, contentType: "application/json", body: ByteBuffer(string: "{\"status\":\"ok\"}"))
        )
    }

    /// The store has been open since before the first request. A server that can't write goes on reading, and Redis may
    /// come and go: both are said, and leave it ready.
    private func readiness() -> Answer {
        let isDraining = draining.load(ordering: .relaxed)
        let store = store.status
        let document = Readiness(
            status: isDraining ? "draining" : "ready", store: store.writes.rawValue,
            clock: store.clock.rawValue, redis: counts.redisState.rawValue)
        var answer = Answer(
            status: isDraining ? .serviceUnavailable : .ok, contentType: "application/json",
            body: JSONDocument.encode(document))
        if isDraining { answer.fields[.retryAfter] = "1" }
        return uncached(answer)
    }

    private func metrics() -> Answer {
        var text = ""
        registry.render(into: &text)
        return uncached(
            Answer(
                status: .ok, contentType: PrometheusRegistry.contentType, body: ByteBuffer(string: text)))
    }

    private func uncached(_ answer: Answer) -> Answer {
        var answer = answer
        answer.fields[.cacheControl] = "no-store"
        return answer
    }
}
