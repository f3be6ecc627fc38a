import Crypto
import Synchronization
import TestSupport

@testable import FeedServer

/// Stands for scrypt: fast, tells of each derivation, and can be held up.
final class Derivations: Sendable {
    struct Derivation: Equatable {
        let password: [UInt8]
        let parameters: ScryptParameters
    }

    private struct State {
        var all: [Derivation] = []
        var running = 0
        var mostRunning = 0
        var isHeldUp: Bool
    }

    private let state: Mutex<State>
    private let hold = ThreadHold()

    init(isHeldUp: Bool = false) {
        state = Mutex(State(isHeldUp: isHeldUp))
    }

    /// From now on each derivation waits to be released.
    func holdUp() {
        state.withLock { $0.isHeldUp = true }
    }

    var all: [Derivation] { state.withLock { $0.all } }
    var passwords: [String] { all.map { String(decoding: $0.password, as: UTF8.self) } }
    var mostRunning: Int { state.withLock { $0.mostRunning } }

    func derive(
        _ password: [UInt8], _ salt: [UInt8], _ parameters: ScryptParameters
    ) throws -> SymmetricKey {
        let isHeldUp = state.withLock { state in
            state.all.append(Derivation(password: password, parameters: parameters))
            state.running += 1
            state.mostRunning = max(state.mostRunning, state.running)
            return state.isHeldUp
        }
        defer { state.withLock { $0.running -= 1 } }
        if isHeldUp { hold.hold() }
        if password == Array("too large".utf8) { throw CryptoKitError.incorrectKeySize }
        return SymmetricKey(data: SHA256.hash(data: password + salt + [UInt8(parameters.log2N)]))
    }

    func release(_ count: Int = 1) {
        hold.release(count)
    }

    /// More than any test derives.
    func releaseAll() {
        hold.release(100)
    }

    /// Returns when so many have begun that are held up, those that have gone on included.
    func begun(_ count: Int) async throws {
        try await releasingOnFailure { try await hold.arrived(count) }
    }

    /// Returns when so many passwords wait for a thread.
    func waiting(_ count: Int, for hasher: PasswordHasher) async throws {
        try await releasingOnFailure {
            try await waitUntil("\(count) waiting passwords", last: { "\(hasher.waitingCount)" }) {
                hasher.waitingCount == count
            }
        }
    }

    /// What is held up has to end before a test can.
    private func releasingOnFailure(_ wait: () async throws -> Void) async throws {
        do {
            try await wait()
        } catch {
            releaseAll()
            throw error
        }
    }
}
