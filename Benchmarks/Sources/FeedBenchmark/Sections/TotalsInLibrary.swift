import BenchmarkReport
import CountCache
import FeedStore
import Foundation
import Logging
import Metrics
import Synchronization

/// Pages with totals from the libraries alone: a COUNT for each page, and a total that is remembered.
struct TotalsInLibrary {
    let database: URL
    /// Callers at a time.
    let concurrency: Int
    let seconds: Double
    let pageSize: Int

    /// In seconds.
    private static let timeToLive = 5.0
    /// For a p99.
    private static let leastSamples = 100

    func measure() async throws -> [TotalsFigures.Row] {
        let store = try SQLiteStore(path: database.path)
        let counted = Counter()
        let count: @Sendable (Int?) async throws -> Int = { limit in
            counted.increment()
            return try await store.count(.posts, limit: limit)
        }
        var configuration = CountCacheConfiguration()
        configuration.timeToLive = .seconds(Self.timeToLive)
        configuration.share = 1
        let cache = try CountCache(
            configuration: configuration, logger: Logger(label: "benchmark"),
            metricsFactory: NOOPMetricsHandler.instance)
        let key = try CountKey(collection: "posts", namespace: "benchmark")

        var rows: [TotalsFigures.Row] = []
        rows.append(
            .init(
                way: .none, place: .library, timeToLive: nil,
                load: .measured(try await load(store, counted) {})))
        rows.append(
            .init(
                way: .memory, place: .library, timeToLive: Self.timeToLive,
                load: .measured(
                    try await load(store, counted) {
                        guard try await cache.count(for: key, load: count) != nil else {
                            throw BenchmarkFailure("a total was not to be had")
                        }
                    })))
        rows.append(
            .init(
                way: .count, place: .library, timeToLive: nil,
                load: .measured(try await load(store, counted) { _ = try await count(nil) })))
        try await store.close()
        return rows
    }

    /// Reads the first page and a total, again and again, by all callers at once.
    private func load(
        _ store: SQLiteStore, _ counted: Counter,
        total: @escaping @Sendable () async throws -> Void
    ) async throws -> TotalsFigures.Load {
        let query = PageQuery(collection: .posts, order: .newest, start: .first, pageSize: pageSize)
        let before = counted.value
        let processorTime = OwnProcessorTime.microseconds
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let done = Counter()
        let recorders = try await withThrowingTaskGroup(of: LatencyRecorder.self) { tasks in
            for _ in 0..<concurrency {
                tasks.addTask {
                    var recorder = LatencyRecorder()
                    var now = ContinuousClock.now
                    // A slow COUNT is given the time for enough of them.
                    while now < end || done.value < Self.leastSamples {
                        try Task.checkCancellation()
                        let began = now
                        let (reader, _) = try await store.page(query, visitor: RowReader())
                        guard reader.rows == pageSize else { throw BenchmarkFailure("a page is not whole") }
                        try await total()
                        await Task.yield()
                        now = .now
                        recorder.record(now - began)
                        done.increment()
                    }
                    return recorder
                }
            }
            return try await tasks.reduce(into: LatencyRecorder()) { $0.add($1) }
        }
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        guard let latency = recorders.latency.value, let p99 = latency.p99.value else {
            throw BenchmarkFailure("fewer than \(Self.leastSamples) totals in \(elapsed) s")
        }
        return TotalsFigures.Load(
            seconds: elapsed, requests: latency.samples, requestsPerSecond: Double(latency.samples) / elapsed,
            counts: counted.value - before,
            cpuPerRequest: (OwnProcessorTime.microseconds - processorTime) / Double(latency.samples),
            median: latency.median, p99: p99)
    }
}

/// Counts up, from any thread.
private final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }

    func increment() { count.add(1, ordering: .relaxed) }
}
