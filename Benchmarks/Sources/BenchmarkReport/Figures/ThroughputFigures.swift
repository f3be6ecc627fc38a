/// How much a server answers when it is asked without a pause, and what a request costs it.
///
/// Load generator and server share the machine's cores, so the figure to judge by is CPU time per request.
public struct ThroughputFigures: Codable, Equatable, Sendable {
    public enum Server: String, Codable, Sendable, CaseIterable {
        case feedServer = "feed-server"
        /// FastAPI, SQLAlchemy, uvicorn with two workers.
        case peer
    }

    public enum Workload: String, Codable, Sendable, CaseIterable {
        case firstPage = "first_page"
        /// Pages behind cursors that are spread evenly over the whole feed.
        case randomCursors = "random_cursors"
        /// The first page of one user's feed, of many users in turn.
        case userFeed = "user_feed"
        /// The first page by offset, which shows a total. feed-server's is remembered; the peer counts.
        case offsetPage = "offset_page"
    }

    /// One turn of one server.
    public struct Round: Codable, Equatable, Sendable {
        public var requests: Int
        public var requestsPerSecond: Double
        /// CPU time of all of the server's processes.
        public var cpuPerRequest: Double
        public var median: Double
        public var p99: Double
        /// Resident memory of all of the server's processes, a page that several share divided among them (PSS).
        public var resident: Double
        /// The part of it that is the server's own and not of a file.
        public var anonymous: Double

        public init(
            requests: Int, requestsPerSecond: Double, cpuPerRequest: Double, median: Double, p99: Double,
            resident: Double, anonymous: Double
        ) {
            self.requests = requests
            self.requestsPerSecond = requestsPerSecond
            self.cpuPerRequest = cpuPerRequest
            self.median = median
            self.p99 = p99
            self.resident = resident
            self.anonymous = anonymous
        }
    }

    /// The servers take their turns within a row's rounds: round n of one was next to round n of the other.
    public struct Row: Codable, Equatable, Sendable {
        public var server: Server
        public var workload: Workload
        public var connections: Int
        public var rounds: Outcome<[Round]>

        public init(server: Server, workload: Workload, connections: Int, rounds: Outcome<[Round]>) {
            self.server = server
            self.workload = workload
            self.connections = connections
            self.rounds = rounds
        }
    }

    /// Length of a turn.
    public var secondsPerRound: Double
    public var rows: [Row]

    public init(secondsPerRound: Double, rows: [Row]) {
        self.secondsPerRound = secondsPerRound
        self.rows = rows
    }
}
