import Metrics

/// The handles for what happens to picture workers, made once for a server.
struct PictureMetrics: Sendable {
    static let failuresName = "picture_worker_failures_total"

    /// Why a worker was replaced before its time.
    enum Failure: String, CaseIterable {
        /// It did not get ready.
        case start
        case deadline
        /// It ended while it had a picture.
        case crash
        /// It said what it may not say.
        case nonsense
    }

    private let failures: [Failure: Counter]

    init(factory: any MetricsFactory) {
        failures = Dictionary(
            uniqueKeysWithValues: Failure.allCases.map { kind in
                let dimensions = [("kind", kind.rawValue)]
                return (kind, Counter(label: Self.failuresName, dimensions: dimensions, factory: factory))
            })
    }

    func failed(_ kind: Failure) { failures[kind]?.increment() }
}
