/// The middle and the ends of figures that stand for the same thing, such as those of several rounds.
struct Spread: Equatable {
    var median: Double
    var minimum: Double
    var maximum: Double

    /// Nil where there is nothing to take the middle of.
    init?(_ figures: [Double]) {
        let sorted = figures.sorted()
        guard let minimum = sorted.first, let maximum = sorted.last else { return nil }
        self.minimum = minimum
        self.maximum = maximum
        let middle = sorted.count / 2
        median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    /// "1.02 (0.98–1.07)"
    func text(_ format: (Double) -> String = { Numbers.rounded($0) }) -> String {
        "\(format(median)) (\(format(minimum))–\(format(maximum)))"
    }
}
