import Crypto
import Synchronization
import TestSupport
import Testing

@testable import FeedServer

/// Where a password is never hashed, a test ends by its time limit.
@Suite("Password hasher", .timeLimit(.minutes(60)))
struct PasswordHasherTests {
    private static let parameters = ScryptParameters(log2N: 11, parallelism: 1)

    private func withHasher(
        _ derivations: Derivations, parameters: ScryptParameters = parameters, threads: Int = 1,
        waitingLimit: Int = 64, clientLimit: Int = 64, _ body: (PasswordHasher) async throws -> Void
    ) async throws {
        let hasher = PasswordHasher(
            parameters: parameters, threads: threads, waitingLimit: waitingLimit,
            clientLimit: clientLimit, derive: derivations.derive)
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

    // MARK: Fairness

    private func client(_ number: Int) throws -> ClientAddress {
        try #require(ClientAddress("192.0.2.\(number)"))
    }

    @Test("Addresses take turns, however many passwords one of them has waiting")
    func turns() async throws {
        let derivations = Derivations(isHeldUp: true)
        let (loud, quiet) = (try client(1), try client(2))
        try await withHasher(derivations) { hasher in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...9 {
                    group.addTask { _ = try await hasher.hash("loud", for: loud) }
                    try await derivations.begun(1)
                    try await derivations.waiting(number - 1, for: hasher)
                }
                group.addTask { _ = try await hasher.hash("quiet", for: quiet) }
                try await derivations.waiting(9, for: hasher)
                derivations.release(10)
                try await group.waitForAll()
            }
        }
        // Behind the one that was being hashed and one more.
        #expect(derivations.passwords.prefix(3) == ["loud", "loud", "quiet"])
    }

    @Test("One address takes a part of the places, a /64 of IPv6 like one")
    func share() async throws {
        let derivations = Derivations(isHeldUp: true)
        let networks = try ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"].map {
            try #require(ClientAddress($0))
        }
        try await withHasher(derivations, waitingLimit: 3, clientLimit: 1) { hasher in
            async let first = hasher.hash("first", for: networks[0])
            try await derivations.begun(1)
            async let second = hasher.hash("second", for: networks[0])
            try await derivations.waiting(1, for: hasher)

            await #expect(throws: PasswordHasher.Failure.busy) {
                try await hasher.hash("refused", for: networks[1])
            }
            async let third = hasher.verify("third", against: nil, for: networks[2])
            try await derivations.waiting(2, for: hasher)

            derivations.release(3)
            _ = try await (first, second, third)
        }
        #expect(derivations.passwords == ["first", "second", "third"])
    }

    @Test("Where all places are taken, the address with the most gives one up")
    func eviction() async throws {
        let derivations = Derivations(isHeldUp: true)
        let (loud, quiet) = (try client(1), try client(2))
        try await withHasher(derivations, waitingLimit: 2) { hasher in
            async let first = hasher.hash("first", for: loud)
            try await derivations.begun(1)
            async let second = hasher.hash("second", for: loud)
            try await derivations.waiting(1, for: hasher)
            let last = Task { try await hasher.hash("last", for: loud) }
            try await derivations.waiting(2, for: hasher)

            async let fourth = hasher.hash("fourth", for: quiet)

            await #expect(throws: PasswordHasher.Failure.busy) { try await last.value }
            derivations.release(3)
            _ = try await (first, second, fourth)
        }
        #expect(derivations.passwords == ["first", "second", "fourth"])
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

extension PasswordHasher {
    /// As of a client that is of no interest.
    fileprivate func hash(_ password: String) async throws -> String {
        try await hash(password, for: .unknown)
    }

    fileprivate func verify(_ password: String, against stored: String?) async throws -> Verdict {
        try await verify(password, against: stored, for: .unknown)
    }
}
