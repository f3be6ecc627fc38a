/// What a benchmark executable of ordo-one/benchmark writes when it is run by itself: for each metric its name, and
/// HdrHistogram's table of percentiles.
///
/// The plugin's formats for machines don't have what is needed: they round to whole nanoseconds, or give other
/// percentiles than the median.
struct BenchmarkOutput {
    /// What a sample is made of: `scalingFactor: .kilo`.
    private static let callsOfSample = 1_000.0

    private let text: String

    init(text: String) {
        self.text = text
    }

    /// The median of one call's wall time, in nanoseconds.
    ///
    /// - Throws: ``MicroMeasurementError/unreadable(_:)`` where it is not there.
    func median(of name: String) throws -> Double {
        let lines = text.split(separator: "\n")
        guard let start = lines.firstIndex(of: "Debug results for \(name):"),
            let table = lines[start...].firstIndex(where: { $0.hasPrefix("Time (wall clock)") })
        else {
            throw MicroMeasurementError.unreadable(
                "the benchmark \"\(name)\" gave no result; run MicroBenchmarks --filter \"\(name)\" to see why"
            )
        }
        for line in lines[(table + 1)...] {
            let columns = line.split(separator: " ")
            // "Value Percentile TotalCount", and at the last percentile nothing behind those.
            guard columns.count >= 3, let value = Double(columns[0]), let percentile = Double(columns[1])
            else {
                if line.hasPrefix("#") { break }
                continue
            }
            if percentile >= 0.5 { return value / Self.callsOfSample }
        }
        throw MicroMeasurementError.unreadable("the benchmark \"\(name)\" gave no median")
    }
}
