/// What one run of the benchmarks found: the content of `report.json`, from which `report.md` and its plots are made.
///
/// Times are in microseconds and memory in mebibytes where a name says nothing else.
public struct Report: Codable, Equatable, Sendable {
    /// Changes when a reader of an older form would misunderstand it.
    public static let currentFormat = 1

    public var format = Report.currentFormat
    public var run: RunDescription
    public var machine: MachineDescription
    public var depth: Outcome<DepthFigures>
    public var drift: Outcome<DriftFigures>
    public var totals: Outcome<TotalsFigures>
    public var throughput: Outcome<ThroughputFigures>
    public var growth: Outcome<GrowthFigures>
    public var writes: Outcome<WritesFigures>
    public var micro: Outcome<MicroFigures>

    /// A report of a run that has only begun: nothing is measured yet.
    public init(run: RunDescription, machine: MachineDescription) {
        self.run = run
        self.machine = machine
        let reason = "the run has not come to it"
        depth = .notMeasured(reason)
        drift = .notMeasured(reason)
        totals = .notMeasured(reason)
        throughput = .notMeasured(reason)
        growth = .notMeasured(reason)
        writes = .notMeasured(reason)
        micro = .notMeasured(reason)
    }
}

/// What was run, and how it ended.
public struct RunDescription: Codable, Equatable, Sendable {
    public enum Status: String, Codable, Sendable {
        /// Still going on, or killed.
        case running
        case complete
        /// Stopped by a signal; what was finished is there.
        case interrupted
        /// A server died or answered an error, or a claim does not hold; ``failure`` says which.
        case failed
    }

    public var status: Status
    public var failure: String?
    /// RFC 3339, UTC, in seconds.
    public var began: String
    /// How long it took up to now.
    public var seconds: Double
    /// Whether it was the short run, whose figures are rougher.
    public var isQuick: Bool
    public var seed: UInt64
    /// Posts in the database of most sections.
    public var posts: Int
    /// Posts on a page, everywhere.
    public var pageSize: Int

    public init(
        status: Status, failure: String? = nil, began: String, seconds: Double, isQuick: Bool, seed: UInt64,
        posts: Int, pageSize: Int
    ) {
        self.status = status
        self.failure = failure
        self.began = began
        self.seconds = seconds
        self.isQuick = isQuick
        self.seed = seed
        self.posts = posts
        self.pageSize = pageSize
    }
}

/// What it was run on.
public struct MachineDescription: Codable, Equatable, Sendable {
    public var processor: String
    public var cores: Int
    public var memory: Double
    public var system: String
    public var kernel: String
    /// Type of the file system that the databases lay on.
    public var fileSystem: String
    /// Name and version of each program and library, sorted by name: "SQLite" → "3.40.1".
    public var versions: [String: String]

    public init(
        processor: String, cores: Int, memory: Double, system: String, kernel: String, fileSystem: String,
        versions: [String: String]
    ) {
        self.processor = processor
        self.cores = cores
        self.memory = memory
        self.system = system
        self.kernel = kernel
        self.fileSystem = fileSystem
        self.versions = versions
    }
}
