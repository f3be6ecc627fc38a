import Metrics

/// The handles for what happens to connections, made once for a server.
struct ConnectionMetrics: Sendable {
    static let openName = "http_connections_open"
    static let timeoutsName = "http_connection_timeouts_total"

    static let refusedName = "http_connections_refused_total"
    static let evictedName = "http_connections_evicted_total"
    static let acceptPausesName = "http_accept_pauses_total"

    private let open: Meter
    private let timeouts: [ConnectionDeadlines.Kind: Counter]
    /// By the bound that was reached.
    private let refusals: [String: Counter]
    private let evictions: [String: Counter]
    /// By what there was too little of.
    private let acceptPauses: [String: Counter]
    let requestBodies: BodyMetrics
    let answerBodies: BodyMetrics

    init(factory: any MetricsFactory) {
        open = Meter(label: Self.openName, factory: factory)
        timeouts = Dictionary(
            uniqueKeysWithValues: ConnectionDeadlines.Kind.allCases.map { kind in
                let dimensions = [("kind", kind.rawValue)]
                return (kind, Counter(label: Self.timeoutsName, dimensions: dimensions, factory: factory))
            })
        let bounds = ConnectionTable<ConnectionSeat>.Bound.allCases.map(\.rawValue)
        refusals = Self.counters(Self.refusedName, bounds, factory)
        evictions = Self.counters(Self.evictedName, bounds, factory)
        acceptPauses = Self.counters(
            Self.acceptPausesName, AcceptGate.Want.allCases.map(\.rawValue), factory)
        requestBodies = BodyMetrics(
            held: "http_request_body_bytes_held", refused: "http_request_bodies_refused_total", factory)
        answerBodies = BodyMetrics(
            held: "http_response_body_bytes_held", refused: "http_response_bodies_refused_total", factory)
    }

    fileprivate static func counters(
        _ name: String, _ reasons: [String], _ factory: any MetricsFactory
    ) -> [String: Counter] {
        Dictionary(
            uniqueKeysWithValues: reasons.map { reason in
                (reason, Counter(label: name, dimensions: [("reason", reason)], factory: factory))
            })
    }

    func opened() { open.increment(by: 1) }
    func closed() { open.decrement(by: 1) }
    func timedOut(_ kind: ConnectionDeadlines.Kind) { timeouts[kind]?.increment() }
    func refused(_ reason: String) { refusals[reason]?.increment() }
    func evicted(_ reason: String) { evictions[reason]?.increment() }
    func acceptPaused(_ reason: String) { acceptPauses[reason]?.increment() }
}

/// The handles for what happens to bodies that are counted against one ``BodyBudget``.
struct BodyMetrics: Sendable {
    private let held: Meter
    /// By the bound that was reached.
    private let refusals: [String: Counter]

    /// - Parameters:
    ///   - held: the name of the meter of bytes.
    ///   - refused: the name of the counters of bodies.
    init(held: String, refused: String, _ factory: any MetricsFactory) {
        self.held = Meter(label: held, factory: factory)
        refusals = ConnectionMetrics.counters(
            refused, BodyBudget.Refusal.allCases.map(\.rawValue), factory)
    }

    func bytesChanged(by bytes: Int) { held.increment(by: Double(bytes)) }
    func refused(_ refusal: BodyBudget.Refusal) { refusals[refusal.rawValue]?.increment() }
}
