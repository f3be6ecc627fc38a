/// Which Redis, how long to wait for it, and how much to read of it. Every limit has a default.
public struct RedisConfiguration: Sendable {
    /// Half a second.
    public static let defaultConnectTimeout = Duration.milliseconds(500)
    /// A tenth of a second: what a COUNT might well take anyway.
    public static let defaultCommandTimeout = Duration.milliseconds(100)
    /// One second: so long may a Redis that went away without a word go unnoticed.
    public static let defaultProbeInterval = Duration.seconds(1)
    /// 1 ms to one minute, for both timeouts and the probe interval.
    public static let timeoutBounds = Duration.milliseconds(1)...Duration.seconds(60)
    /// Bytes. What is asked of Redis is answered in less than a hundred.
    public static let defaultMaxReplyBytes = 16 * 1024
    /// 64 bytes to 16 MiB.
    public static let maxReplyBytesBounds = 64...(16 * 1024 * 1024)

    /// Where Redis is.
    public var address: RedisAddress

    /// The most that an attempt to connect may take: name resolution, TCP and TLS together. Bounds:
    /// ``timeoutBounds``.
    public var connectTimeout: Duration = Self.defaultConnectTimeout

    /// The most that a call waits for Redis in all: for the first connection, for the answer, for a script to be
    /// loaded and for redirects of a cluster. Also the most that the handshake may take on a connection that
    /// stands. Bounds: ``timeoutBounds``.
    public var commandTimeout: Duration = Self.defaultCommandTimeout

    /// A connection on which nothing was heard for so long is asked for a sign of life, and given up if none comes
    /// within the command timeout. Bounds: ``timeoutBounds``.
    public var probeInterval: Duration = Self.defaultProbeInterval

    /// The longest reply that is read, in bytes, framing included. Bounds: ``maxReplyBytesBounds``.
    public var maxReplyBytes: Int = Self.defaultMaxReplyBytes

    /// Whom to believe that a server is the one it says it is. Only of use to an address with TLS.
    public var trustRoots: RedisTrustRoots = .system

    public init(address: RedisAddress) {
        self.address = address
    }

    /// Looks at numbers alone. The trust roots are read when a client is made.
    ///
    /// - Throws: ``InvalidCountCacheConfiguration`` for the first value that is out of its bounds.
    func validate() throws(InvalidCountCacheConfiguration) {
        try InvalidCountCacheConfiguration.require(
            connectTimeout, in: Self.timeoutBounds, named: "connectTimeout")
        try InvalidCountCacheConfiguration.require(
            commandTimeout, in: Self.timeoutBounds, named: "commandTimeout")
        try InvalidCountCacheConfiguration.require(
            probeInterval, in: Self.timeoutBounds, named: "probeInterval")
        try InvalidCountCacheConfiguration.require(
            maxReplyBytes, in: Self.maxReplyBytesBounds, named: "maxReplyBytes")
    }
}

/// The certificates that a server's certificate must lead back to.
public enum RedisTrustRoots: Sendable, Equatable {
    /// Those that the operating system trusts.
    case system
    /// Those in a PEM file, and no others.
    case file(String)
}
