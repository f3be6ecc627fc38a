import Metrics
import Synchronization

/// Observations counted in buckets with fixed bounds: swift-metrics' `Timer`, in seconds, and its aggregating
/// `Recorder`, in the unit of what it records.
final class PrometheusHistogram: TimerHandler, RecorderHandler, PrometheusSeries {
    /// Bounds in seconds, for latencies from a page out of memory to a request that is about to be given up:
    /// 50 µs to 10 s, three a decade.
    static let latencyBounds: [Double] = [
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
        2.5, 5,
        10,
    ]

    private static let nanosecondsPerSecond = 1e9

    /// A count in a class of its own, because an array cannot hold `Atomic` itself.
    private final class Bucket: Sendable {
        let count = Atomic<Int64>(0)
    }

    private let bounds: [Double]
    /// One more than `bounds`: the last takes what is above them all (`+Inf`).
    private let buckets: [Bucket]
    private let sum = AtomicDouble()

    /// - Parameter bounds: Inclusive upper bounds, finite and strictly ascending.
    init(bounds: [Double]) {
        self.bounds = bounds
        self.buckets = (0...bounds.count).map { _ in Bucket() }
    }

    /// Whether bounds are finite and strictly ascending, as a histogram needs them.
    static func areBounds(_ bounds: [Double]) -> Bool {
        bounds.allSatisfy(\.isFinite) && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }
    }

    /// Observes a duration. A negative one, which only a clock that was set back can give, counts as zero.
    func recordNanoseconds(_ duration: Int64) {
        // Divides, because a product with 1e-9 would put 50 000 ns just above the bound of 0.000 05 s.
        observe(Double(max(0, duration)) / Self.nanosecondsPerSecond)
    }

    func record(_ value: Int64) {
        observe(Double(value))
    }

    func record(_ value: Double) {
        observe(value)
    }

    private func observe(_ value: Double) {
        guard !value.isNaN else { return }
        var index = 0
        while index < bounds.count, value > bounds[index] {
            index += 1
        }
        buckets[index].count.wrappingAdd(1, ordering: .relaxed)
        sum.add(value)
    }

    /// Appends cumulative buckets, then sum and count. The count is taken from the buckets, so that it always
    /// equals the `+Inf` bucket, as the format demands.
    func render(name: String, labels: String, into text: inout String) {
        var cumulative: Int64 = 0
        for (index, bucket) in buckets.enumerated() {
            cumulative += bucket.count.load(ordering: .relaxed)
            let bound = index < bounds.count ? PrometheusText.number(bounds[index]) : "+Inf"
            let prefix = labels.isEmpty ? "" : labels + ","
            text.appendSample(
                name: name + "_bucket", labels: prefix + "le=\"\(bound)\"", value: String(cumulative))
        }
        text.appendSample(name: name + "_sum", labels: labels, value: PrometheusText.number(sum.value))
        text.appendSample(name: name + "_count", labels: labels, value: String(cumulative))
    }
}
