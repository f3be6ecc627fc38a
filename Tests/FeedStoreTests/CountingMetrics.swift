import Metrics
import Synchronization

/// Counters that a test can read.
final class CountingMetrics: MetricsFactory {
    private final class Handler: CounterHandler {
        let total = Atomic(0)
        func increment(by amount: Int64) { total.add(Int(amount), ordering: .relaxed) }
        func reset() { total.store(0, ordering: .relaxed) }
    }

    private let counters = Mutex<[String: Handler]>([:])

    func value(_ label: String) -> Int {
        counters.withLock { $0[label]?.total.load(ordering: .relaxed) ?? 0 }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counters.withLock { counters in
            let handler = counters[label] ?? Handler()
            counters[label] = handler
            return handler
        }
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        NOOPMetricsHandler.instance
    }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
