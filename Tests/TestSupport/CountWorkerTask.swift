/// What a `count-worker` is told to do, and what it says when it is done: shared by the program and the tests that
/// start it. Times are milliseconds.
public struct CountWorkerTask: Codable, Sendable {
    public var redis: String
    public var key = "posts"
    public var callers = 200
    public var softTimeToLive = 4_000
    public var timeToLive = 5_000
    public var wait = 60_000
    public var commandTimeout = 20_000
    public var loadTimeLimit = 10_000
    /// How long one count takes.
    public var countTime = 50
    /// Each caller asks again and again until the worker is told to stop; once if not.
    public var repeats = false
    /// Between two calls of one caller.
    public var pause = 1
    /// How far the worker's clock is ahead of the machine's.
    public var clockOffset = 0

    public init(redis: String) {
        self.redis = redis
    }

    /// What all callers of a worker got.
    public struct Report: Codable, Sendable {
        public var memory = 0
        public var redis = 0
        public var store = 0
        public var stale = 0
        public var none = 0
        public var failed = 0
        /// Of a count from memory or from Redis.
        public var oldest = 0.0
        public var timeouts = 0
        /// Connections that stood.
        public var connects = 0
        /// What the worker's clock says, in milliseconds.
        public var clock = 0.0
        /// The most memory that the process ever had, less what it had at its start: bytes.
        public var memoryGrowth = 0
        /// Replies that were none.
        public var protocolErrors = 0

        public init() {}

        public var answered: Int { memory + redis + store + stale }
    }
}
