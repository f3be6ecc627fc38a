import FeedStore
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// Which passwords nobody may choose, because they are guessed first.
struct CommonPasswordsTests {
    private static let names = ["noor.haddad", "noor@example.org"]

    private func issue(_ password: String) -> String? {
        CommonPasswords.issue(with: password, of: Self.names)
    }

    // MARK: The list

    /// As `scripts/common-passwords` makes it: what is searched has to be in order.
    @Test func theListIsOfDistinctFingerprintsInTheirOrder() {
        let bytes = Array(CommonPasswords.list.utf8)
        let entries = stride(from: 0, to: bytes.count, by: 8).map {
            Array(bytes[$0..<min($0 + 8, bytes.count)])
        }
        #expect((10_000...30_000).contains(entries.count))
        #expect(entries.allSatisfy { $0.count == 8 })
        #expect(zip(entries, entries.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
    }

    @Test(arguments: [
        "password", "12345678", "123456789", "password1", "password123", "qwertyuiop", "iloveyou", "sunshine",
        "letmein123", "11111111", "00000000", "1q2w3e4r", "football", "princess1", "trustno1",
    ])
    func whatManyHaveIsRefused(password: String) {
        #expect(issue(password)?.contains("most common") == true)
        #expect(issue(password.uppercased()) != nil)
        #expect(issue(password + "-and-then-some") == nil)
    }

    /// As the password is prepared, in which Kelvin's sign becomes a `K` and a wide space a space.
    @Test func whatLooksDifferentAndIsPreparedAlikeIsRefused() {
        #expect(issue("\u{212A}eyboard") != nil)
        #expect(CommonPasswords.issue(with: "\u{212A}arin.berg", of: ["karin.berg"]) != nil)
    }

    @Test(arguments: [
        "correct horse battery", "nine days of rain", "feed-server-sample", "for-benchmarks-only",
        "пароль-который",
        "🎈\u{301}🎈\u{301}🎈\u{301}🎈\u{301}",
    ])
    func anythingElseMayBeChosen(password: String) {
        #expect(issue(password) == nil)
    }

    /// It is refused for its length, and is never prepared.
    @Test func whatIsOutOfBoundsIsNotLookedAt() {
        #expect(issue("qwerty") == nil)
        #expect(issue("a" + String(repeating: "\u{316}\u{300}", count: 100_000)) == nil)
    }

    @Test(arguments: ["noor.haddad", "Noor.Haddad", "noor@example.org", "NOOR@EXAMPLE.ORG"])
    func whatTheAccountIsCalledIsRefused(password: String) {
        #expect(issue(password)?.contains("must not be the username or the e-mail address") == true)
        #expect(CommonPasswords.issue(with: password, of: ["ann", "ann@example.org"]) == nil)
    }

    // MARK: Over HTTP

    @Test func nobodyRegistersWithOne() async throws {
        try await TestServer.runEmpty { server, _ in
            var fields = TestUser.registration("noor.haddad")
            for password in ["password123", "PassWord123", "noor.haddad", "Noor.Haddad@Example.com"] {
                fields["password"] = password
                let reply = try await server.send(.POST, "/api/users", json: fields)
                reply.expectProblem(422, "validation", naming: ["password"], password)
                #expect(reply.bodyText.contains("take a few words"))
            }
            // All that is wrong is said at once.
            fields["username"] = "no spaces"
            let reply = try await server.send(.POST, "/api/users", json: fields)
            reply.expectProblem(422, "validation", naming: ["username", "password"])
            #expect(try await server.get("/api/users").ids.isEmpty)
        }
    }

    @Test func nobodyChangesToOne() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("noor.haddad")
            let path = "/api/users/\(user.id)"
            let changes: [[String: String]] = [
                ["password": "password123"], ["password": user.email], ["password": user.username],
                // What it will be called counts.
                ["password": "somebody-else", "username": "Somebody-Else"],
            ]
            for var change in changes {
                change["current_password"] = TestUser.password
                let reply = try await server.send(.PATCH, path, json: change, token: user.token)
                reply.expectProblem(422, "validation", naming: ["password"], "\(change)")
            }
            #expect(
                try await server.get("/api/users/me", headers: user.headers).text("username") == user.username
            )
            #expect(try await server.logIn(email: user.email).status == 200)
        }
    }

    /// An account that is older than the list.
    @Test func whoHasOneLogsInAndChangesIt() async throws {
        try await TestServer.runEmpty { server, _ in
            let hash = try await server.parts.workshop.passwords.hash(
                "password123", for: .unknown)
            let account = try await server.parts.accounts.createUser(
                username: "noor", email: "noor@example.com", passwordHash: hash)
            let reply = try await server.logIn(email: "noor@example.com", password: "password123")
            let token = try #require(reply.text("access_token"))
            let changed = try await server.send(
                .PATCH, "/api/users/\(account.user.author.id)",
                json: ["current_password": "password123", "password": TestUser.password], token: token)
            #expect(changed.status == 200)
            #expect(try await server.logIn(email: "noor@example.com").status == 200)
        }
    }
}
