import BenchmarkReport

extension MicroFigures {
    /// Puts together what was measured in several ways: one row for each operation, in `micro-counter`'s order.
    ///
    /// Instructions are held against their thresholds only where these were counted in a place like this one.
    ///
    /// - Throws: ``MicroMeasurementError/thresholds(_:)`` where an operation has no threshold, or a threshold no
    ///   operation.
    init(
        times: [String: Outcome<Double>], counts: MicroCounts, thresholds: MicroThresholds,
        at place: CountingPlace
    ) throws {
        let isSamePlace = place == thresholds.place
        let counted = counts.counter.operations
        let names = Set(counted.map(\.name))
        if let stale = thresholds.operations.keys.sorted().first(where: { !names.contains($0) }) {
            throw MicroMeasurementError.thresholds(
                "there is a threshold for \"\(stale)\", which is no operation")
        }
        func time(of name: String) -> Outcome<Double> { times[name] ?? .notMeasured("it was not timed") }
        let countedRows = try counted.map { operation in
            guard let threshold = thresholds.operations[operation.name] else {
                throw MicroMeasurementError.thresholds("\"\(operation.name)\" has no threshold")
            }
            let instructions: Outcome<Int> =
                switch counts.instructions {
                case .measured(let all):
                    all[operation.name].map { .measured($0) } ?? .notMeasured("callgrind has not counted it")
                case .notMeasured(let reason): .notMeasured(reason)
                }
            return Row(
                name: operation.name, nanoseconds: time(of: operation.name), instructions: instructions,
                allocations: counts.counter.allocations(of: operation),
                instructionsThreshold: isSamePlace ? threshold.instructions : nil,
                allocationsThreshold: threshold.allocations)
        }
        let timedRows = counts.counter.timedOnly.map { operation in
            Row(
                name: operation.name, nanoseconds: time(of: operation.name),
                instructions: .notMeasured(operation.whyNotCounted),
                allocations: .notMeasured(operation.whyNotCounted), instructionsThreshold: nil,
                allocationsThreshold: nil)
        }
        self.init(
            rows: countedRows + timedRows,
            instructionsNote: isSamePlace
                ? nil : "instructions are committed to for \(thresholds.place), and this is \(place)")
    }
}
