public import Metrics
import Synchronization

/// A swift-metrics backend that keeps every series in memory and renders them for a Prometheus scrape.
///
/// It is handed to those who measure (`Counter(label:dimensions:factory:)`), not bootstrapped globally, so two
/// servers in one process, as in tests, do not share their numbers. Make handles once and keep them: making one
/// takes a lock and allocates, recording with it does neither.
///
/// A metric's name has one type, its names and bounds are well formed: what violates that is a mistake in the
/// program, not in its input, and traps. Label *values* may be any text, but every new one is a series that is
/// kept for the life of the registry: label with a route, never with a path.
public final class PrometheusRegistry: MetricsFactory {
    /// The value of `Content-Type` for what ``render(into:)`` gives.
    public static let contentType = PrometheusText.contentType

    /// The types of the format that are used here.
    private enum Kind: String {
        case counter, gauge, histogram
    }

    /// All series of one name.
    private struct Family {
        let kind: Kind
        /// Keyed by the rendered labels.
        var series: [String: any PrometheusSeries] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var help: [String: String] = [:]
    }

    private let state = Mutex(State())
    private let bounds: [String: [Double]]
    private let defaultBounds: [Double]

    /// - Parameters:
    ///   - bounds: Bucket bounds of single histograms by metric name: inclusive, strictly ascending, in seconds for
    ///     timers and in the recorded unit for recorders.
    ///   - defaultBounds: Bounds of all other histograms; `nil` for latencies from 50 µs to 10 s.
    public init(bounds: [String: [Double]] = [:], defaultBounds: [Double]? = nil) {
        let defaultBounds = defaultBounds ?? PrometheusHistogram.latencyBounds
        precondition(
            PrometheusHistogram.areBounds(defaultBounds)
                && bounds.values.allSatisfy(PrometheusHistogram.areBounds),
            "bucket bounds must be finite and strictly ascending")
        self.bounds = bounds
        self.defaultBounds = defaultBounds
    }

    /// Sets the `# HELP` text of a metric, before or after its first series. Line feeds are escaped.
    public func describe(_ name: String, _ help: String) {
        state.withLock { $0.help[name] = help }
    }

    /// Registers a gauge whose value is asked for at every scrape; `nil` leaves its sample out.
    ///
    /// The closure must not call this registry, and should be as quick as reading a file in `/proc`.
    public func registerGauge(_ name: String, _ help: String, read: @escaping @Sendable () -> Double?) {
        register(name, help, kind: .gauge, read: read)
    }

    /// Like ``registerGauge(_:_:read:)``, for a value that never falls.
    public func registerCounter(_ name: String, _ help: String, read: @escaping @Sendable () -> Double?) {
        register(name, help, kind: .counter, read: read)
    }

    private func register(
        _ name: String, _ help: String, kind: Kind, read: @escaping @Sendable () -> Double?
    ) {
        describe(name, help)
        _ = series(name, [], kind: kind) { PrometheusCallback(read) }
    }

    /// Appends all metrics in the text format 0.0.4: families by name, series by labels, so that two scrapes differ
    /// only in their values.
    public func render(into text: inout String) {
        // The lock is held for a copy only; values are read, and callbacks called, without it.
        let (families, help) = state.withLock { ($0.families, $0.help) }
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            if let help = help[name] {
                text += "# HELP \(name) \(PrometheusText.escapedHelp(help))\n"
            }
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.render(name: name, labels: labels, into: &text)
            }
        }
    }

    /// The series of a name and its dimensions, in whichever order they come; made if it is not there yet.
    private func series<Series: PrometheusSeries>(
        _ name: String, _ dimensions: [(String, String)], kind: Kind, make: () -> Series
    ) -> Series {
        precondition(PrometheusText.isMetricName(name), "not a metric name: '\(name)'")
        for (label, _) in dimensions {
            precondition(PrometheusText.isLabelName(label), "not a label name: '\(label)' of \(name)")
        }
        precondition(
            Set(dimensions.map(\.0)).count == dimensions.count, "a label of \(name) occurs more than once")
        let labels = PrometheusText.labels(dimensions)
        return state.withLock { state in
            var family = state.families[name] ?? Family(kind: kind)
            precondition(family.kind == kind, "\(name) is a \(family.kind.rawValue), not a \(kind.rawValue)")
            guard let existing = family.series[labels] else {
                let series = make()
                family.series[labels] = series
                state.families[name] = family
                return series
            }
            guard let series = existing as? Series else {
                preconditionFailure("\(name) is \(type(of: existing)), not \(Series.self)")
            }
            return series
        }
    }

    private func histogram(_ name: String, _ dimensions: [(String, String)]) -> PrometheusHistogram {
        series(name, dimensions, kind: .histogram) {
            PrometheusHistogram(bounds: bounds[name] ?? defaultBounds)
        }
    }

    /// Forgets a series; its name keeps its type.
    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                for (labels, series) in family.series where series === handler {
                    state.families[name]?.series[labels] = nil
                    return
                }
            }
        }
    }
}

// MARK: - MetricsFactory

extension PrometheusRegistry {
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, kind: .counter) { PrometheusCounter() }
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, kind: .counter) { PrometheusFloatingPointCounter() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, kind: .gauge) { PrometheusGauge() }
    }

    /// A gauge, or a histogram if the recorder aggregates.
    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else {
            return series(label, dimensions, kind: .gauge) { PrometheusGauge() }
        }
        return histogram(label, dimensions)
    }

    /// A histogram in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}
