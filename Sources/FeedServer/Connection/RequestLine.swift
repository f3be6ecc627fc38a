import Foundation
import Metrics
import Synchronization

/// Requests that were handed to the framework and that no thread of it has taken up yet: so many at the most.
///
/// These threads are as many as there are cores. Where requests come faster than they are answered, this line is what
/// grows. Past its bound, a request is answered 503 by its connection's event loop, at once and for a part of what it
/// would cost; those in the line wait for some tens of milliseconds at the most. What waits elsewhere (for its body,
/// for the writer, for a picture) has left the line, and has a bound of its own. What an event loop answers itself
/// stands in no line: to refuse it would cost as much.
final class RequestLine: Sendable {
    /// Requests for each core: some 25 ms of its time, where they are of the API; pages take more.
    static let placesPerCore = 256

    private let capacity: Int
    private let refused: Counter
    private let waiting = Atomic(0)

    init(
        capacity: Int = placesPerCore * ProcessInfo.processInfo.activeProcessorCount,
        metrics: any MetricsFactory
    ) {
        self.capacity = capacity
        refused = Counter(label: "http_requests_refused_total", factory: metrics)
    }

    /// Requests in the line.
    var count: Int { waiting.load(ordering: .relaxed) }

    /// Takes a place, to be left when a thread has taken the request up; `false` where there is none.
    func enter() -> Bool {
        if waiting.add(1, ordering: .relaxed).newValue <= capacity { return true }
        leave()
        refused.increment()
        return false
    }

    func leave() {
        waiting.subtract(1, ordering: .relaxed)
    }
}
