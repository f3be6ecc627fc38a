import Metrics

/// The handles for what happens to connections, made once for a server.
struct ConnectionMetrics: Sendable {
    static let openName = "http_connections_open"
    static let timeoutsName = "http_connection_timeouts_total"

    private let open: Meter
    private let timeouts: [ConnectionDeadlines.Kind: Counter]

    init(factory: any MetricsFactory) {
        open = Meter(label: Self.openName, factory: factory)
        timeouts = Dictionary(
            uniqueKeysWithValues: ConnectionDeadlines.Kind.allCases.map { kind in
                let dimensions = [("kind", kind.rawValue)]
                return (kind, Counter(label: Self.timeoutsName, dimensions: dimensions, factory: factory))
            })
    }

    func opened() { open.increment(by: 1) }
    func closed() { open.decrement(by: 1) }
    func timedOut(_ kind: ConnectionDeadlines.Kind) { timeouts[kind]?.increment() }
}
