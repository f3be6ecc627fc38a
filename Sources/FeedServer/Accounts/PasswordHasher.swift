import Crypto
import NIOCore
import NIOPosix
import Synchronization

/// Hashes and verifies passwords on threads of its own, few at once and with few waiting.
///
/// A hash is slow and takes ``ScryptParameters/standard``'s 32 MiB by design: on an event loop it would
/// hold up every request, and as many at once as there are requests would take all memory. What waits takes
/// turns by its client's address (``FairQueue``): one that keeps the threads busy holds up another's
/// password for no longer than one of its own takes.
final class PasswordHasher: Sendable {
    /// Passwords that may wait for a thread; one more is refused as busy. At 0.3 s each and
    /// one thread, the last of them waits for about 20 s.
    static let maximumWaiting = 32

    /// Of them, those of one address; an IPv6 network of 64 bits is one.
    static let maximumWaitingForClient = 16

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
        /// Too many are waiting already, of this address or of all together. Also thrown for one that has
        /// waited, when its place goes to an address with fewer.
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

    private let parameters: ScryptParameters
    private let derive: Derivation
    private let threads: NIOThreadPool
    private let state: Mutex<State>
    /// Stands for the hash of an account that does not exist.
    private let noHash: PasswordHash

    /// - Parameters:
    ///   - parameters: of new hashes, within the bounds of ``ScryptParameters``.
    ///   - threads: passwords hashed at once.
    ///   - waitingLimit: passwords that may wait.
    ///   - clientLimit: of them, those of one address.
    ///   - derive: for tests, which count derivations and not time.
    init(
        parameters: ScryptParameters = .standard, threads: Int = PasswordHasher.defaultThreads,
        waitingLimit: Int = PasswordHasher.maximumWaiting,
        clientLimit: Int = PasswordHasher.maximumWaitingForClient,
        derive: @escaping Derivation = { try $2.deriveKey(from: $0, salt: $1) }
    ) {
        precondition(parameters.isWithinBounds, "parameters that could not be read again")
        self.parameters = parameters
        self.derive = derive
        state = Mutex(State(waiting: FairQueue(capacity: waitingLimit, share: clientLimit)))
        self.threads = NIOThreadPool(numberOfThreads: threads)
        noHash = PasswordHash(
            parameters: parameters, salt: [UInt8](repeating: 0, count: PasswordHash.saltBytes),
            key: SymmetricKey(data: [UInt8](repeating: 0, count: PasswordHash.keyBytes)))
        self.threads.start()
    }

    /// Hashes a password with a new salt.
    ///
    /// - Parameter client: whose turn it takes.
    /// - Returns: what is stored, ``PasswordHash/phcString``.
    /// - Throws: ``Failure``, or `CancellationError` when the task was cancelled before its turn.
    func hash(_ password: String, for client: ClientAddress) async throws -> String {
        let password = password.preparedAsPassword
        return try await run(for: client) { [parameters, derive] in
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
    /// - Parameters:
    ///   - stored: `nil` where there is no such account. The answer is ``Verdict/wrong`` then, for the
    ///     same work as with a wrong password and today's parameters: how long it takes does not tell
    ///     who has an account.
    ///   - client: whose turn it takes.
    /// - Throws: ``Failure``, or `CancellationError` when the task was cancelled before its turn.
    func verify(
        _ password: String, against stored: String?, for client: ClientAddress
    ) async throws -> Verdict {
        let hash: PasswordHash
        if let stored {
            guard let parsed = PasswordHash(phcString: stored) else { throw Failure.unreadableHash }
            hash = parsed
        } else {
            hash = noHash
        }
        let password = password.preparedAsPassword
        return try await run(for: client) { [parameters, derive] in
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
            return state.waiting.removeAll()
        }
        for job in refused { job.fail(Failure.closed) }
        try await threads.shutdownGracefully()
    }

    // MARK: Threads

    /// Runs `work` on a thread of the pool. `NIOThreadPool.runIfActive` would keep the place of a
    /// cancelled task until its turn comes; here it is free at once.
    private func run<Result: Sendable>(
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
