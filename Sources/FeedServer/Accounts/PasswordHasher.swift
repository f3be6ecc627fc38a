import Crypto
import NIOCore

/// Hashes and verifies passwords on threads of its own, few at once and with few waiting.
///
/// A hash is slow and takes ``ScryptParameters/standard``'s 32 MiB by design: on an event loop it would
/// hold up every request, and as many at once as there are requests would take all memory. What waits takes
/// turns by its client's address (``FairThreadPool``).
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

    private let parameters: ScryptParameters
    private let derive: Derivation
    private let threads: FairThreadPool
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
        self.threads = FairThreadPool(threads: threads, waitingLimit: waitingLimit, clientLimit: clientLimit)
        noHash = PasswordHash(
            parameters: parameters, salt: [UInt8](repeating: 0, count: PasswordHash.saltBytes),
            key: SymmetricKey(data: [UInt8](repeating: 0, count: PasswordHash.keyBytes)))
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
    var waitingCount: Int { threads.waitingCount }

    /// Finishes what is being hashed; refuses what waits and what comes later.
    ///
    /// It must be called before the hasher is let go of.
    func close() async throws {
        try await threads.close()
    }

    // MARK: Parts

    private func run<Result: Sendable>(
        for client: ClientAddress, _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        do {
            return try await threads.run(for: client, work)
        } catch let failure as FairThreadPool.Failure {
            throw failure == .busy ? Failure.busy : .closed
        }
    }
}
