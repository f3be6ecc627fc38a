/// How long one kind of request took, in microseconds.
public struct Latency: Codable, Equatable, Sendable {
    public var samples: Int
    public var median: Double
    /// A quantile is given only where at least one sample lies beyond it: 10, 100 and 1 000 samples.
    public var p90: Outcome<Double>
    public var p99: Outcome<Double>
    public var p999: Outcome<Double>
    public var maximum: Double

    public init(
        samples: Int, median: Double, p90: Outcome<Double>, p99: Outcome<Double>, p999: Outcome<Double>,
        maximum: Double
    ) {
        self.samples = samples
        self.median = median
        self.p90 = p90
        self.p99 = p99
        self.p999 = p999
        self.maximum = maximum
    }
}
