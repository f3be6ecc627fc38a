import BenchmarkReport
import Histogram

/// Gathers the times of one kind of request in an HDR histogram (https://hdrhistogram.github.io/HdrHistogram/): three
/// significant digits, from 1 nanosecond on.
struct LatencyRecorder: Sendable {
    private static let longest: UInt64 = 3_600_000_000_000

    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 1, highestTrackableValue: longest, numberOfSignificantValueDigits: .three)

    /// An hour and longer is recorded as an hour.
    mutating func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let nanoseconds =
            UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, attoseconds)) / 1_000_000_000
        _ = histogram.record(min(nanoseconds, Self.longest))
    }

    mutating func add(_ other: LatencyRecorder) {
        histogram.add(other.histogram)
    }

    /// The quantiles that the number of samples bears; a quantile stands for itself only where at least one sample
    /// lies beyond it.
    var latency: Outcome<Latency> {
        let samples = Int(histogram.totalCount)
        guard samples > 0 else { return .notMeasured("no request was made") }
        return .measured(
            Latency(
                samples: samples, median: microseconds(50), p90: quantile(90, needs: 10),
                p99: quantile(99, needs: 100), p999: quantile(99.9, needs: 1_000), maximum: microseconds(100))
        )
    }

    private func quantile(_ percentile: Double, needs least: Int) -> Outcome<Double> {
        let samples = Int(histogram.totalCount)
        guard samples >= least else { return .notMeasured("\(samples) samples, \(least) are needed") }
        return .measured(microseconds(percentile))
    }

    private func microseconds(_ percentile: Double) -> Double {
        Double(histogram.valueAtPercentile(percentile)) / 1_000
    }
}
