extension CountEngine {
    /// What is to be done, in this order, after a call of the engine.
    enum Effect {
        /// Resume these callers.
        case answer([Waiter], Outcome)
        /// Ask Redis; then call ``CountEngine/acquired(flight:answer:now:)``, exactly once.
        case acquire(flight: UInt64, Lease.Request)
        /// Count at most `limit` rows; then call ``CountEngine/loaded(flight:result:now:)``, exactly once.
        case load(flight: UInt64, Loader, limit: Int?)
        /// Ask the count to stop. Its end is still to be told.
        case cancelLoad(flight: UInt64)
        /// Tell Redis.
        case fill(Lease.Fill)
        case release(Lease.Release)
        /// Call ``CountEngine/wake(flight:now:)`` at this time or soon after. Extra calls do no harm.
        case wake(flight: UInt64, at: Int64)
        /// To be measured.
        case note(CountEvent)
        /// To be measured and logged: counting failed.
        case report(CountCacheTrouble, CountKey, (any Error)?)
    }

    /// What a caller gets.
    enum Outcome {
        case count(Count)
        /// Nothing that may be given is known.
        case none
        /// Counting failed.
        case failure(any Error)
    }
}

/// What is measured beside the answers.
enum CountEvent: Sendable, Equatable {
    /// A caller found nothing that is within its time to live.
    case miss
    /// A caller waits for what another one has begun.
    case joined
    /// A caller got less than it asked for because counting again would cost more than its share.
    case deferred
    case loadBegan
    /// Nanoseconds.
    case loadEnded(after: Int64)
    case leaseWon
    /// Another process has it.
    case leaseLost
    /// It was over before the count was.
    case leaseExpired
}
