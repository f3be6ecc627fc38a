/// Reads values out of Prometheus's text format
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
enum PrometheusSample {
    /// The sum of a counter over its labels.
    ///
    /// - Throws: ``BenchmarkFailure`` when there is no such counter, and when a value is no number.
    static func sum(of name: String, in text: String) throws -> Int {
        var sum: Double?
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            let rest = line.dropFirst(name.count)
            guard rest.hasPrefix("{") || rest.hasPrefix(" ") else { continue }
            guard let value = rest.split(separator: " ").last.flatMap({ Double($0) }) else {
                throw BenchmarkFailure("\(name) has no value: \(line)")
            }
            sum = (sum ?? 0) + value
        }
        guard let sum else { throw BenchmarkFailure("there is no metric \(name)") }
        return Int(sum)
    }
}
