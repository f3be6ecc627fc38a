import Metrics

/// The cache's metrics. The handles are made once, so that each is exported from the start, at zero.
struct CountCacheMetrics: Sendable {
    private let memoryHits: Counter
    private let redisHits: Counter
    private let staleHits: Counter
    private let loads: Counter
    private let errors: [CountCacheTrouble: Counter]

    init(factory: any MetricsFactory) {
        func hits(_ source: CountSource) -> Counter {
            Counter(
                label: "count_cache_hits_total",
                dimensions: [("source", source.rawValue)],
                factory: factory
            )
        }
        memoryHits = hits(.memory)
        redisHits = hits(.redis)
        staleHits = hits(.stale)
        loads = Counter(label: "count_cache_loads_total", factory: factory)
        errors = Dictionary(
            uniqueKeysWithValues: CountCacheTrouble.allCases.map { kind in
                let counter = Counter(
                    label: "count_cache_errors_total",
                    dimensions: [("kind", kind.rawValue)],
                    factory: factory
                )
                return (kind, counter)
            }
        )
    }

    /// A call was answered. One that waited for a count to be taken is no hit, whoever took it.
    func answered(from source: CountSource) {
        switch source {
        case .memory: memoryHits.increment()
        case .redis: redisHits.increment()
        case .stale: staleHits.increment()
        case .store: break
        }
    }

    /// The closure that counts was called.
    func loaded() {
        loads.increment()
    }

    func failed(_ trouble: CountCacheTrouble) {
        errors[trouble]?.increment()
    }
}
