/// What a ``CountCache`` may be told. Every limit has a default.
public struct CountCacheConfiguration: Sendable {
    /// Five seconds: a reader of a feed does not see the difference, a database does.
    public static let defaultTimeToLive = Duration.seconds(5)
    /// Of the time to live, where no soft one is set: 80 %. What is left is the time for a refresh.
    public static let defaultSoftShare = 0.8
    /// 1 ms to one day, for both times to live.
    public static let timeToLiveBounds = Duration.milliseconds(1)...Duration.seconds(86_400)
    /// A tenth of each time to live.
    public static let defaultJitter = 0.1
    /// None to a half.
    public static let jitterBounds = 0.0...0.5
    /// Two seconds: longer than most counts, shorter than a reader's patience.
    public static let defaultWait = Duration.seconds(2)
    /// 1 ms to one minute.
    public static let waitBounds = Duration.milliseconds(1)...Duration.seconds(60)
    /// One hour.
    public static let defaultMaxStaleAge = Duration.seconds(3600)
    /// None to thirty days.
    public static let maxStaleAgeBounds = Duration.zero...Duration.seconds(30 * 86_400)
    /// One hundredth of a core for each key.
    public static let defaultShare = 0.01
    /// From a ten-thousandth of a core to all of it.
    public static let shareBounds = 0.0001...1.0
    /// Ten seconds.
    public static let defaultLoadTimeLimit = Duration.seconds(10)
    /// 1 ms to two hours.
    public static let loadTimeLimitBounds = Duration.milliseconds(1)...Duration.seconds(7200)
    /// A count takes about 300 bytes of memory and its collection's name: three megabytes or so.
    public static let defaultMaxKeys = 10_000
    /// At most a million keys.
    public static let maxKeysBounds = 1...1_000_000
    /// What a lease lasts beyond the time limit of a count, for the way to Redis and back.
    static let leaseMargin = Duration.seconds(1)

    /// The *hard* time to live: from this age on callers wait for a new count. What is not marked
    /// ``CountSource/stale`` is younger. Bounds: ``timeToLiveBounds``.
    public var timeToLive: Duration = Self.defaultTimeToLive

    /// The *soft* time to live: from this age on a count is refreshed in the background, while callers still get
    /// it. A key is counted at most once in this time. Bounds: ``timeToLiveBounds``, and not above
    /// ``timeToLive`` less its ``jitter``. `nil` is ``defaultSoftShare`` of the time to live.
    public var softTimeToLive: Duration?

    /// The part of a time to live that is left to chance, so that keys and processes fall out of step: the soft one
    /// becomes up to this part longer, the hard one up to this part shorter. Bounds: ``jitterBounds``.
    public var jitter: Double = Self.defaultJitter

    /// The most that ``CountCache/count(for:policy:load:)`` waits for a count that is past its time to live or not
    /// known. With ``CountPolicy/exact`` it is twice ``loadTimeLimit`` instead. Bounds: ``waitBounds``.
    public var wait: Duration = Self.defaultWait

    /// The greatest age of a count that is given to anyone, marked ``CountSource/stale``. Bounds:
    /// ``maxStaleAgeBounds``.
    public var maxStaleAge: Duration = Self.defaultMaxStaleAge

    /// How much of one core counting may take for one key, over all processes that share a Redis: a count that took
    /// 400 ms is not repeated for 40 s at 0.01, whatever the times to live say. What failed counts too. Its inverse is
    /// rounded up to a whole number. Bounds: ``shareBounds``.
    public var share: Double = Self.defaultShare

    /// A count that takes longer is cancelled. A lease lasts one second and two command timeouts longer. Bounds:
    /// ``loadTimeLimitBounds``.
    public var loadTimeLimit: Duration = Self.defaultLoadTimeLimit

    /// How many counts this process remembers. The least recently used goes first. Bounds: ``maxKeysBounds``.
    public var maxKeys: Int = Self.defaultMaxKeys

    /// How to reach Redis; `nil` counts in memory alone.
    public var redis: RedisConfiguration?

    public init(redis: RedisConfiguration? = nil) {
        self.redis = redis
    }

    /// - Throws: ``InvalidCountCacheConfiguration`` for the first value that is out of its bounds.
    func rules() throws(InvalidCountCacheConfiguration) -> CountRules {
        typealias Invalid = InvalidCountCacheConfiguration
        try Invalid.require(timeToLive, in: Self.timeToLiveBounds, named: "timeToLive")
        try Invalid.require(jitter, in: Self.jitterBounds, named: "jitter")
        // Whole nanoseconds, so that what a person would write is not refused for its last binary digit.
        let longestSoft = Duration.nanoseconds(Int64((timeToLive / .nanoseconds(1) * (1 - jitter)).rounded()))
        let soft = Duration.nanoseconds(
            (softTimeToLive ?? min(timeToLive * Self.defaultSoftShare, longestSoft)).nanoseconds)
        let shortestSoft = min(Self.timeToLiveBounds.lowerBound, longestSoft)
        try Invalid.require(soft, in: shortestSoft...longestSoft, named: "softTimeToLive")
        try Invalid.require(wait, in: Self.waitBounds, named: "wait")
        try Invalid.require(maxStaleAge, in: Self.maxStaleAgeBounds, named: "maxStaleAge")
        try Invalid.require(share, in: Self.shareBounds, named: "share")
        try Invalid.require(loadTimeLimit, in: Self.loadTimeLimitBounds, named: "loadTimeLimit")
        try Invalid.require(maxKeys, in: Self.maxKeysBounds, named: "maxKeys")
        try redis?.validate()
        let lease = loadTimeLimit + Self.leaseMargin + (redis.map { $0.commandTimeout * 2 } ?? .zero)
        return CountRules(
            softTimeToLive: soft.nanoseconds, timeToLive: timeToLive.nanoseconds, jitter: jitter,
            wait: wait.nanoseconds, maxStaleAge: maxStaleAge.nanoseconds,
            pauseFactor: Int64((1 / share).rounded(.up)), loadTimeLimit: loadTimeLimit.nanoseconds,
            leaseTime: lease.nanoseconds)
    }
}

/// A setting of the count cache that is out of its bounds.
public struct InvalidCountCacheConfiguration: Error, Equatable, CustomStringConvertible {
    /// The property's name.
    public let setting: String
    /// What is allowed.
    public let bounds: String

    public var description: String { "\(setting) of the count cache must be \(bounds)" }

    static func require<Value>(
        _ value: Value, in bounds: ClosedRange<Value>, named name: String
    ) throws(InvalidCountCacheConfiguration) {
        guard bounds.contains(value) else {
            throw InvalidCountCacheConfiguration(
                setting: name, bounds: "from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
    }
}
