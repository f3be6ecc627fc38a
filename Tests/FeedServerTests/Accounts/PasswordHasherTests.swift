import Crypto
import Synchronization
import TestSupport
import Testing

@testable import FeedServer

/// Where a password is never hashed, a test ends by its time limit.
@Suite("Password hasher", .timeLimit(.minutes(60)))
struct PasswordHasherTests {
    /// Stands for scrypt: fast, tells of each derivation, and can be held up.
    private final class Derivations: Sendable {
        struct Derivation: Equatable {
            let password: [UInt8]
            let parameters: ScryptParameters
        }

        private struct State {
            var all: [Derivation] = []
            var running = 0
            var mostRunning = 0
        }

        private let state = Mutex(State())
        private let hold = ThreadHold()
        private let isHeldUp: Bool

        init(isHeldUp: Bool = false) {
            self.isHeldUp = isHeldUp
        }

        var all: [Derivation] { state.withLock { $0.all } }
        var passwords: [String] { all.map { String(decoding: $0.password, as: UTF8.self) } }
        var mostRunning: Int { state.withLock { $0.mostRunning } }

        func derive(
            _ password: [UInt8], _ salt: [UInt8], _ parameters: ScryptParameters
        ) throws -> SymmetricKey {
            state.withLock { state in
                state.all.append(Derivation(password: password, parameters: parameters))
                state.running += 1
                state.mostRunning = max(state.mostRunning, state.running)
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

    private static let parameters = ScryptParameters(log2N: 11, parallelism: 1)

    private func withHasher(
        _ derivations: Derivations, parameters: ScryptParameters = parameters, threads: Int = 1,
        waitingLimit: Int = 64, _ body: (PasswordHasher) async throws -> Void
    ) async throws {
        let hasher = PasswordHasher(
            parameters: parameters, threads: threads, waitingLimit: waitingLimit,
            derive: derivations.derive)
        do {
            try await body(hasher)
        } catch {
            derivations.releaseAll()
            try await hasher.close()
            throw error
        }
        derivations.releaseAll()
        try await hasher.close()
    }

    @Test("Verifies what it has hashed, with scrypt itself")
    func scrypt() async throws {
        let hasher = PasswordHasher(parameters: ScryptParameters(log2N: 10, parallelism: 1), threads: 1)

        let stored = try await hasher.hash("correct horse")

        #expect(stored.hasPrefix("$scrypt$ln=10,r=8,p=1$"))
        #expect(try await hasher.verify("correct horse", against: stored) == .right)
        #expect(try await hasher.verify("correct hors", against: stored) == .wrong)
        #expect(try await hasher.verify("", against: stored) == .wrong)
        try await hasher.close()
    }

    @Test("Each hash has a salt of its own")
    func salts() async throws {
        try await withHasher(Derivations()) { hasher in
            let first = try await hasher.hash("secret")
            let second = try await hasher.hash("secret")
            #expect(first != second)
        }
    }

    @Test("The same password typed on two systems is right")
    func normalisation() async throws {
        try await withHasher(Derivations()) { hasher in
            let stored = try await hasher.hash("Zo\u{eb} is here")
            #expect(try await hasher.verify("Zoe\u{308} is here", against: stored) == .right)
        }
    }

    @Test("An unknown account costs the same one derivation as a wrong password")
    func unknownAccount() async throws {
        let derivations = Derivations()
        try await withHasher(derivations) { hasher in
            let stored = try await hasher.hash("secret")
            let before = derivations.all.count

            #expect(try await hasher.verify("guess", against: stored) == .wrong)
            #expect(try await hasher.verify("guess", against: nil) == .wrong)

            let derived = derivations.all[before...]
            #expect(derived.count == 2)
            #expect(derived.first == derived.last)
            #expect(derived.first?.parameters == Self.parameters)
        }
    }

    @Test("No password is right for an unknown account, whatever it derives to")
    func unknownAccountNeverMatches() async throws {
        let zeros = [UInt8](repeating: 0, count: PasswordHash.keyBytes)
        let hasher = PasswordHasher(threads: 1, derive: { _, _, _ in SymmetricKey(data: zeros) })

        #expect(try await hasher.verify("secret", against: nil) == .wrong)

        try await hasher.close()
    }

    @Test("A right password under other parameters is outdated, a wrong one is wrong")
    func outdated() async throws {
        let derivations = Derivations()
        var stored = ""
        try await withHasher(derivations, parameters: ScryptParameters(log2N: 10, parallelism: 1)) {
            stored = try await $0.hash("secret")
        }
        try await withHasher(derivations) { hasher in
            let right = try await hasher.verify("secret", against: stored)
            let wrong = try await hasher.verify("guess", against: stored)
            #expect((right, wrong) == (.outdated, .wrong))
        }
    }

    @Test("A damaged hash is an error, and costs nothing", arguments: ["", "secret", "$2b$12$abc"])
    func damage(stored: String) async throws {
        let derivations = Derivations()
        try await withHasher(derivations) { hasher in
            await #expect(throws: PasswordHasher.Failure.unreadableHash) {
                try await hasher.verify("secret", against: stored)
            }
        }
        #expect(derivations.all.isEmpty)
    }

    @Test("An error of the derivation reaches its caller, and the thread goes on")
    func derivationError() async throws {
        try await withHasher(Derivations()) { hasher in
            await #expect(throws: CryptoKitError.self) { try await hasher.hash("too large") }
            let stored = try await hasher.hash("secret")
            #expect(stored.hasPrefix("$scrypt$"))
        }
    }

    @Test("Hashes no more at once than it has threads, and all in the end")
    func threads() async throws {
        let derivations = Derivations(isHeldUp: true)
        try await withHasher(derivations, threads: 2) { hasher in
            try await withThrowingTaskGroup(of: String.self) { group in
                for index in 0..<6 { group.addTask { try await hasher.hash("secret \(index)") } }
                try await derivations.waiting(4, for: hasher)
                try await derivations.begun(2)
                derivations.release(6)
                let hashes = try await group.reduce(into: Set()) { $0.insert($1) }
                #expect(hashes.count == 6)
            }
        }
        #expect(derivations.mostRunning == 2)
        #expect(derivations.all.count == 6)
    }

    @Test("Refuses one more than may wait, and takes it when there is room again")
    func busy() async throws {
        let derivations = Derivations(isHeldUp: true)
        try await withHasher(derivations, waitingLimit: 2) { hasher in
            async let first = hasher.hash("first")
            try await derivations.begun(1)
            async let second = hasher.hash("second")
            async let third = hasher.verify("third", against: nil)
            try await derivations.waiting(2, for: hasher)

            await #expect(throws: PasswordHasher.Failure.busy) { try await hasher.hash("fourth") }
            await #expect(throws: PasswordHasher.Failure.busy) {
                try await hasher.verify("fifth", against: nil)
            }

            derivations.release()
            _ = try await first
            try await derivations.waiting(1, for: hasher)
            async let sixth = hasher.hash("sixth")
            try await derivations.waiting(2, for: hasher)
            derivations.release(3)
            _ = try await (second, third, sixth)
        }
        #expect(derivations.all.count == 4)
        #expect(derivations.passwords.first == "first")
        #expect(derivations.passwords.last == "sixth")
    }

