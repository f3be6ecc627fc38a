import Metrics

/// The connections' metrics. The handles are made once, so that each is exported from the start, at zero.
///
/// - `count_cache_breaker_state{state}` is 1 for the state that the breaker of the address's connection is in and 0
///   for the others; all are 0 while the client is stopped.
/// - `count_cache_redis_duration_seconds` is the time from a call's coming to the event loop to its reply, for calls
///   that got one.
/// - `count_cache_redis_redirects_total` counts redirects of a cluster that were followed.
/// - `count_cache_redis_connects_total` counts connections that stood, TLS included, to any node.
struct RedisMetrics: Sendable {
    private let breakers: [(state: RedisBreaker, meter: Meter)]
    private let duration: Timer
    private let redirects: Counter
    private let connects: Counter

    init(factory: any MetricsFactory) {
        breakers = RedisBreaker.allCases.map { state in
            let meter = Meter(
                label: "count_cache_breaker_state",
                dimensions: [("state", state.rawValue)],
                factory: factory
            )
            meter.set(0)
            return (state, meter)
        }
        duration = Timer(label: "count_cache_redis_duration_seconds", factory: factory)
        redirects = Counter(label: "count_cache_redis_redirects_total", factory: factory)
        connects = Counter(label: "count_cache_redis_connects_total", factory: factory)
    }

    /// - Parameter breaker: `nil` when the client is stopped.
    func breakerTurned(_ breaker: RedisBreaker?) {
        for (state, meter) in breakers { meter.set(state == breaker ? 1 : 0) }
    }

    func replied(afterNanoseconds nanoseconds: Int64) {
        duration.recordNanoseconds(nanoseconds)
    }

    func redirected() {
        redirects.increment()
    }

    func connected() {
        connects.increment()
    }
}
