public import Foundation

/// What a run is to measure, and with what.
public struct BenchmarkSettings: Sendable {
    /// The parts of a run, in their order.
    public enum Section: String, CaseIterable, Sendable {
        case depth, drift, totals, throughput, growth, writes, micro
    }

    /// Posts of the main database.
    public static let postsBounds = 10_000...10_000_000
    /// Posts on a page, everywhere.
    static let pageSize = 20

    /// Rougher, and in less than five minutes.
    public var isQuick: Bool
    /// Of the data, the drift and the order of turns.
    public var seed: UInt64
    public var posts: Int
    /// Sizes of the databases whose costs are compared, rising.
    public var growth: [Int]
    public var sections: Set<Section>
    /// The folder that the report goes to. The databases are made in it, and removed.
    public var output: URL
    /// The folder with the release binaries: feed-server, and those of the micro benchmarks.
    public var executables: URL
    /// The folder of this package.
    public var package: URL
    var effort: Effort

    public init(
        isQuick: Bool, seed: UInt64, posts: Int, growth: [Int], sections: Set<Section>, output: URL,
        executables: URL,
        package: URL
    ) {
        self.isQuick = isQuick
        self.seed = seed
        self.posts = posts
        self.growth = growth
        self.sections = sections
        self.output = output
        self.executables = executables
        self.package = package
        effort = isQuick ? .quick : .full
    }
}

/// How much is done for a figure.
struct Effort: Sendable {
    /// Requests for each depth and way.
    var depthSamples: Int
    /// Of the naive offset, which takes seconds at depth.
    var naiveSamples: Int
    var driftWalks: Int
    var totalsSeconds: Double
    var throughputRounds: Int
    var throughputSeconds: Double
    var growthSamples: Int
    /// Of what reads half of a collection, or all of it.
    var growthScans: Int
    var writeRounds: Int
    var writeSeconds: Double

    static let full = Effort(
        depthSamples: 1_000, naiveSamples: 100, driftWalks: 200, totalsSeconds: 10, throughputRounds: 5,
        throughputSeconds: 3, growthSamples: 1_000, growthScans: 50, writeRounds: 3, writeSeconds: 2)

    static let quick = Effort(
        depthSamples: 400, naiveSamples: 3, driftWalks: 20, totalsSeconds: 2, throughputRounds: 1,
        throughputSeconds: 2, growthSamples: 200, growthScans: 10, writeRounds: 1, writeSeconds: 1)
}
