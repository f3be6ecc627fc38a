import Metrics
import Synchronization

/// Counters, meters and timers by name and label: `count_cache_errors_total tls`. A timer's value is how often it
/// recorded. -1 is: never made.
final class MetricsSpy: MetricsFactory {
    private final class Handler: CounterHandler, MeterHandler, TimerHandler {
        private struct State {
            var value: Int64 = 0
            var waiters: [(id: Int, atLeast: Int64, continuation: CheckedContinuation<Void, Never>)] = []
            var lastID = 0
        }

        private let state = Mutex(State())

        var value: Int64 { state.withLock { $0.value } }

        /// Returns when the value is so high, or the task is cancelled.
        func wait(until value: Int64) async {
            let id = state.withLock { state in
                state.lastID += 1
                return state.lastID
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isOver = state.withLock { state in
                        if state.value >= value || Task.isCancelled { return true }
                        state.waiters.append((id, value, continuation))
                        return false
                    }
                    if isOver { continuation.resume() }
                }
            } onCancel: {
                wake { $0.id == id }
            }
        }

        private func change(_ change: (inout Int64) -> Void) {
            let value = state.withLock { state in
                change(&state.value)
                return state.value
            }
            wake { $0.atLeast <= value }
        }

        private func wake(_ isMeant: ((id: Int, atLeast: Int64, CheckedContinuation<Void, Never>)) -> Bool) {
            let ready = state.withLock { state in
                let ready = state.waiters.filter(isMeant)
                state.waiters.removeAll(where: isMeant)
                return ready
            }
            for waiter in ready { waiter.continuation.resume() }
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

    /// Returns when a metric that was made is so high, or the task is cancelled.
    func wait(for name: String, until value: Int64) async {
        await handlers.withLock { $0[name] }?.wait(until: value)
    }

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
