import NIOPosix
import Synchronization

/// Runs what takes a thread for long, few at once and with few waiting. What waits takes turns by its client's address
/// (``FairQueue``): one that keeps the threads busy holds up another's work for no longer than one of its own takes.
final class FairThreadPool: Sendable {
    enum Failure: Error, Hashable, Sendable {
        /// Too many are waiting already, of this address or of all together. Also thrown for one that has
        /// waited, when its place goes to an address with fewer.
        case busy
        /// ``FairThreadPool/close(finally:)`` was called.
        case closed
    }

    private struct Job: Sendable {
        let id: UInt64
        let client: ClientAddress
        let run: @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    private struct State {
        var waiting: FairQueue<ClientAddress, Job>
        var lastID: UInt64 = 0
        var busyThreads = 0
        var isClosed = false
    }

    private let threads: NIOThreadPool
    private let state: Mutex<State>

    /// - Parameters:
    ///   - threads: what runs at once.
    ///   - waitingLimit: what may wait for a thread.
    ///   - clientLimit: of that, what is one address's; an IPv6 network of 64 bits is one.
    init(threads: Int, waitingLimit: Int, clientLimit: Int) {
        state = Mutex(State(waiting: FairQueue(capacity: waitingLimit, share: clientLimit)))
        self.threads = NIOThreadPool(numberOfThreads: threads)
        self.threads.start()
    }

    /// What no thread has taken up yet.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Runs `work` on a thread of the pool. `NIOThreadPool.runIfActive` would keep the place of a
    /// cancelled task until its turn comes; here it is free at once.
    ///
    /// - Parameter client: whose turn it takes.
    /// - Throws: ``Failure``, or `CancellationError` when the task was cancelled before its turn.
    func run<Result: Sendable>(
        for client: ClientAddress, _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enqueue(
                    Job(
                        id: id, client: client.network,
                        run: { continuation.resume(with: Swift.Result(catching: work)) },
                        fail: { continuation.resume(throwing: $0) }))
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// Finishes what is running; refuses what waits and what comes later.
    ///
    /// It must be called before the pool is let go of.
    ///
    /// - Parameter last: runs on a thread of the pool; behind all else, where that is its only one.
    func close(finally last: @escaping @Sendable () -> Void = {}) async throws {
        let refused = state.withLock { state in
            state.isClosed = true
            return state.waiting.removeAll()
        }
        for job in refused { job.fail(Failure.closed) }
        await withCheckedContinuation { continuation in
            threads.submit { _ in
                last()
                continuation.resume()
            }
        }
        try await threads.shutdownGracefully()
    }

    // MARK: Parts

    private func enqueue(_ job: Job) {
        enum Place { case thread, queue, queueInPlaceOf(Job), refused(any Error) }
        let place: Place = state.withLock { state in
            // One that is cancelled after this look finds its job among those that wait.
            if Task.isCancelled { return .refused(CancellationError()) }
            if state.isClosed { return .refused(Failure.closed) }
            if state.busyThreads < threads.numberOfThreads {
                state.busyThreads += 1
                return .thread
            }
            return switch state.waiting.add(job, id: job.id, of: job.client) {
            case .queued: .queue
            case .queuedInPlaceOf(let evicted): .queueInPlaceOf(evicted)
            case .refused: .refused(Failure.busy)
            }
        }
        switch place {
        case .thread:
            threads.submit { [self] poolState in
                guard poolState == .active else { return job.fail(Failure.closed) }
                job.run()
                drain()
            }
        case .queue: break
        case .queueInPlaceOf(let evicted): evicted.fail(Failure.busy)
        case .refused(let error): job.fail(error)
        }
    }

    /// Runs what waits, one after the other, until nothing does.
    private func drain() {
        while true {
            let next: Job? = state.withLock { state in
                let next = state.waiting.next()
                if next == nil { state.busyThreads -= 1 }
                return next
            }
            guard let next else { return }
            next.run()
        }
    }

    private func cancel(_ id: UInt64) {
        let job = state.withLock { $0.waiting.remove(id) }
        job?.fail(CancellationError())
    }
}
