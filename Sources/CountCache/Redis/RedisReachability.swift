import Synchronization

/// Whether a call to Redis is worth while, for every thread to read without waiting.
final class RedisReachability: Sendable {
    enum Value: UInt8, AtomicRepresentable {
        /// Stopped, or known to be away.
        case away
        /// The first connection is being made: worth waiting for, a command timeout long.
        case unknown
        case inUse
    }

    private let value = Atomic(Value.away)

    var current: Value { value.load(ordering: .relaxed) }

    /// Has callers wait who come before the event loop has begun to connect.
    func startIfStopped() {
        _ = value.compareExchange(expected: .away, desired: .unknown, ordering: .relaxed)
    }

    func set(_ value: Value) {
        self.value.store(value, ordering: .relaxed)
    }
}
