import Foundation

/// Where an axis begins and ends, and where its ticks are.
///
/// gnuplot could choose them too, but it does not part thousands.
enum PlotScale {
    /// - Parameters:
    ///   - figures: what has to be seen.
    ///   - room: what is to stay free beside the figures, as a part of the axis.
    ///   - startsAtZero: whether the length of a bar is to be compared. Where there is no zero, on a
    ///     logarithmic axis, the bars begin at the next power of ten.
    static func range(
        of figures: [Double], _ scale: Plot.Axis.Scale, room: Double, startsAtZero: Bool
    ) -> ClosedRange<Double> {
        guard let least = figures.min(), let most = figures.max() else { return 0...1 }
        guard scale == .logarithmic, least > 0 else {
            // Everything may be 0, and an axis needs a length.
            return min(0, least)...(most > 0 ? most * (1 + room) : 1)
        }
        var low = log10(least)
        var high = log10(most)
        if startsAtZero { low = (low - 0.2).rounded(.down) }
        // Half a power of ten is the least that does not make noise look like a difference.
        let length = max(high - low, 0.5)
        let margin = length * room / (1 - room)
        if !startsAtZero { low -= margin }
        high = max(high, low + length) + margin
        return pow(10, low)...pow(10, high)
    }

    /// Four to eight ticks at round numbers.
    static func linearTicks(in range: ClosedRange<Double>) -> [Double] {
        let rough = (range.upperBound - range.lowerBound) / 5
        let power = pow(10, rough.decimalExponent.asDouble)
        let step = power * ([1, 2, 5, 10].first { $0 * power >= rough } ?? 10)
        let first = Int((range.lowerBound / step).rounded(.up))
        let last = Int((range.upperBound / step).rounded(.down))
        return first <= last ? (first...last).map { Double($0) * step } : []
    }

    /// Powers of ten; 2 and 5 times them too where there are few.
    static func logarithmicTicks(in range: ClosedRange<Double>) -> [Double] {
        let powers = range.lowerBound.decimalExponent...range.upperBound.decimalExponent
        func ticks(_ factors: [Double]) -> [Double] {
            powers.flatMap { power in factors.map { $0 * pow(10, power.asDouble) } }.filter(range.contains)
        }
        let sparse = ticks([1])
        return sparse.count >= 3 ? sparse : ticks([1, 2, 5])
    }
}

extension Int {
    fileprivate var asDouble: Double { Double(self) }
}
