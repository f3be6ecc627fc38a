import Synchronization

/// A value that changes, and whose changes can be waited for: the one way in which tests wait for what can tell.
///
/// A wait ends with what was waited for, or with a ``WaitFailure`` that says what did not come: when the patience is
/// over, or when the task is cancelled. So no test hangs, and none ends without a word.
public final class Watched<Value: Sendable>: Sendable {
    private struct Waiter {
        /// Looks whether the wait is over, and gives its outcome away if so.
        var attempt: @Sendable (inout Value) -> Bool
        var wake: CheckedContinuation<Void, Never>
    }

    private struct State {
        var value: Value
        var waiters: [Int: Waiter] = [:]
        /// In the order in which they came.
        var order: [Int] = []
        var lastID = 0
    }

    private let state: Mutex<State>
    private let describe: @Sendable (Value) -> String

    /// - Parameter describe: what a failed wait says of the value as it is then.
    public init(_ value: Value, describe: @escaping @Sendable (Value) -> String = { "\($0)" }) {
        state = Mutex(State(value: value))
        self.describe = describe
    }

    public var value: Value { state.withLock { $0.value } }

    /// Changes the value, and wakes those who have waited for it.
    @discardableResult
    public func update<Result: Sendable>(_ change: (inout Value) -> Result) -> Result {
        let (result, woken) = state.withLock { state in
            let result = change(&state.value)
            var woken: [CheckedContinuation<Void, Never>] = []
            for id in state.order {
                guard let waiter = state.waiters[id], waiter.attempt(&state.value) else { continue }
                state.waiters[id] = nil
                woken.append(waiter.wake)
            }
            state.order.removeAll { state.waiters[$0] == nil }
            return (result, woken)
        }
        for waiter in woken { waiter.resume() }
        return result
    }

    /// Returns the value when it is as it should be.
    ///
    /// - Parameter what: what is waited for, for the message.
    /// - Throws: ``WaitFailure``.
    @discardableResult
    public func wait(
        for what: String, patience: Duration = Patience.standard,
        until isReady: @escaping @Sendable (Value) -> Bool
    ) async throws -> Value {
        try await take(what, patience: patience) { isReady($0) ? $0 : nil }
    }

    /// Returns what an attempt has given that is made now and after every change, and that may change the value.
    ///
    /// - Throws: ``WaitFailure``.
    public func take<Result: Sendable>(
        _ what: String, patience: Duration = Patience.standard,
        _ attempt: @escaping @Sendable (inout Value) -> Result?
    ) async throws -> Result {
        let outcome = Mutex<Result?>(nil)
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let guardian = Task {
            // It ends early when it is not needed any more, which is all that it can fail with.
            try? await Task.sleep(for: patience)
            self.giveUp(id)
        }
        defer { guardian.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if let result = attempt(&state.value) {
                        outcome.withLock { $0 = result }
                        return true
                    }
                    // A wait that was given up before it began.
                    if Task.isCancelled { return true }
                    state.order.append(id)
                    state.waiters[id] = Waiter(
                        attempt: { value in
                            guard let result = attempt(&value) else { return false }
                            outcome.withLock { $0 = result }
                            return true
                        }, wake: continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            giveUp(id)
        }
        if let result = outcome.withLock({ $0 }) { return result }
        let reason: WaitFailure.Reason = Task.isCancelled ? .cancelled : .patienceIsOver(patience)
        throw WaitFailure(what, reason, last: describe(value))
    }

    private func giveUp(_ id: Int) {
        let waiter = state.withLock { state in
            state.order.removeAll { $0 == id }
            return state.waiters.removeValue(forKey: id)
        }
        waiter?.wake.resume()
    }
}
