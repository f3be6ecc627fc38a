extension Report {
    var microClaim: Claim {
        let text = "No step of the read path takes more instructions or allocations than is committed to."
        guard case .measured(let figures) = micro else { return .open(text, micro.reason) }

        let checks = figures.rows.flatMap { row in
            [
                ThresholdCheck(row.name, "instructions", row.instructions, row.instructionsThreshold),
                ThresholdCheck(row.name, "allocations", row.allocations, row.allocationsThreshold),
            ].compactMap { $0 }
        }
        guard !checks.isEmpty else { return .open(text, "nothing is committed to") }

        let measured = checks.filter { $0.figure.value != nil }
        let exceeded = measured.filter(\.isExceeded)
        let summary =
            "\(measured.count - exceeded.count) of \(checks.count) figures are within what is committed to"
        return .judged(
            text, evidence: [summary] + exceeded.map(\.sentence), isContradicted: !exceeded.isEmpty,
            missing: ThresholdCheck.missing(checks) + [figures.instructionsNote].compactMap(\.self))
    }
}

/// A figure against the most that is committed to.
private struct ThresholdCheck {
    var step: String
    var unit: String
    var figure: Outcome<Int>
    var threshold: Int

    init?(_ step: String, _ unit: String, _ figure: Outcome<Int>, _ threshold: Int?) {
        guard let threshold else { return nil }
        self.step = step
        self.unit = unit
        self.figure = figure
        self.threshold = threshold
    }

    var isExceeded: Bool {
        figure.value.map { $0 > threshold } ?? false
    }

    var sentence: String {
        "\(step): \(Numbers.exact(figure.value ?? 0)) \(unit), at most \(Numbers.exact(threshold))"
    }

    /// Those without a figure, the ones with the same reason together: mostly it is one reason for all.
    static func missing(_ checks: [ThresholdCheck]) -> [String] {
        let missing = checks.filter { $0.figure.value == nil }
        let groups = Dictionary(grouping: missing) { [$0.unit, $0.figure.reason] }
        return groups.values
            .compactMap { group in
                guard let first = group.first else { return nil }
                let steps = Labels.count(group.count, "step", "steps")
                return "\(first.unit) of \(steps) (\(first.figure.reason))"
            }
            .sorted()
    }
}
