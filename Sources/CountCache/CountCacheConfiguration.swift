/// What a ``CountCache`` may be told. Every limit has a default.
public struct CountCacheConfiguration: Sendable {
    /// Five seconds: a reader of a feed does not see the difference, a database does.
    public static let defaultTimeToLive = Duration.seconds(5)
    /// 1 ms to one day.
    public static let timeToLiveBounds = Duration.milliseconds(1)...Duration.seconds(86_400)
    /// A count takes about 200 bytes of memory: two megabytes.
    public static let defaultMaxKeys = 10_000
    /// At most a million keys.
    public static let maxKeysBounds = 1...1_000_000
    /// Half a second, name resolution included.
    public static let defaultConnectTimeout = Duration.milliseconds(500)
    /// A tenth of a second: what a COUNT might well take anyway.
    public static let defaultCommandTimeout = Duration.milliseconds(100)
    /// 1 ms to one minute, for both timeouts.
    public static let timeoutBounds = Duration.milliseconds(1)...Duration.seconds(60)
    /// Bytes. What is asked of Redis is answered in less than a hundred.
    public static let defaultMaxReplyBytes = 16 * 1024
    /// 64 bytes to 16 MiB.
    public static let maxReplyBytesBounds = 64...(16 * 1024 * 1024)

    /// How old a count may become, memory and Redis together. Bounds: ``timeToLiveBounds``.
    public var timeToLive: Duration = Self.defaultTimeToLive

    /// How many counts this process remembers. The least recently used goes first. Bounds: ``maxKeysBounds``.
    public var maxKeys: Int = Self.defaultMaxKeys

    /// Where Redis is; `nil` counts in memory alone.
    public var redis: RedisAddress?

    /// The most that an attempt to connect may take. Bounds: ``timeoutBounds``.
    public var connectTimeout: Duration = Self.defaultConnectTimeout

    /// The most that a call waits for an answer of Redis, waiting for the first connection included. Bounds:
    /// ``timeoutBounds``.
    public var commandTimeout: Duration = Self.defaultCommandTimeout

    /// The longest reply that is read, in bytes, framing included. Bounds: ``maxReplyBytesBounds``.
    public var maxReplyBytes: Int = Self.defaultMaxReplyBytes

    public init(redis: RedisAddress? = nil) {
        self.redis = redis
    }

    /// - Throws: ``InvalidCountCacheConfiguration`` for the first value that is out of its bounds.
    func validate() throws(InvalidCountCacheConfiguration) {
        try Self.require(timeToLive, in: Self.timeToLiveBounds, named: "timeToLive")
        try Self.require(maxKeys, in: Self.maxKeysBounds, named: "maxKeys")
        try Self.require(connectTimeout, in: Self.timeoutBounds, named: "connectTimeout")
        try Self.require(commandTimeout, in: Self.timeoutBounds, named: "commandTimeout")
        try Self.require(maxReplyBytes, in: Self.maxReplyBytesBounds, named: "maxReplyBytes")
    }

    private static func require<Value>(
        _ value: Value,
        in bounds: ClosedRange<Value>,
        named name: String
    ) throws(InvalidCountCacheConfiguration) {
        guard bounds.contains(value) else {
            throw InvalidCountCacheConfiguration(setting: name, bounds: "\(bounds)")
        }
    }
}

/// A setting of ``CountCacheConfiguration`` that is out of its bounds.
public struct InvalidCountCacheConfiguration: Error, Equatable, CustomStringConvertible {
    /// The property's name.
    public let setting: String
    /// What is allowed.
    public let bounds: String

    public var description: String { "\(setting) of the count cache must lie in \(bounds)" }
}
