import Metrics

/// The cache's metrics. The handles are made once, so that each is exported from the start, at zero.
struct CountCacheMetrics: Sendable {
    private let memoryHits: Counter
    private let redisHits: Counter
    private let staleHits: Counter
    private let unanswered: Counter
    private let misses: Counter
    private let joined: Counter
    private let deferred: Counter
    private let loads: Counter
    private let loadDuration: Timer
    private let leasesWon: Counter
    private let leasesLost: Counter
    private let leasesExpired: Counter
    private let memoryKeys: Meter
    private let errors: [CountCacheTrouble: Counter]

    init(factory: any MetricsFactory) {
        func counter(_ label: String, _ dimensions: (String, String)...) -> Counter {
            Counter(label: label, dimensions: dimensions, factory: factory)
        }
        memoryHits = counter("count_cache_hits_total", ("source", CountSource.memory.rawValue))
        redisHits = counter("count_cache_hits_total", ("source", CountSource.redis.rawValue))
        staleHits = counter("count_cache_hits_total", ("source", CountSource.stale.rawValue))
        unanswered = counter("count_cache_unanswered_total")
        misses = counter("count_cache_misses_total")
        joined = counter("count_cache_waiters_joined_total")
        deferred = counter("count_cache_deferred_total")
        loads = counter("count_cache_loads_total")
        loadDuration = Timer(label: "count_cache_load_duration_seconds", factory: factory)
        leasesWon = counter("count_cache_leases_total", ("outcome", "won"))
        leasesLost = counter("count_cache_leases_total", ("outcome", "lost"))
        leasesExpired = counter("count_cache_leases_total", ("outcome", "expired"))
        memoryKeys = Meter(label: "count_cache_memory_keys", factory: factory)
        memoryKeys.set(0)
        errors = Dictionary(
            uniqueKeysWithValues: CountCacheTrouble.allCases.map { kind in
                (kind, counter("count_cache_errors_total", ("kind", kind.rawValue)))
            }
        )
    }

    /// Calls were answered. One that waited for a count to be taken is no hit, whoever took it; neither is one
    /// whose count failed.
    func answered(_ count: Count, callers: Int = 1) {
        switch count.source {
        case .memory: memoryHits.increment(by: callers)
        case .redis: redisHits.increment(by: callers)
        case .stale: staleHits.increment(by: callers)
        case .store: break
        }
    }

    /// Calls got no count at all.
    func unanswered(callers: Int = 1) {
        unanswered.increment(by: callers)
    }

    func note(_ event: CountEvent) {
        switch event {
        case .miss: misses.increment()
        case .joined: joined.increment()
        case .deferred: deferred.increment()
        case .loadBegan: loads.increment()
        case .loadEnded(let duration): loadDuration.recordNanoseconds(duration)
        case .leaseWon: leasesWon.increment()
        case .leaseLost: leasesLost.increment()
        case .leaseExpired: leasesExpired.increment()
        }
    }

    /// How many keys this process remembers.
    func remembers(_ keys: Int) {
        memoryKeys.set(keys)
    }

    func failed(_ trouble: CountCacheTrouble) {
        errors[trouble]?.increment()
    }
}
