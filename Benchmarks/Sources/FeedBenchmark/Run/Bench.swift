import BenchmarkReport
import Foundation

/// What every section measures with.
struct Bench: Sendable {
    var settings: BenchmarkSettings
    var progress: Progress
    var server: FeedServerBinary
    var redis: RedisBinary
    /// Why there is none, where there is none.
    var load: Outcome<LoadGenerator>
    var peer: Outcome<Peer>
    /// For databases and logs; removed at the end.
    var folder: URL

    var effort: Effort { settings.effort }
    var pageSize: Int { BenchmarkSettings.pageSize }
}
