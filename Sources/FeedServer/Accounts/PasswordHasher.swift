import Crypto
import NIOCore
import NIOPosix
import Synchronization

/// Hashes and verifies passwords on threads of its own, few at once and with few waiting.
///
/// A hash is slow and takes ``ScryptParameters/standard``'s 32 MiB by design: on an event loop it would
/// hold up every request, and as many at once as there are requests would take all memory.
final class PasswordHasher: Sendable {
    /// Passwords that may wait for a thread; one more is refused as busy. At 0.3 s each and
    /// one thread, the last of them waits for about 20 s.
    static let maximumWaiting = 32

    /// A quarter of the cores: the other three go on serving.
    static var defaultThreads: Int { max(1, System.coreCount / 4) }

    enum Verdict: Hashable, Sendable {
        case right
        case wrong
        /// Right, but hashed with other parameters than today's: the password is to be hashed again
        /// and stored.
        case outdated
    }

    enum Failure: Error, Hashable, Sendable {
        /// Too many are waiting already.
        case busy
        /// ``PasswordHasher/close()`` was called.
        case closed
        /// The stored hash is not one that ``PasswordHash`` reads.
        case unreadableHash
    }

    /// Computes the key of a password and a salt.
    typealias Derivation =
        @Sendable (_ password: [UInt8], _ salt: [UInt8], ScryptParameters) throws -> SymmetricKey

    private struct Job: Sendable {
        let id: UInt64
        let run: @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var lastID: UInt64 = 0
        var busyThreads = 0
        var isClosed = false
    }

    private let parameters: ScryptParameters
    private let derive: Derivation
    private let threads: NIOThreadPool
    private let waitingLimit: Int
    private let state = Mutex(State())
    /// Stands for the hash of an account that does not exist.
    private let noHash: PasswordHash

    /// - Parameters:
    ///   - parameters: of new hashes, within the bounds of ``ScryptParameters``.
    ///   - threads: passwords hashed at once.
    ///   - waitingLimit: passwords that may wait.
    ///   - derive: for tests, which count derivations and not time.
    init(
        parameters: ScryptParameters = .standard, threads: Int = PasswordHasher.defaultThreads,
        waitingLimit: Int = PasswordHasher.maximumWaiting,
        derive: @escaping Derivation = { try $2.deriveKey(from: $0, salt: $1) }
    ) {
        precondition(parameters.isWithinBounds, "parameters that could not be read again")
        self.parameters = parameters
        self.derive = derive
        self.waitingLimit = waitingLimit
        self.threads = NIOThreadPool(numberOfThreads: threads)
        noHash = PasswordHash(
            parameters: parameters, salt: [UInt8](repeating: 0, count: PasswordHash.saltBytes),
            key: SymmetricKey(data: [UInt8](repeating: 0, count: PasswordHash.keyBytes)))
        self.threads.start()
    }

    /// Hashes a password with a new salt.
    ///
    /// - Returns: what is stored, ``PasswordHash/phcString``.
    /// - Throws: ``Failure``, or `CancellationError` when the task was cancelled before its turn.
    func hash(_ password: String) async throws -> String {
        let password = password.preparedAsPassword
        return try await run { [parameters, derive] in
            var generator = SystemRandomNumberGenerator()
            let salt = (0..<PasswordHash.saltBytes).map { _ in
                UInt8.random(in: .min ... .max, using: &generator)
            }
            let key = try derive(password, salt, parameters)
            return PasswordHash(parameters: parameters, salt: salt, key: key).phcString
        }
    }

    /// Compares a password with a stored hash.
    ///
    /// - Parameter stored: `nil` where there is no such account. The answer is ``Verdict/wrong`` then,
    ///   for the same work as with a wrong password and today's parameters: how long it takes does not
    ///   tell who has an account.
    /// - Throws: ``Failure``, or `CancellationError` when the task was cancelled before its turn.
    func verify(_ password: String, against stored: String?) async throws -> Verdict {
        let hash: PasswordHash
        if let stored {
            guard let parsed = PasswordHash(phcString: stored) else { throw Failure.unreadableHash }
            hash = parsed
        } else {
            hash = noHash
        }
        let password = password.preparedAsPassword
        return try await run { [parameters, derive] in
            let isMatch = hash.matches(try derive(password, hash.salt, hash.parameters))
            guard isMatch, stored != nil else { return .wrong }
            return hash.parameters == parameters ? .right : .outdated
        }
    }

    /// Passwords that no thread has taken up yet.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Finishes what is being hashed; refuses what waits and what comes later.
    ///
    /// It must be called before the hasher is let go of.
    func close() async throws {
        let refused = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for job in refused { job.fail(Failure.closed) }
        try await threads.shutdownGracefully()
    }

    // MARK: Threads

    /// Runs `work` on a thread of the pool. `NIOThreadPool.runIfActive` would keep the place of a
    /// cancelled task until its turn comes; here it is free at once.
    private func run<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enqueue(
                    Job(
                        id: id,
                        run: { continuation.resume(with: Swift.Result(catching: work)) },
                        fail: { continuation.resume(throwing: $0) }))
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func enqueue(_ job: Job) {
        enum Place { case thread, queue, refused(any Error) }
        let place: Place = state.withLock { state in
            // One that is cancelled after this look finds its job among those that wait.
            if Task.isCancelled { return .refused(CancellationError()) }
            if state.isClosed { return .refused(Failure.closed) }
            if state.busyThreads < threads.numberOfThreads {
                state.busyThreads += 1
                return .thread
            }
            guard state.waiting.count < waitingLimit else { return .refused(Failure.busy) }
            state.waiting.append(job)
            return .queue
        }
        switch place {
        case .thread:
            threads.submit { [self] poolState in
                guard poolState == .active else { return job.fail(Failure.closed) }
                job.run()
                drain()
            }
        case .queue: break
        case .refused(let error): job.fail(error)
        }
    }

    /// Runs what waits, one after the other, until nothing does.
    private func drain() {
        while true {
            let next: Job? = state.withLock { state in
                if state.waiting.isEmpty {
                    state.busyThreads -= 1
                    return nil
                }
                return state.waiting.removeFirst()
            }
            guard let next else { return }
            next.run()
        }
    }

    private func cancel(_ id: UInt64) {
        let job: Job? = state.withLock { state in
            state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
        }
        job?.fail(CancellationError())
    }
}
