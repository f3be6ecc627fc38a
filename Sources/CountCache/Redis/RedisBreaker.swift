import NIOCore

/// The states of a circuit breaker (Nygard, "Release It!", 2007), one for each connection. The raw value is the
/// `state` of `count_cache_breaker_state`.
enum RedisBreaker: String, Sendable, CaseIterable {
    /// The connection is in use.
    case closed
    /// It failed, and its back-off has not passed: calls are answered at once that Redis cannot be had.
    case open
    /// An attempt to connect and shake hands is under way. Calls are answered as if it were open, but for the very
    /// first attempt, which is worth waiting for.
    case halfOpen = "half_open"
}

/// How long to wait between attempts: doubling up to a second, and half of it chance, so that a thousand processes
/// that lost their Redis together don't come back together ("equal jitter"; Brooker, "Exponential Backoff And
/// Jitter", 2015).
struct RedisBackOff {
    /// The longest first wait. Each further one is twice as long…
    static let first = TimeAmount.milliseconds(100)
    /// …up to this, so that Redis is in use again within two seconds of its return.
    static let longest = TimeAmount.seconds(1)

    private var wait = Self.first
    private var random: any RandomNumberGenerator & Sendable

    init(random: any RandomNumberGenerator & Sendable) {
        self.random = random
    }

    /// The next wait: at least half of what it may be.
    mutating func next() -> TimeAmount {
        let half = wait.nanoseconds / 2
        wait = min(wait + wait, Self.longest)
        return .nanoseconds(half + Int64.random(in: 0...half, using: &random))
    }

    mutating func reset() {
        wait = Self.first
    }
}
