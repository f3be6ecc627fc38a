/// How far a long piece of work has come, and how to say so in one line.
public struct ProgressLine: Equatable, Sendable {
    /// Characters between the brackets of the bar.
    static let barWidth = 20

    /// Units done so far: 0…`total`.
    public let done: Int
    /// Units in all, not negative.
    public let total: Int
    /// What is counted, in the plural, such as "posts".
    public let unit: String
    /// The time since the work began.
    public let elapsed: Duration

    /// - Parameter done: a number outside of 0…`total` is taken for the nearest one inside.
    public init(done: Int, total: Int, unit: String, elapsed: Duration) {
        self.total = max(total, 0)
        self.done = min(max(done, 0), self.total)
        self.unit = unit
        self.elapsed = elapsed
    }

    /// 0…100, rounded down, so that 100 means that everything is done.
    public var percent: Int {
        guard total > 0 else { return 100 }
        // In 128 bits, where the product cannot overflow.
        return Int(Int128(done) * 100 / Int128(total))
    }

    /// Units a second since the beginning; `nil` before there is anything to divide.
    public var rate: Double? {
        let seconds = elapsed / .seconds(1)
        return done > 0 && seconds > 0 ? Double(done) / seconds : nil
    }

    /// `[########............] 43 % 430 000 posts, 210 000/s, 3 s left`
    public var bar: String {
        let filled = total > 0 ? Int(Int128(done) * Int128(Self.barWidth) / Int128(total)) : Self.barWidth
        let marks = String(repeating: "#", count: filled)
        let dots = String(repeating: ".", count: Self.barWidth - filled)
        return "[\(marks)\(dots)] \(summary)"
    }

    /// `43 % 430 000 posts, 210 000/s, 3 s left`
    public var summary: String {
        var parts = ["\(percent) % \(Self.grouped(done)) \(unit)"]
        if let rate {
            parts.append("\(Self.grouped(Int(rate.rounded())))/s")
            if done < total {
                parts.append("\(Self.time(seconds: Double(total - done) / rate)) left")
            } else {
                parts.append("\(Self.time(seconds: elapsed / .seconds(1))) in all")
            }
        }
        return parts.joined(separator: ", ")
    }

    /// The digits in groups of three: `1 000 000`.
    static func grouped(_ number: Int) -> String {
        var reversed = ""
        for (index, digit) in String(number.magnitude).reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3) { reversed.append(" ") }
            reversed.append(digit)
        }
        return (number < 0 ? "-" : "") + String(reversed.reversed())
    }

    /// A time in its two largest units, rounded up: `3 s`, `2 min 5 s`, `1 h 2 min`.
    static func time(seconds: Double) -> String {
        // A century, in seconds: more than anyone waits for, and far from the bounds of `Int`.
        let whole = Int(min(seconds, 3_155_760_000).rounded(.up))
        return switch whole {
        case ..<60: "\(whole) s"
        case ..<3600: "\(whole / 60) min \(whole % 60) s"
        default: "\(whole / 3600) h \(whole % 3600 / 60) min"
        }
    }
}
