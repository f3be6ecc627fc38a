import Foundation

/// Figures as a person reads them: no more digits than they are worth, and thousands apart.
enum Numbers {
    /// Narrow and no-break: a number stays on one line.
    static let thousandsSeparator = "\u{202F}"

    /// All digits: "900 000".
    static func exact(_ number: Int) -> String {
        (number < 0 ? "−" : "") + grouped(String(number.magnitude))
    }

    /// So many significant digits: "0.0123", "1.01", "45.6", "12 300".
    static func rounded(_ number: Double, digits: Int = 3) -> String {
        guard number.isFinite else { return "no number" }
        let value = number.rounded(significantDigits: digits)
        let decimals = value == 0 ? 0 : max(0, digits - 1 - value.decimalExponent)
        let parts = String(format: "%.*f", decimals, abs(value)).split(separator: ".")
        let fraction = parts.dropFirst().map { "." + $0 }.joined()
        return (value < 0 ? "−" : "") + grouped(String(parts[0])) + fraction
    }

    /// As few digits as say it exactly enough: "0.5", "2", "10".
    static func short(_ number: Double) -> String {
        let text = rounded(number)
        guard text.contains(".") else { return text }
        let trimmed = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
        return String(trimmed.reversed())
    }

    /// A time in microseconds, in the unit that makes it short: "312 µs", "4.56 ms", "1.20 s".
    static func time(_ microseconds: Double) -> String {
        let unit = TimeUnit.allCases.last { abs(microseconds) >= $0.microseconds } ?? .microseconds
        return "\(rounded(microseconds / unit.microseconds)) \(unit.rawValue)"
    }

    /// A duration in seconds: "42 s", "3 min 20 s", "1 h 5 min".
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "no number" }
        let whole = Int(max(0, seconds).rounded())
        return if whole < 60 {
            "\(whole) s"
        } else if whole < 3600 {
            "\(whole / 60) min \(whole % 60) s"
        } else {
            "\(whole / 3600) h \(whole % 3600 / 60) min"
        }
    }

    private static func grouped(_ digits: String) -> String {
        var groups: [Substring] = []
        var rest = digits[...]
        while !rest.isEmpty {
            groups.insert(rest.suffix(3), at: 0)
            rest = rest.dropLast(3)
        }
        return groups.joined(separator: thousandsSeparator)
    }
}

/// The unit of a column of times, which are kept in microseconds.
enum TimeUnit: String, CaseIterable {
    case microseconds = "µs"
    case milliseconds = "ms"
    case seconds = "s"

    /// Length of the unit in microseconds.
    var microseconds: Double {
        switch self {
        case .microseconds: 1
        case .milliseconds: 1000
        case .seconds: 1_000_000
        }
    }

    /// One unit for times that are to be compared: milliseconds only if none of them would be less than
    /// one.
    static func fitting(_ times: [Double]) -> TimeUnit {
        guard let least = times.min(), least >= TimeUnit.milliseconds.microseconds else {
            return .microseconds
        }
        return .milliseconds
    }

    func text(_ microseconds: Double) -> String {
        Numbers.rounded(microseconds / self.microseconds)
    }
}

extension Double {
    /// The power of ten of the first digit; 0 has none, and is to be asked for before.
    var decimalExponent: Int {
        Int(Foundation.log10(magnitude).rounded(.down))
    }

    func rounded(significantDigits: Int) -> Double {
        guard isFinite, self != 0 else { return self }
        let power = significantDigits - 1 - decimalExponent
        // Only whole powers of ten are exact: to multiply by 0.001 would leave digits behind.
        let scale = pow(10, Double(abs(power)))
        let result = power >= 0 ? (self * scale).rounded() / scale : (self / scale).rounded() * scale
        return result.isFinite ? result : self
    }
}
