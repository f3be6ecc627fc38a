import FeedStore
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// What is recorded of log-ins and changes of accounts, and what never is.
struct AuditLogTests {
    private static let secret = Array("the secret of a test".utf8)

    /// What a server records while `body` runs, without the times.
    private func recorded(
        settings: [ConfigurationKey: String] = [:], secret: [UInt8] = secret,
        _ body: (TestServer) async throws -> Void
    ) async throws -> [String] {
        let folder = try TemporaryFolder()
        let file = folder.url.appending(path: "audit.log")
        try Data().write(to: file)
        let output = LogOutput(try FileHandle(forWritingTo: file))
        let audit = AuditLog(
            lines: LineBatches(name: "audit", output: output),
            secret: secret, now: { Timestamp(microseconds: 0) })
        try await TestServer.run(
            settings: settings, database: folder.path("feed.sqlite"), audit: audit, body)
        try await output.flush()
        // Every line of the file, whatever a client would like to be one.
        let lines = String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n")
        let start = "1970-01-01T00:00:00.000000Z audit "
        for line in lines { #expect(line.hasPrefix(start), "\(line)") }
        return lines.map { String($0.dropFirst(start.count)) }
    }

    /// With the digest of each address in the place of its name in angle brackets.
    private func filled(_ lines: [String], from recorded: [String], _ names: [String: Int]) -> [String] {
        var digests: [String: String] = [:]
        for (name, index) in names {
            digests[name] = recorded[index].firstMatch(of: /email=(\S+)/).map { String($0.1) }
        }
        return lines.map { line in
            digests.reduce(line) { $0.replacing("<\($1.key)>", with: $1.value) }
        }
    }

    @Test func whatIsDoneThroughTheAPIIsRecorded() async throws {
        var id: Int64 = 0
        let lines = try await recorded { server in
            var user = try await server.makeUser("ann")
            id = user.id
            let path = "/api/users/\(user.id)"
            func change(_ fields: [String: String]) async throws {
                _ = try await server.send(.PATCH, path, json: fields, token: user.token)
            }
            _ = try await server.send(.POST, "/api/users", json: TestUser.registration("ANN"))
            _ = try await server.logIn(email: "Ann@Example.com", password: "wrong")
            _ = try await server.logIn(email: "nobody@example.com", password: "wrong")
            try await change([:])
            try await change(["username": "anna"])
            try await change(["email": "new@example.com"])
            try await change(["password": "another horse", "current_password": "wrong"])
            let current = ["current_password": TestUser.password]
            try await change(current.merging(["email": "new@example.com", "username": "ann"]) { $1 })
            let login = try await server.logIn(email: "new@example.com")
            user.token = try #require(login.text("access_token"))
            try await change(current.merging(["password": "another horse"]) { $1 })
            let again = try await server.logIn(email: "new@example.com", password: "another horse")
            user.token = try #require(again.text("access_token"))
            _ = try await server.send(
                .PATCH, "\(path)/picture", file: TestPicture.png(.red), headers: user.headers)
            _ = try await server.send(.DELETE, path, headers: user.headers)
            _ = try await server.send(
                .DELETE, path, json: ["current_password": "another horse"], token: user.token)
        }
        let client = "client=127.0.0.1"
        let done = "\(client) outcome=success"
        let refused = "\(client) outcome=failure reason=forbidden"
        let expected = [
            "user_created account=\(id) email=<ann> \(done)",
            "authn_login_success account=\(id) email=<ann> \(done)",
            "user_created account=- email=<ann> \(client) outcome=failure reason=conflict",
            "authn_login_fail account=- email=<ann> \(client) outcome=failure reason=unauthorized",
            "authn_login_fail account=- email=<nobody> \(client) outcome=failure reason=unauthorized",
            "user_updated account=\(id) \(done) fields=username",
            "user_updated account=\(id) \(refused) fields=email",
            "authn_password_change_fail account=\(id) \(refused) fields=password",
            "user_updated account=\(id) \(done) fields=username,email",
            "authn_login_success account=\(id) email=<new> \(done)",
            "authn_password_change account=\(id) \(done) fields=password",
            "authn_login_success account=\(id) email=<new> \(done)",
            "user_updated account=\(id) \(done) fields=picture",
            "user_deleted account=\(id) \(refused)", "user_deleted account=\(id) \(done)",
        ]
        try #require(lines.count == expected.count, "\(lines)")
        #expect(lines == filled(expected, from: lines, ["ann": 0, "nobody": 4, "new": 9]))
        let digests = Set(lines.compactMap { $0.firstMatch(of: /email=(\S+)/).map { String($0.1) } })
        #expect(digests.count == 3)
        for digest in digests { #expect(digest.wholeMatch(of: /[A-Za-z0-9_-]{11}/) != nil) }
    }

    @Test func whatIsDoneWithABrowserIsRecorded() async throws {
        var id: Int64 = 0
        let lines = try await recorded { server in
            var client = PageClient(server)
            _ = try await client.post(
                "/register",
                ["username": "ann", "email": "ann@example.com", "password": TestUser.password])
            id = try #require(try await server.get("/api/users").ids.first)
            let user = TestUser(id: id, username: "ann", token: "")
            var elsewhere = PageClient(server)
            _ = try await elsewhere.logIn(user, password: "wrong")
            _ = try await elsewhere.logIn(user)
            let other = try await client.get("/account").page.firstMatch(of: /name="session" value="([^"]*)"/)
            for _ in 0..<2 {
                _ = try await client.post(
                    "/account/sessions/end", ["session": String(try #require(other).1)])
            }
            _ = try await client.post("/account/sessions/end-others")
            _ = try await client.post("/logout")
            _ = try await client.post("/logout")
        }
        let done = "account=\(id) client=127.0.0.1 outcome=success"
        let withEmail = "account=\(id) email=<ann> client=127.0.0.1 outcome=success"
        let expected = [
            "user_created \(withEmail)", "session_created \(done)",
            "authn_login_fail account=- email=<ann> client=127.0.0.1 outcome=failure reason=unauthorized",
            "authn_login_success \(withEmail)", "session_created \(done)",
            "session_expired \(done) sessions=one", "session_expired \(done) sessions=all",
            "session_created \(done)", "session_expired \(done) sessions=logout",
        ]
        try #require(lines.count == expected.count, "\(lines)")
        #expect(lines == filled(expected, from: lines, ["ann": 0]))
    }

    /// The form sends the name and the address with every change.
    @Test func whatAFormSendsUnchangedIsNoChange() async throws {
        let lines = try await recorded(settings: [.attemptsPerAddress: "3"]) { server in
            var client = PageClient(server)
            _ = try await client.post(
                "/register",
                ["username": "ann", "email": "ann@example.com", "password": TestUser.password])
            // More often than a name may be tried.
            for _ in 0..<5 {
                let same = try await client.post(
                    "/account", ["username": "ann", "email": "ann@example.com"])
                #expect(same.status == 303)
            }
            // Another one in any letter.
            let other = try await client.post("/account", ["username": "Ann", "email": "ann@example.com"])
            #expect(other.status == 303)
        }
        #expect(lines.count == 3, "\(lines)")
        #expect(lines.last?.hasPrefix("user_updated ") == true)
        #expect(lines.last?.hasSuffix(" fields=username") == true)
    }

    @Test func tooManyAttemptsAreRecorded() async throws {
        let lines = try await recorded(settings: [.attemptsPerAccount: "1"]) { server in
            let user = try await server.makeUser("ann")
            _ = try await server.logIn(email: user.email, password: "wrong")
            _ = try await server.logIn(email: user.email, password: "wrong")
            _ = try await server.send(
                .DELETE, "/api/users/\(user.id)", json: ["current_password": "wrong"], token: user.token)
            _ = try await server.send(
                .DELETE, "/api/users/\(user.id)", json: ["current_password": "wrong"], token: user.token)
        }
        try #require(lines.count >= 5, "\(lines)")
        #expect(lines[3].hasPrefix("excess_rate_limit_exceeded account=- email="))
        #expect(lines[3].hasSuffix(" outcome=failure reason=rate-limited event=authn_login_fail"))
        #expect(lines.last?.hasPrefix("excess_rate_limit_exceeded account=") == true)
        #expect(lines.last?.hasSuffix(" reason=rate-limited event=user_deleted") == true)
    }

    @Test func nothingThatAClientWritesIsRecorded() async throws {
        let forged = "x\n1970-01-01T00:00:00.000000Z audit user_deleted account=1 client=- outcome=success"
        let lines = try await recorded(settings: [.trustedProxies: "1"]) { server in
            let user = try await server.makeUser("ann")
            for text in [forged, "\u{1B}[31m", "a b=c", String(repeating: "e\u{301}", count: 1_000)] {
                _ = try await server.logIn(email: text, password: text)
                _ = try await server.send(
                    .PATCH, "/api/users/\(user.id)",
                    json: ["email": "e@example.com", "current_password": text], token: user.token)
            }
            for address in ["2001:DB8:0::1", "rubbish audit", "192.0.2.1 account=1"] {
                _ = try await server.send(
                    .POST, "/api/users/token", form: ["username": "x", "password": "y"],
                    headers: ["X-Forwarded-For": address, "User-Agent": "an audit of 1970"])
            }
            _ = try await server.send(
                .PATCH, "/api/users/\(user.id)",
                json: ["password": "another horse", "current_password": TestUser.password], token: user.token)
        }
        #expect(lines.count == 14, "\(lines)")
        let form =
            /[a-z_]+ account=(-|[0-9]+)( email=[A-Za-z0-9_-]{11})? client=[0-9a-f:.]+ outcome=[a-z]+( (reason|fields)=[a-z,-]+)*/
        for line in lines { #expect(line.wholeMatch(of: form) != nil, "\(line)") }
        #expect(lines.contains { $0.contains("client=2001:db8::1 ") })
        let all = lines.joined()
        for text in ["example", "horse", "rubbish", "1970", "wrong"] { #expect(!all.contains(text)) }
    }

    @Test func theDigestOfAnAddressDependsOnTheSecret() async throws {
        func digest(_ secret: String) async throws -> String? {
            let lines = try await recorded(secret: Array(secret.utf8)) { server in
                _ = try await server.logIn(email: "ann@example.com", password: "wrong")
            }
            return lines.first?.firstMatch(of: /email=(\S+)/).map { String($0.1) }
        }
        let first = try await digest("a secret of a test")
        #expect(first != nil)
        #expect(try await digest("a secret of a test") == first)
        #expect(try await digest("another secret of a test") != first)
    }

    @Test func itIsOnUnlessItIsSetOff() async throws {
        for (settings, isOn) in [([:], true), ([ConfigurationKey.auditLog: "false"], false)] {
            let configuration = try await ServerConfiguration(
                arguments: settings, environment: [:], environmentFile: "/nonexistent/.env")
            #expect(configuration.logsAccounts == isOn)
        }
        try await TestServer.runEmpty(settings: [.auditLog: "true"]) { server, _ in
            #expect(server.parts.audit.lines != nil)
        }
        try await TestServer.runEmpty { server, _ in #expect(server.parts.audit.lines == nil) }
    }
}
