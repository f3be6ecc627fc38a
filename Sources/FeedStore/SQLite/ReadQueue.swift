import Metrics
import Synchronization

/// Bounds the reads of one kind that run on threads of the reader pool or wait for one.
///
/// Those threads are few, and each read has a deadline from when it was asked for. Where more come than can be read, a
/// queue without a bound would grow until every read is past its deadline when its turn comes: nobody would be answered
/// in time. What is refused costs nothing, and what is let in waits for so many others at the most.
final class ReadQueue: Sendable {
    private let capacity: Int
    private let refused: Counter
    private let reads = Atomic(0)

    /// - Parameters:
    ///   - kind: the label of those that are refused, in `feed_store_reads_refused_total`.
    ///   - capacity: reads at a time, those that run included.
    init(kind: String, capacity: Int, metrics: any MetricsFactory) {
        self.capacity = capacity
        refused = Counter(
            label: "feed_store_reads_refused_total", dimensions: [("kind", kind)], factory: metrics)
    }

    /// Reads that run or wait.
    var count: Int { reads.load(ordering: .relaxed) }

    /// Runs `body` where there is room.
    ///
    /// - Throws: ``StoreError/Code/overloaded`` at once where there is none; what `body` throws.
    func run<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        guard reads.add(1, ordering: .relaxed).newValue <= capacity else {
            reads.subtract(1, ordering: .relaxed)
            refused.increment()
            throw StoreError(.overloaded, "\(capacity) reads run or wait already")
        }
        defer { reads.subtract(1, ordering: .relaxed) }
        return try await body()
    }
}
