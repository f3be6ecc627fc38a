import Metrics
import Synchronization

/// One time series: what a handler collects for one name and one set of dimensions.
///
/// Recording takes no lock and allocates nothing. Values are read while others write them; each number is
/// atomic by itself, and a scrape does not need more.
protocol PrometheusSeries: AnyObject, Sendable {
    /// Appends the sample lines of this series.
    ///
    /// - Parameters:
    ///   - name: The name of the metric, already checked.
    ///   - labels: Label pairs without braces, already escaped; empty if there are none.
    func render(name: String, labels: String, into text: inout String)
}

extension String {
    /// Appends one sample line: `name{labels} value`.
    mutating func appendSample(name: String, labels: String, value: String) {
        self += name
        if !labels.isEmpty {
            self += "{"
            self += labels
            self += "}"
        }
        self += " "
        self += value
        self += "\n"
    }
}

/// A `Double` that many threads add to without a lock, kept as its bit pattern.
struct AtomicDouble: ~Copyable {
    private let bits = Atomic<UInt64>(0)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func store(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    func add(_ amount: Double) {
        var seen = bits.load(ordering: .relaxed)
        while true {
            let sum = (Double(bitPattern: seen) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(
                expected: seen, desired: sum, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }
}

/// A whole number that only grows. Wraps after 2⁶³ − 1.
final class PrometheusCounter: CounterHandler, PrometheusSeries {
    private let count = Atomic<Int64>(0)

    /// Adds `amount`. Negative amounts are ignored: a Prometheus counter never falls, except to zero.
    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() {
        count.store(0, ordering: .relaxed)
    }

    func render(name: String, labels: String, into text: inout String) {
        text.appendSample(name: name, labels: labels, value: String(count.load(ordering: .relaxed)))
    }
}

/// A fractional number that only grows.
final class PrometheusFloatingPointCounter: FloatingPointCounterHandler, PrometheusSeries {
    private let sum = AtomicDouble()

    /// Adds `amount`. Negative amounts and NaN are ignored.
    func increment(by amount: Double) {
        guard amount > 0 else { return }
        sum.add(amount)
    }

    func reset() {
        sum.store(0)
    }

    func render(name: String, labels: String, into text: inout String) {
        text.appendSample(name: name, labels: labels, value: PrometheusText.number(sum.value))
    }
}

/// A number that is set, and goes up and down: swift-metrics' `Gauge` and `Meter`.
final class PrometheusGauge: RecorderHandler, MeterHandler, PrometheusSeries {
    private let current = AtomicDouble()

    func record(_ value: Int64) { current.store(Double(value)) }
    func record(_ value: Double) { current.store(value) }
    func set(_ value: Int64) { current.store(Double(value)) }
    func set(_ value: Double) { current.store(value) }
    func increment(by amount: Double) { current.add(amount) }
    func decrement(by amount: Double) { current.add(-amount) }

    func render(name: String, labels: String, into text: inout String) {
        text.appendSample(name: name, labels: labels, value: PrometheusText.number(current.value))
    }
}

/// A number that is asked for when it is scraped; absent while the answer is `nil`.
final class PrometheusCallback: PrometheusSeries {
    private let read: @Sendable () -> Double?

    init(_ read: @escaping @Sendable () -> Double?) {
        self.read = read
    }

    func render(name: String, labels: String, into text: inout String) {
        guard let value = read() else { return }
        text.appendSample(name: name, labels: labels, value: PrometheusText.number(value))
    }
}
