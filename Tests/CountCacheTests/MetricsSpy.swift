import Metrics
import Synchronization
import TestSupport

/// Counters, meters and timers by name and label: `count_cache_errors_total tls`. A timer's value is how often it
/// recorded. -1 is: never made.
final class MetricsSpy: MetricsFactory {
    private final class Handler: CounterHandler, MeterHandler, TimerHandler {
        private let watched = Watched<Int64>(0)

        var value: Int64 { watched.value }

        func wait(for name: String, until value: Int64) async throws {
            try await watched.wait(for: "\(name) ≥ \(value)") { $0 >= value }
        }

        private func change(_ change: (inout Int64) -> Void) {
            watched.update(change)
        }

        func increment(by amount: Int64) { change { $0 += amount } }
        func reset() { change { $0 = 0 } }
        func set(_ value: Int64) { change { $0 = value } }
        func set(_ value: Double) { change { $0 = Int64(value) } }
        func increment(by amount: Double) { change { $0 += Int64(amount) } }
        func decrement(by amount: Double) { change { $0 -= Int64(amount) } }
        func recordNanoseconds(_ duration: Int64) { change { $0 += 1 } }
    }

    private let handlers = Mutex<[String: Handler]>([:])

    func value(_ name: String) -> Int64 {
        handlers.withLock { $0[name] }?.value ?? -1
    }

    /// Returns when a metric is so high.
    func wait(for name: String, until value: Int64) async throws {
        let handler = handlers.withLock { $0[name] }
        guard let handler else { throw UnknownMetric(name: name) }
        try await handler.wait(for: name, until: value)
    }

    struct UnknownMetric: Error { let name: String }

    private func handler(_ label: String, _ dimensions: [(String, String)]) -> Handler {
        let name = ([label] + dimensions.map(\.1)).joined(separator: " ")
        return handlers.withLock { handlers in
            let handler = handlers[name] ?? Handler()
            handlers[name] = handler
            return handler
        }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        handler(label, dimensions)
    }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        handler(label, dimensions)
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        handler(label, dimensions)
    }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
