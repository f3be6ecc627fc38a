import Synchronization

/// One piece of work per key at a time: who asks while it runs waits for its result instead of starting it again.
///
/// The work runs in a task of its own, because it belongs to all who wait: one of them being cancelled leaves the
/// others unharmed. It is cancelled when the last of them has gone, and then nobody joins it any more; a caller who
/// comes after that starts afresh, even if the cancelled work is still winding down.
final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Value, any Error>

    private struct Flight {
        let number: UInt64
        var waiters: [UInt64: Waiter]
        let task: Task<Void, Never>
    }

    private struct State {
        var flights: [Key: Flight] = [:]
        var lastNumber: UInt64 = 0

        mutating func nextNumber() -> UInt64 {
            lastNumber += 1
            return lastNumber
        }
    }

    private let state = Mutex(State())

    /// The result of the work that is under way for the key, or of `work`, which is started if there is none.
    ///
    /// - Throws: what the work throws, to all who wait; `CancellationError` when this caller is cancelled.
    func value(for key: Key, work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let waiterNumber = state.withLock { $0.nextNumber() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                join(key, as: waiterNumber, waiter, work)
            }
        } onCancel: {
            leave(key, as: waiterNumber)
        }
    }

    /// How many callers wait for the key.
    func waiterCount(for key: Key) -> Int {
        state.withLock { $0.flights[key]?.waiters.count ?? 0 }
    }

    private func join(
        _ key: Key,
        as waiterNumber: UInt64,
        _ waiter: Waiter,
        _ work: @escaping @Sendable () async throws -> Value
    ) {
        let isJoined = state.withLock { state in
            // The flag is set before `onCancel` runs. So either it is seen here, or `leave` finds the waiter.
            if Task.isCancelled { return false }
            if state.flights[key] != nil {
                state.flights[key]?.waiters[waiterNumber] = waiter
                return true
            }
            let number = state.nextNumber()
            let task = Task {
                let result: Result<Value, any Error>
                do {
                    result = .success(try await work())
                } catch {
                    result = .failure(error)
                }
                self.land(key, number: number, with: result)
            }
            state.flights[key] = Flight(number: number, waiters: [waiterNumber: waiter], task: task)
            return true
        }
        if !isJoined { waiter.resume(throwing: CancellationError()) }
    }

    private func leave(_ key: Key, as waiterNumber: UInt64) {
        let (waiter, abandoned) = state.withLock { state -> (Waiter?, Task<Void, Never>?) in
            guard let waiter = state.flights[key]?.waiters.removeValue(forKey: waiterNumber) else {
                return (nil, nil)
            }
            guard let flight = state.flights[key], flight.waiters.isEmpty else { return (waiter, nil) }
            state.flights[key] = nil
            return (waiter, flight.task)
        }
        abandoned?.cancel()
        waiter?.resume(throwing: CancellationError())
    }

    private func land(_ key: Key, number: UInt64, with result: Result<Value, any Error>) {
        let waiters = state.withLock { state -> [UInt64: Waiter] in
            // Another flight may have taken this one's place after all its waiters had gone.
            guard let flight = state.flights[key], flight.number == number else { return [:] }
            state.flights[key] = nil
            return flight.waiters
        }
        for waiter in waiters.values { waiter.resume(with: result) }
    }
}
