import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// One address that keeps the hasher busy, with passwords that are right, and everybody else.
struct LogInFairnessTests {
    private static let attacker = "192.0.2.1"
    private static let victim = "192.0.2.2"

    private func logIn(_ name: String, on server: TestServer, from address: String) async throws -> Int {
        try await server.send(
            .POST, "/api/users/token",
            form: ["username": "\(name)@example.com", "password": "the password of \(name)"],
            headers: ["X-Forwarded-For": address]
        ).status
    }

    /// Runs a server whose only hasher is held up once the users are there.
    private func run(
        users: [String], _ body: (TestServer, PasswordHasher, Derivations) async throws -> Void
    ) async throws {
        let derivations = Derivations()
        let hasher = PasswordHasher(threads: 1, derive: derivations.derive)
        let folder = try TemporaryFolder(isInMemory: true)
        try await TestServer.run(
            settings: [.trustedProxies: "1"], database: folder.path("feed.sqlite"), passwords: hasher
        ) { server in
            for name in users {
                var registration = TestUser.registration(name)
                registration["password"] = "the password of \(name)"
                #expect(try await server.send(.POST, "/api/users", json: registration).status == 201)
            }
            derivations.holdUp()
            // What is held up has to end before the server can.
            defer { derivations.releaseAll() }
            try await body(server, hasher, derivations)
        }
    }

    /// Five accounts of one's own and nine loops: the victim waited for all of them.
    @Test func aLogInWaitsForOneOfAnotherAddressAtMost() async throws {
        let accounts = (1...5).map { "attacker\($0)" }
        try await run(users: accounts + ["victim"]) { server, hasher, derivations in
            let before = derivations.all.count
            let isOver = Watched(false)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for loop in 0..<9 {
                    group.addTask {
                        repeat {
                            _ = try await logIn(accounts[loop % 5], on: server, from: Self.attacker)
                        } while !isOver.value
                    }
                }
                try await derivations.begun(1)
                try await derivations.waiting(8, for: hasher)
                async let status = logIn("victim", on: server, from: Self.victim)
                try await derivations.waiting(9, for: hasher)

                // That which was being derived, and one more.
                derivations.release(2)
                try await derivations.begun(3)

                let derived = derivations.passwords.dropFirst(before)
                #expect(derived.last == "the password of victim")
                isOver.update { $0 = true }
                derivations.releaseAll()
                #expect(try await status == 200)
                try await group.waitForAll()
            }
        }
    }

    @Test func oneAddressTakesHalfOfThePlaces() async throws {
        try await run(users: ["attacker", "victim"]) { server, hasher, derivations in
            let most = PasswordHasher.maximumWaitingForClient
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0...most {
                    group.addTask { try await logIn("attacker", on: server, from: Self.attacker) }
                }
                try await derivations.begun(1)
                try await derivations.waiting(most, for: hasher)

                #expect(try await logIn("attacker", on: server, from: Self.attacker) == 503)
                async let status = logIn("victim", on: server, from: Self.victim)
                try await derivations.waiting(most + 1, for: hasher)

                derivations.releaseAll()
                #expect(try await status == 200)
                for try await status in group { #expect(status == 200) }
            }
        }
    }
}
