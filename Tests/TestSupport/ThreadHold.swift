import Foundation
import Synchronization

/// Holds up threads that are not Swift concurrency's own: the writer's, a hasher's. Nothing of it may be called
/// with ``hold()`` from a task.
///
/// A thread that nobody releases goes on by itself when the patience is over, so that the test ends.
///
/// `@unchecked Sendable`: `permits` is guarded by `condition`.
public final class ThreadHold: @unchecked Sendable {
    private let condition = NSCondition()
    private var permits = 0
    private let arrivals = Watched(0) { "\($0) threads have come" }

    public init() {}

    /// Blocks the calling thread until it is released.
    public func hold() {
        arrivals.update { $0 += 1 }
        let end = Date(timeIntervalSinceNow: Double(Patience.standard.components.seconds))
        condition.lock()
        while permits == 0, condition.wait(until: end) {}
        if permits > 0 { permits -= 1 }
        condition.unlock()
    }

    /// Returns when so many threads have come, those that have gone on included.
    public func arrived(_ count: Int = 1) async throws {
        try await arrivals.wait(for: "\(count) threads held up") { $0 >= count }
    }

    /// Lets so many threads go on, those that are still to come included.
    public func release(_ count: Int = 1) {
        condition.lock()
        permits += count
        condition.broadcast()
        condition.unlock()
    }
}
