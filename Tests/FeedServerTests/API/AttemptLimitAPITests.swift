import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// How many passwords may be tried over HTTP, and how many accounts registered.
struct AttemptLimitAPITests {
    @Test func anAccountTakesSoManyWrongPasswords() async throws {
        try await TestServer.runEmpty(settings: [.attemptsPerAccount: "3"]) { server, _ in
            let user = try await server.makeUser("somebody")
            let other = try await server.makeUser("other")
            // Also an account that is not there: nobody learns whether it is.
            for email in [user.email, "nobody@example.com"] {
                for _ in 0..<3 {
                    try await server.logIn(email: email, password: "wrong")
                        .expectProblem(401, "unauthorized", email)
                }
                for spelling in [email, email.uppercased()] {
                    expectLimited(try await server.logIn(email: spelling), spelling)
                }
            }
            // The way round it is limited as well.
            let change = try await server.send(
                .PATCH, "/api/users/\(user.id)",
                json: ["password": "a new password", "current_password": TestUser.password],
                token: user.token)
            expectLimited(change, "PATCH")
            // Others are not held up, nor is who is logged in.
            #expect(try await server.logIn(email: other.email).status == 200)
            #expect(try await server.get("/api/users/me", headers: user.headers).status == 200)
            let rename = try await server.send(
                .PATCH, "/api/users/\(user.id)", json: ["username": "renamed"], token: user.token)
            #expect(rename.status == 200)
        }
    }

    /// U+212A KELVIN SIGN is a `k` in Unicode's lower case, and U+017F an `s` in its upper case. Attempts with them
    /// were counted for an address of ASCII where nobody had that, and answers told so.
    @Test func whatIsCountedTellsNothingOfAnAccount() async throws {
        try await TestServer.runEmpty(settings: [.attemptsPerAccount: "3"]) { server, _ in
            _ = try await server.makeUser("kim.s")
            var statuses: [[Int]] = []
            for name in ["kim.s", "kay.s"] {
                var seen: [Int] = []
                for spelling in ["\u{212A}\(name.dropFirst())", "\(name.dropLast())\u{17F}", name] {
                    for _ in 0..<4 {
                        let email = "\(spelling)@example.com"
                        seen.append(try await server.logIn(email: email, password: "wrong").status)
                    }
                }
                statuses.append(seen)
            }
            let each = [401, 401, 401, 429]
            #expect(statuses == [each + each + each, each + each + each])
        }
    }

    @Test func wrongCurrentPasswordsAreCountedToo() async throws {
        try await TestServer.runEmpty(settings: [.attemptsPerAccount: "3"]) { server, _ in
            let user = try await server.makeUser("somebody")
            let path = "/api/users/\(user.id)"
            let wrong = ["current_password": "a wrong password"]
            for (method, fields) in [
                (HTTPMethod.PATCH, ["password": "a new password"]), (.PATCH, ["email": "new@example.com"]),
                (.DELETE, [:]),
            ] {
                let json = fields.merging(wrong) { $1 }
                let reply = try await server.send(method, path, json: json, token: user.token)
                reply.expectProblem(403, "forbidden", "\(method) \(fields)")
            }
            expectLimited(try await server.logIn(email: user.email), "log in")
            for (method, fields) in [(HTTPMethod.PATCH, ["email": "new@example.com"]), (.DELETE, [:])] {
                let json = fields.merging(["current_password": TestUser.password]) { $1 }
                expectLimited(
                    try await server.send(method, path, json: json, token: user.token), "\(method)")
            }
            // Without any, there is nothing to count.
            let missing = try await server.send(.DELETE, path, headers: user.headers)
            missing.expectProblem(403, "forbidden")
        }
    }

