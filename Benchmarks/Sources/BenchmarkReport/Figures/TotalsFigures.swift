/// What it costs to show a total with a page.
public struct TotalsFigures: Codable, Equatable, Sendable {
    public enum Way: String, Codable, Sendable, CaseIterable {
        /// A COUNT for each request.
        case count
        /// Remembered in the process.
        case memory
        /// Remembered in the process and in Redis.
        case redis
        /// With a Redis in the configuration that can't be reached.
        case redisAway = "redis_away"
        /// No total, for comparison.
        case none
    }

    public enum Place: String, Codable, Sendable, CaseIterable {
        /// Offset pages over HTTP from the release binary, without waiting between them.
        case http
        /// Calls of the libraries, in the process of the benchmark.
        case library
        /// Offset pages over HTTP from the peer.
        case peer
    }

    public struct Row: Codable, Equatable, Sendable {
        public var way: Way
        public var place: Place
        /// In seconds, where something is remembered.
        public var timeToLive: Double?
        public var load: Outcome<Load>

        public init(way: Way, place: Place, timeToLive: Double?, load: Outcome<Load>) {
            self.way = way
            self.place = place
            self.timeToLive = timeToLive
            self.load = load
        }
    }

    public struct Load: Codable, Equatable, Sendable {
        public var seconds: Double
        public var requests: Int
        public var requestsPerSecond: Double
        /// COUNT statements that were run for them.
        public var counts: Int
        /// CPU time of the process that answers.
        public var cpuPerRequest: Double
        public var median: Double
        public var p99: Double

        public init(
            seconds: Double, requests: Int, requestsPerSecond: Double, counts: Int, cpuPerRequest: Double,
            median: Double, p99: Double
        ) {
            self.seconds = seconds
            self.requests = requests
            self.requestsPerSecond = requestsPerSecond
            self.counts = counts
            self.cpuPerRequest = cpuPerRequest
            self.median = median
            self.p99 = p99
        }
    }

    /// Rows that a COUNT counts.
    public var posts: Int
    /// Requests under way at a time.
    public var concurrency: Int
    public var rows: [Row]

    public init(posts: Int, concurrency: Int, rows: [Row]) {
        self.posts = posts
        self.concurrency = concurrency
        self.rows = rows
    }
}
