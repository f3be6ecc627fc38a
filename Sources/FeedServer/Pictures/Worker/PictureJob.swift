import Synchronization

/// One picture that is being made, which may be cancelled from another thread.
final class PictureJob: Sendable {
    private enum State {
        case idle
        case running(@Sendable () -> Void)
        case cancelled
    }

    private let state = Mutex(State.idle)

    /// Runs `body` unless the job is cancelled.
    ///
    /// - Parameter stop: called when it is cancelled while `body` runs, and not after that. It has to make
    ///   `body` return soon, and not to block.
    /// - Throws: what `body` throws; `CancellationError` where the job was cancelled.
    func run<Result>(whereCancelled stop: @escaping @Sendable () -> Void, _ body: () throws -> Result) throws
        -> Result
    {
        try state.withLock { state in
            if case .cancelled = state { throw CancellationError() }
            state = .running(stop)
        }
        let outcome = Swift.Result(catching: body)
        try state.withLock { state in
            if case .cancelled = state { throw CancellationError() }
            state = .idle
        }
        return try outcome.get()
    }

    func cancel() {
        state.withLock { state in
            if case .running(let stop) = state { stop() }
            state = .cancelled
        }
    }
}
