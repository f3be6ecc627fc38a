/// The lexical rules of the Prometheus text exposition format, version 0.0.4.
///
/// Source: <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format> and, for names,
/// <https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels>.
enum PrometheusText {
    /// The value of `Content-Type` for a scrape.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Doubles beyond this magnitude do not hold every integer, so they are written as floating point.
    private static let largestExactInteger = Double(1 << 53)

    /// Whether a metric name matches `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func isMetricName(_ name: String) -> Bool {
        isIdentifier(name, allowingColon: true)
    }

    /// Whether a label name matches `[a-zA-Z_][a-zA-Z0-9_]*` and is not kept for Prometheus itself: names that
    /// begin with `__`, and `le`, which carries the bounds of histograms.
    static func isLabelName(_ name: String) -> Bool {
        isIdentifier(name, allowingColon: false) && !name.hasPrefix("__") && name != "le"
    }

    private static func isIdentifier(_ name: String, allowingColon: Bool) -> Bool {
        var isFirst = true
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "_"):
                break
            case UInt8(ascii: "0")...UInt8(ascii: "9") where !isFirst:
                break
            case UInt8(ascii: ":") where allowingColon:
                break
            default:
                return false
            }
            isFirst = false
        }
        return !isFirst
    }

    /// Label pairs as they stand between braces, in the order of their names, so that two spellings of the same
    /// dimensions give the same text.
    static func labels(_ dimensions: [(String, String)]) -> String {
        dimensions.sorted { $0.0 < $1.0 }
            .map { name, value in "\(name)=\"\(escapedLabelValue(value))\"" }
            .joined(separator: ",")
    }

    /// A backslash, a double quote and a line feed are escaped in label values.
    static func escapedLabelValue(_ value: String) -> String {
        escaped(value, quotes: true)
    }

    /// A backslash and a line feed are escaped in help texts; a double quote is not.
    static func escapedHelp(_ help: String) -> String {
        escaped(help, quotes: false)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A sample value or a bucket bound, as Go's `ParseFloat` reads it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value.magnitude < largestExactInteger, value == value.rounded(.towardZero) {
            return String(Int64(value))
        }
        return value.description
    }
}
