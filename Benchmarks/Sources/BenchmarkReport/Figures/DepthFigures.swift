/// What a page costs that lies behind so many others, read one after the other on one connection.
public struct DepthFigures: Codable, Equatable, Sendable {
    /// A way of reading a page.
    public enum Way: String, Codable, Sendable, CaseIterable {
        case cursor
        /// Skips over the narrow index, and then reads only the rows of the page.
        case offset
        /// `LIMIT … OFFSET …` behind the whole query, as most servers have it.
        case naiveOffset = "naive_offset"
    }

    /// Where it was measured.
    public enum Place: String, Codable, Sendable, CaseIterable {
        /// A request over HTTP to the release binary of feed-server.
        case http
        /// A call of the store, in the process of the benchmark.
        case store
        /// A request over HTTP to the peer, the usual stack. Its naive offset counts for each request.
        case peer
    }

    public struct Point: Codable, Equatable, Sendable {
        /// Posts in front of the page.
        public var depth: Int
        public var latency: Outcome<Latency>
        /// Steps of SQLite's virtual machine, which do not depend on the machine. In the store only.
        public var steps: Outcome<Int>

        public init(depth: Int, latency: Outcome<Latency>, steps: Outcome<Int>) {
            self.depth = depth
            self.latency = latency
            self.steps = steps
        }
    }

    public struct Series: Codable, Equatable, Sendable {
        public var way: Way
        public var place: Place
        /// By rising depth.
        public var points: [Point]

        public init(way: Way, place: Place, points: [Point]) {
            self.way = way
            self.place = place
            self.points = points
        }
    }

    public var series: [Series]
    /// An answer without a page (`GET /healthz`) over the same connection, between the others.
    public var leastRequest: Outcome<Latency>

    public init(series: [Series], leastRequest: Outcome<Latency>) {
        self.series = series
        self.leastRequest = leastRequest
    }

    public func series(_ way: Way, _ place: Place) -> Series? {
        series.first { $0.way == way && $0.place == place }
    }
}