    @Test("A task cancelled while it waits leaves its place at once, and is not hashed")
    func cancellationInQueue() async throws {
        let derivations = Derivations(isHeldUp: true)
        try await withHasher(derivations, waitingLimit: 1) { hasher in
            async let first = hasher.hash("first")
            try await derivations.begun(1)
            let cancelled = Task { try await hasher.hash("cancelled") }
            try await derivations.waiting(1, for: hasher)

            cancelled.cancel()

            // While the first is still being hashed.
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            #expect(hasher.waitingCount == 0)
            async let next = hasher.hash("next")
            try await derivations.waiting(1, for: hasher)
            derivations.release(2)
            _ = try await (first, next)
        }
        #expect(derivations.passwords == ["first", "next"])
    }

    @Test("A task that is cancelled already is not hashed")
    func cancellationBefore() async throws {
        let derivations = Derivations()
        try await withHasher(derivations) { hasher in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await hasher.hash("secret")
            }
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(derivations.all.isEmpty)
    }

    @Test("Closing finishes what is being hashed, and refuses the rest")
    func closing() async throws {
        let derivations = Derivations(isHeldUp: true)
        try await withHasher(derivations) { hasher in
            async let first = hasher.hash("first")
            try await derivations.begun(1)
            let waiting = Task { try await hasher.hash("waiting") }
            try await derivations.waiting(1, for: hasher)

            async let closed: Void = hasher.close()

            await #expect(throws: PasswordHasher.Failure.closed) { try await waiting.value }
            await #expect(throws: PasswordHasher.Failure.closed) { try await hasher.hash("late") }
            derivations.release()
            #expect(try await first.hasPrefix("$scrypt$"))
            try await closed
        }
        #expect(derivations.passwords == ["first"])
    }
}