    @Test func rightPasswordsUseLittleUpAndNothingOfTheAccounts() async throws {
        try await TestServer.runEmpty(settings: [.attemptsPerAccount: "3", .attemptsPerAddress: "6"]) {
            server, _ in
            // One of the address's, and a tenth.
            let user = try await server.makeUser("somebody")
            func logIn(_ password: String) async throws -> Int {
                try await server.logIn(email: user.email, password: password).status
            }
            for _ in 0..<8 { #expect(try await logIn(TestUser.password) == 200) }
            for _ in 0..<2 { #expect(try await logIn("wrong") == 401) }
            for _ in 0..<4 { #expect(try await logIn(TestUser.password) == 200) }
            #expect(try await logIn("wrong") == 401)
            #expect(try await logIn(TestUser.password) == 429)
        }
    }

    /// Without an end of it, one address kept the hasher busy for good.
    @Test func anAddressDoesNotLogInForEver() async throws {
        try await TestServer.runEmpty(settings: [.attemptsPerAddress: "4", .trustedProxies: "1"]) {
            server, _ in
            let users = [try await server.makeUser("one"), try await server.makeUser("other")]
            func logIn(_ number: Int, from address: String) async throws -> TestServer.Reply {
                try await server.send(
                    .POST, "/api/users/token",
                    form: ["username": users[number % 2].email, "password": TestUser.password],
                    headers: ["X-Forwarded-For": address])
            }
            // Three whole ones and a tenth of the fourth; more if the clock goes on meanwhile.
            var count = 0
            var reply = try await logIn(count, from: "192.0.2.1")
            while reply.status == 200, count < 200 {
                count += 1
                reply = try await logIn(count, from: "192.0.2.1")
            }
            expectLimited(reply, "after \(count)")
            #expect(count >= 31)
            // The accounts can be used from elsewhere.
            for number in 0..<2 { #expect(try await logIn(number, from: "192.0.2.2").status == 200) }
        }
    }

    @Test func anAddressSendsSoManyWrongPasswords() async throws {
        try await TestServer.runEmpty(settings: [.attemptsPerAddress: "5"]) { server, _ in
            // With the one of making the user, ten right log-ins, which count as one; and the registration.
            let user = try await server.makeUser("somebody")
            for _ in 0..<9 { #expect(try await server.logIn(email: user.email).status == 200) }
            for number in 0..<3 {
                try await server.logIn(email: "nobody\(number)@example.com", password: "wrong")
                    .expectProblem(401, "unauthorized")
            }
            expectLimited(try await server.logIn(email: user.email), "log in")
            expectLimited(
                try await server.send(.POST, "/api/users", json: TestUser.registration("another")), "register"
            )
            #expect(try await server.get("/api/users/me", headers: user.headers).status == 200)
        }
    }

    @Test func anAddressRegistersSoOften() async throws {
        try await TestServer.runEmpty(settings: [.attemptsPerAddress: "3"]) { server, _ in
            // What is refused at sight is not counted.
            for _ in 0..<5 {
                let reply = try await server.send(.POST, "/api/users", json: ["username": "a"])
                reply.expectProblem(422, "validation")
            }
            // A name that is taken is: it tells who has an account.
            for (number, status) in [201, 409, 201].enumerated() {
                let name = number == 1 ? "name0" : "name\(number)"
                let reply = try await server.send(.POST, "/api/users", json: TestUser.registration(name))
                #expect(reply.status == status)
            }
            let limited = try await server.send(.POST, "/api/users", json: TestUser.registration("name3"))
            expectLimited(limited, "register")
            #expect(try await server.get("/api/users").ids.count == 2)
        }
    }

    @Test func nobodyIsBelievedWhoseAddressOneIs() async throws {
        try await TestServer.runEmpty(settings: [.attemptsPerAddress: "2"]) { server, _ in
            for number in 1...2 {
                #expect(try await wrongPassword(server, forwardedFor: "192.0.2.\(number)").status == 401)
            }
            expectLimited(try await wrongPassword(server, forwardedFor: "192.0.2.3"), "another address")
            expectLimited(try await wrongPassword(server, forwardedFor: nil), "no address")
        }
    }

    @Test func aTrustedProxyIsBelievedWhoseAddressOneIs() async throws {
        try await TestServer.runEmpty(settings: [.attemptsPerAddress: "2", .trustedProxies: "1"]) {
            server, _ in
            // What stands before the proxy's own word is the client's.
            for invented in ["", "198.51.100.1, "] {
                let reply = try await wrongPassword(server, forwardedFor: "\(invented)192.0.2.1")
                #expect(reply.status == 401)
            }
            expectLimited(try await wrongPassword(server, forwardedFor: "192.0.2.1"), "the same")
            expectLimited(
                try await wrongPassword(server, forwardedFor: "192.0.2.2, 192.0.2.1"),
                "the same behind another")
            #expect(try await wrongPassword(server, forwardedFor: "192.0.2.2").status == 401)
            // A client that has come round the proxy.
            #expect(try await wrongPassword(server, forwardedFor: nil).status == 401)
        }
    }

    // MARK: Parts

    /// Tries the password of another account each time.
    private func wrongPassword(
        _ server: TestServer, forwardedFor address: String?
    ) async throws -> TestServer.Reply {
        try await server.send(
            .POST, "/api/users/token",
            form: ["username": "\(UUID())@example.com", "password": "wrong"],
            headers: address.map { ["X-Forwarded-For": $0] } ?? [:])
    }

    private func expectLimited(
        _ reply: TestServer.Reply, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        reply.expectProblem(429, "rate-limited", what, sourceLocation: sourceLocation)
        let seconds = reply.header("Retry-After").flatMap { Int($0) } ?? 0
        #expect((1...600).contains(seconds), "\(what)", sourceLocation: sourceLocation)
    }
}
