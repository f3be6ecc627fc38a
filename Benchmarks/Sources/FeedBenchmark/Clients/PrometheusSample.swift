/// Reads values out of Prometheus's text format
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
enum PrometheusSample {
    /// The sum of a counter over its labels; 0 where it has not been counted yet.
    ///
    /// - Throws: ``BenchmarkFailure`` when a value is no number.
    static func sum(of name: String, in text: String) throws -> Int {
        var sum = 0.0
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            let rest = line.dropFirst(name.count)
            guard rest.hasPrefix("{") || rest.hasPrefix(" ") else { continue }
            guard let value = rest.split(separator: " ").last.flatMap({ Double($0) }) else {
                throw BenchmarkFailure("\(name) has no value: \(line)")
            }
            sum += value
        }
        return Int(sum)
    }
}
