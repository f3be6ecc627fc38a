import FeedStore
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// Accounts over HTTP: what is taken, what is refused, and what becomes of it.
struct AccountAPITests {
    // MARK: The way of an account

    @Test func anAccountIsMadeReadChangedAndDeleted() async throws {
        try await TestServer.runEmpty { server, _ in
            // made
            let created = try await server.send(.POST, "/api/users", json: TestUser.registration("Ada"))
            #expect(created.status == 201)
            #expect(created.header("Cache-Control") == "no-store")
            #expect(Set(created.json.keys) == ["id", "username", "email", "image_file", "image_path"])
            #expect(created.text("username") == "Ada" && created.text("email") == "Ada@example.com")
            #expect(created.json["image_file"] is NSNull)
            #expect(created.text("image_path") == imagePath(for: nil))
            let id = try #require(created.integer("id"))
            #expect(created.header("Location") == "/api/users/\(id)")

            // logged in, with the email in another case
            let login = try await server.logIn(email: "ADA@example.COM")
            #expect(login.status == 200)
            #expect(Set(login.json.keys) == ["access_token", "token_type", "expires_in"])
            #expect(login.text("token_type") == "bearer")
            #expect(login.integer("expires_in") == AccessTokens.defaultLifetime)
            #expect(login.header("Cache-Control") == "no-store")
            let token = try #require(login.text("access_token"))
            let headers: HTTPHeaders = ["Authorization": "Bearer \(token)"]

            // read: the email by its owner only
            let me = try await server.get("/api/users/me", headers: headers)
            #expect(me.status == 200 && me.body == created.body)
            let seen = try await server.get("/api/users/\(id)", headers: headers)
            #expect(Set(seen.json.keys) == ["id", "username", "image_file", "image_path"])
            #expect(try await server.get("/api/users").ids == [id])

            // changed
            let same = try await server.send(.PATCH, "/api/users/\(id)", json: [:], token: token)
            #expect(same.status == 200 && same.body == created.body)
            let changed = try await server.send(
                .PATCH, "/api/users/\(id)",
                json: [
                    "username": "lovelace", "email": "l@example.com", "current_password": TestUser.password,
                ], token: token)
            #expect(changed.status == 200)
            #expect(changed.text("username") == "lovelace" && changed.text("email") == "l@example.com")
            // All tokens have ended with the address.
            try await server.get("/api/users/me", headers: headers).expectProblem(401, "unauthorized")
            #expect(try await server.get("/api/users/\(id)").text("username") == "lovelace")
            #expect(try await server.logIn(email: "ada@example.com").status == 401)
            let again = try await server.logIn(email: "l@example.com")
            let second = try #require(again.text("access_token"))
            let moved = try await server.get(
                "/api/users/me", headers: ["Authorization": "Bearer \(second)"])
            #expect(moved.body == changed.body)

            // deleted
            let deleted = try await server.send(
                .DELETE, "/api/users/\(id)", json: ["current_password": TestUser.password], token: second)
            #expect(deleted.status == 204 && deleted.body.isEmpty)
            try await server.get("/api/users/\(id)").expectProblem(404, "not-found")
            try await server.get("/api/users/me", headers: headers).expectProblem(401, "unauthorized")
            try await server.logIn(email: "l@example.com").expectProblem(401, "unauthorized")
        }
    }

    @Test func deletionTakesThePostsAndThePictureAndFreesTheNames() async throws {
        try await TestServer.runEmpty { server, folder in
            let user = try await server.makeUser("leaving")
            let other = try await server.makeUser("staying")
            let posts = [
                try await server.makePost(by: user), try await server.makePost(by: user, status: "draft"),
            ]
            let kept = try await server.makePost(by: other)
            let picture = try await server.send(
                .PATCH, "/api/users/\(user.id)/picture", file: TestPicture.png(.red), headers: user.headers)
            let path = try #require(picture.text("image_path"))
            #expect(try await server.get(path).status == 200)
            let cookie = try await server.sessionCookie(of: user)

            #expect(try await server.delete(user).status == 204)

            for id in posts { #expect(try await server.store.post(id: id, visibleTo: user.id) == nil) }
            #expect(try await server.get("/api/posts/feed").ids == [kept])
            #expect(try await server.get(path).status == 404)
            let file = try #require(path.split(separator: "/").last)
            #expect(try TestServer.pictureFiles(in: folder).allSatisfy { !$0.contains(file) })
            #expect(try await server.isSession(cookie) == false)
            // Again there is such a user, who is not the same one.
            let next = try await server.makeUser("leaving")
            #expect(next.id > other.id)
            try await server.get("/api/users/me", headers: user.headers).expectProblem(401, "unauthorized")
        }
    }

    // MARK: Fields

    private static let rules: [TextRule] = [.username, .email, .password]

    /// A text of a length that has nothing wrong with it but that, maybe.
    private static func text(for rule: TextRule, count: Int) -> String {
        switch rule.name {
        case TextRule.username.name: String(repeating: "u", count: count)
        case TextRule.email.name: String(repeating: "e", count: max(count - 2, 0)) + "@h"
        // Characters of two scalars each: it is scalars that count.
        default: String(String.UnicodeScalarView((0..<count).map { $0 % 2 == 0 ? "🎈" : "\u{301}" }))
        }
    }

    @Test func fieldsMayBeAsLongAsTheirRulesSay() async throws {
        try await TestServer.runEmpty { server, _ in
            var user = try await server.makeUser("changing")
            for rule in Self.rules {
                for count in [rule.length.lowerBound, rule.length.upperBound] {
                    let text = Self.text(for: rule, count: count)
                    try #require(text.unicodeScalars.count == count)
                    var fields = TestUser.registration("someone-\(rule.name)-\(count)")
                    fields[rule.name] = text
                    let created = try await server.send(.POST, "/api/users", json: fields)
                    #expect(created.status == 201, "\(rule.name) of \(count): \(created.bodyText)")
                    guard rule.name != TextRule.password.name else {
                        let email = try #require(created.text("email"))
                        #expect(try await server.logIn(email: email, password: text).status == 200)
                        continue
                    }
                    #expect(created.text(rule.name) == text)
                    // Free it for the other user.
                    let login = try await server.logIn(email: try #require(created.text("email")))
                    let id = try #require(created.integer("id"))
                    let token: String = try #require(login.text("access_token"))
                    let deletion = try await server.send(
                        .DELETE, "/api/users/\(id)", json: ["current_password": TestUser.password],
                        token: token)
                    #expect(deletion.status == 204)
                    let changed = try await server.send(
                        .PATCH, "/api/users/\(user.id)",
                        json: [rule.name: text, "current_password": TestUser.password], token: user.token)
                    #expect(changed.status == 200 && changed.text(rule.name) == text)
                    // Another address has ended the token.
                    let email = try #require(changed.text("email"))
                    user.token = try #require(try await server.logIn(email: email).text("access_token"))
                }
            }
        }
    }

    @Test func fieldsMayNotBeShorterOrLongerThanTheirRulesSay() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("changing")
            for rule in Self.rules {
                for count in [rule.length.lowerBound - 1, rule.length.upperBound + 1] {
                    let text = Self.text(for: rule, count: count)
                    var fields = TestUser.registration("someone")
                    fields[rule.name] = text
                    let created = try await server.send(.POST, "/api/users", json: fields)
                    expectRefused(created, rule, "\(rule.name) of \(count)")
                    let changed = try await server.send(
                        .PATCH, "/api/users/\(user.id)",
                        json: [rule.name: text, "current_password": TestUser.password], token: user.token)
                    expectRefused(changed, rule, "\(rule.name) of \(count)")
                }
            }
            #expect(try await server.get("/api/users").ids == [user.id])
            #expect(try await server.logIn(email: user.email).status == 200)
        }
    }

    @Test func namesHaveTheirForm() async throws {
        let wrong: [(TextRule, [String])] = [
            (
                .username,
                [
                    "a b", " a", "a ", "a\n", "a/b", "a\\b", "é", "e\u{301}", "а", "١", "a@b", "<b>",
                    "a\u{0}",
                    "a\u{200b}",
                ]
            ),
            (
                .email,
                [
                    "abc", "@b.c", "a@", "a@@b", "a b@c", "a@b c", "a@b.c\n", " a@b", "a@-b", "a@b-",
                    "a@b..c",
                    "a@.b", "ä@b.c", "a@ä.c", "<a@b.c>", "a@b,c", "a\u{0}@b.c",
                    "a@" + String(repeating: "b", count: 64),
                ]
            ),
            (.password, ["\u{0}12345678"]),
        ]
        try await TestServer.runEmpty { server, _ in
            for (rule, texts) in wrong {
                for text in texts {
                    var fields = TestUser.registration("someone")
                    fields[rule.name] = text
                    let reply = try await server.send(.POST, "/api/users", json: fields)
                    reply.expectProblem(422, "validation", naming: [rule.name], text.debugDescription)
                }
            }
            let right: [(username: String, email: String)] = [
                ("A-z_0.9", "first.last+tag@sub.example.co.uk"), ("-", "!#$%&'*+/=?^_`{|}~-@x"),
                ("..", ".@b"),
            ]
            for (username, email) in right {
                let fields = ["username": username, "email": email, "password": TestUser.password]
                let reply = try await server.send(.POST, "/api/users", json: fields)
                #expect(reply.status == 201, "\(username) \(email): \(reply.bodyText)")
                #expect(try await server.logIn(email: email).status == 200, "\(email)")
            }
        }
    }

    @Test func namesAreTakenInWhateverCase() async throws {
        try await TestServer.runEmpty { server, _ in
            let ada = try await server.makeUser("ada")
            let bob = try await server.makeUser("bob")
            let name = [
                ("username", "ada"), ("username", "ADA"), ("email", "ada@example.com"),
                ("email", "Ada@EXAMPLE.com"),
            ]
            for (field, value) in name {
                var fields = TestUser.registration("someone")
                fields[field] = value
                let created = try await server.send(.POST, "/api/users", json: fields)
                created.expectProblem(409, "conflict", value)
                #expect(created.text("detail")?.contains(field) == true)
                let changed = try await server.send(
                    .PATCH, "/api/users/\(bob.id)",
                    json: [field: value, "current_password": TestUser.password], token: bob.token)
                changed.expectProblem(409, "conflict", value)
            }
            // None of these took anything up, or changed half of it.
            let both = try await server.send(
                .PATCH, "/api/users/\(bob.id)",
                json: [
                    "username": "free", "email": ada.email, "current_password": TestUser.password,
                ], token: bob.token)
            both.expectProblem(409, "conflict")
            #expect(try await server.get("/api/users/\(bob.id)").text("username") == "bob")
            #expect(try await server.get("/api/users").ids == [ada.id, bob.id])
            // One's own name is one's own.
            let changed = try await server.send(
                .PATCH, "/api/users/\(ada.id)",
                json: [
                    "username": "ADA", "email": "ADA@example.com", "current_password": TestUser.password,
                ], token: ada.token)
            #expect(changed.status == 200)
            #expect(changed.text("username") == "ADA" && changed.text("email") == "ADA@example.com")
        }
    }

    // MARK: Bodies

    @Test func everythingWrongWithABodyIsNamed() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("somebody")
            let path = "/api/users/\(user.id)"
            let good = #""username":"a","email":"a@b","password":"\#(TestUser.password)""#
            let registrations: [(body: String, names: [String])] = [
                ("{}", ["username", "email", "password"]),
                (#"{"username":"a"}"#, ["email", "password"]),
                ("{\(good),\"is_admin\":true}", ["is_admin"]),
                ("{\(good),\"id\":1,\"Username\":\"b\"}", ["Username", "id"]),
                (#"{"username":1,"email":true,"password":[]}"#, ["username", "email", "password"]),
                (#"{"username":{},"email":1.5,"password":null}"#, ["username", "email", "password"]),
                (#"{"username":" ","email":" ","password":" "}"#, ["username", "email", "password"]),
                ("[]", ["body"]), ("\"text\"", ["body"]), ("1", ["body"]), ("false", ["body"]),
                ("null", ["body"]), ("[{\(good)}]", ["body"]),
            ]
            for (body, names) in registrations {
                let reply = try await server.send(
                    .POST, "/api/users", text: body, type: "application/json")
                reply.expectProblem(422, "validation", naming: names, body)
            }
            let changes: [(body: String, names: [String])] = [
                (#"{"username":null}"#, ["username"]), (#"{"email":null}"#, ["email"]),
                (#"{"id":1}"#, ["id"]), (#"{"image_file":"x.jpg"}"#, ["image_file"]),
                (#"{"password":"a new password","current_password":null}"#, ["current_password"]),
                (#"{"password":"short"}"#, ["password"]),
                ("[]", ["body"]), ("null", ["body"]),
            ]
            for (body, names) in changes {
                let reply = try await server.send(
                    .PATCH, path, text: body, type: "application/json", token: user.token)
                reply.expectProblem(422, "validation", naming: names, body)
            }
            #expect(try await server.get("/api/users").ids == [user.id])
            #expect(try await server.get(path).text("username") == user.username)
        }
    }

    @Test func aBodyThatIsNoJSONIsMalformed() async throws {
        try await TestServer.runEmpty { server, _ in
            let texts = [
                "", " ", "{", "{}{}", "{\"username\"}", "{'username':'a'}", "{\"username\":}",
                "{\"username\":\"a", "{\"username\":\"\\ud800\"}", "{\"username\":\"\t\"}", "nul",
                "username=a",
                String(repeating: "{\"a\":", count: 10_000),
            ]
            var bodies = texts.map { Array($0.utf8) }
            bodies.append(Array("{\"username\":\"".utf8) + [0xff] + Array("\"}".utf8))
            bodies.append(Array("{}".utf8) + [0])
            bodies.append("{}".utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] })
            for body in bodies {
                let reply = try await server.send(
                    .POST, "/api/users", headers: ["Content-Type": "application/json"], body: Data(body))
                let what = String(decoding: body.prefix(60), as: UTF8.self).debugDescription
                reply.expectProblem(400, "malformed-request", what)
            }
            #expect(try await server.get("/api/users").ids.isEmpty)
        }
    }

    @Test func aBodyMustHaveItsMediaType() async throws {
        try await TestServer.runEmpty { server, _ in
            let fields = TestUser.registration("someone")
            let json = String(decoding: try JSONEncoder().encode(fields), as: UTF8.self)
            for type in [
                nil, "", "text/plain", "text/json", "application/x-www-form-urlencoded",
                "multipart/form-data", "application/jsonl", "application/problem+json",
            ] {
                let reply = try await server.send(.POST, "/api/users", text: json, type: type)
                reply.expectProblem(415, "unsupported-media-type", type ?? "none")
            }
            for type in [nil, "application/json", "multipart/form-data; boundary=a", "text/plain"] {
                let reply = try await server.send(
                    .POST, "/api/users/token", text: "username=a&password=b", type: type)
                reply.expectProblem(415, "unsupported-media-type", type ?? "none")
            }
            #expect(try await server.get("/api/users").ids.isEmpty)
            let taken = try await server.send(
                .POST, "/api/users", text: json, type: "Application/JSON; charset=utf-8")
            #expect(taken.status == 201)
        }
    }

    @Test func aBodyMayBeAsLargeAsTheLimitAndNoLarger() async throws {
        try await TestServer.runEmpty { server, _ in
            let limit = BodyLimits.json
            var body = Array(try JSONEncoder().encode(TestUser.registration("someone")))
            body += [UInt8](repeating: UInt8(ascii: " "), count: limit + 1 - body.count)
            let head = ["POST /api/users HTTP/1.1", "Content-Type: application/json"]
            // What is declared is refused before any of it has come.
            let declared = try #require(
                try await server.sendRaw(head: head + ["Content-Length: \(limit + 1)"]))
            #expect(declared.status == 413 && declared.json["code"] as? String == "payload-too-large")
            let chunked = try #require(
                try await server.sendRaw(
                    head: head + ["Transfer-Encoding: chunked"],
                    body: TestServer.chunked(body, chunkBytes: 60_000)))
            #expect(chunked.status == 413 && chunked.json["code"] as? String == "payload-too-large")
            #expect(try await server.get("/api/users").ids.isEmpty)
            // One byte less is fine either way; the second comes too late for the name.
            let largest = Array(body.prefix(limit))
            let whole = try #require(
                try await server.sendRaw(head: head + ["Content-Length: \(limit)"], body: largest))
            #expect(whole.status == 201)
            let pieces = try #require(
                try await server.sendRaw(
                    head: head + ["Transfer-Encoding: chunked"],
                    body: TestServer.chunked(largest, chunkBytes: 60_000)))
            #expect(pieces.status == 409)

            let form = ["POST /api/users/token HTTP/1.1", "Content-Type: application/x-www-form-urlencoded"]
            let length = BodyLimits.form + 1
            let token = try #require(
                try await server.sendRaw(head: form + ["Content-Length: \(length)"]))
            #expect(token.status == 413 && token.json["code"] as? String == "payload-too-large")
        }
    }

    @Test func theLogInFormIsReadStrictly() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("somebody")
            let type = "application/x-www-form-urlencoded"
            let good = "username=somebody%40example.com&password=correct+horse+battery"
            let refused: [(form: String, names: [String])] = [
                ("", ["username", "password"]), ("username=&password=", ["username", "password"]),
                ("username=somebody%40example.com", ["password"]), ("password=a", ["username"]),
                ("\(good)&password=x", ["password"]), ("\(good)&\(good)", ["username", "password"]),
                ("\(good)&remember=yes", ["remember"]), ("\(good)&email=a", ["email"]),
                ("\(good)&grant_type=client_credentials", ["grant_type"]),
                ("\(good)&scope=a&scope=b", ["scope"]),
            ]
            for (form, names) in refused {
                let reply = try await server.send(.POST, "/api/users/token", text: form, type: type)
                reply.expectProblem(422, "validation", form)
                #expect(Set(reply.wrongParameters) == Set(names), "\(form)")
            }
            for form in ["\(good)%", "\(good)&scope=%zz", "\(good)&scope=%ff", "\(good)&scope=%00"] {
                let reply = try await server.send(.POST, "/api/users/token", text: form, type: type)
                reply.expectProblem(400, "malformed-request", form)
            }
            // What OAuth 2's clients send besides.
            let reply = try await server.send(
                .POST, "/api/users/token",
                text: "grant_type=password&\(good)&scope=&client_id=docs&client_secret=none",
                type: "\(type); charset=utf-8")
            let token = try #require(reply.text("access_token"))
            let me = try await server.get("/api/users/me", headers: ["Authorization": "Bearer \(token)"])
            #expect(me.integer("id") == user.id)
        }
    }

    // MARK: Passwords

    @Test func noAnswerHoldsAPassword() async throws {
        try await TestServer.runEmpty { server, _ in
            let (first, second) = ("Swordfish-\(UUID())", "Goldfish-\(UUID())")
            let tooLong = first + String(repeating: "x", count: TextRule.password.length.upperBound)
            var fields = TestUser.registration("somebody")
            fields["password"] = tooLong
            var replies = [try await server.send(.POST, "/api/users", json: fields)]
            fields["password"] = first
            for _ in 0..<2 { replies.append(try await server.send(.POST, "/api/users", json: fields)) }
            let email = try #require(fields["email"])
            let login = try await server.logIn(email: email, password: first)
            let token = try #require(login.text("access_token"))
            let id = try #require(replies[1].integer("id"))
            replies.append(login)
            replies.append(try await server.logIn(email: email, password: second))
            let changes: [[String: String]] = [
                ["password": second], ["password": second, "current_password": second],
                ["password": tooLong, "current_password": first],
                ["password": second, "current_password": first],
            ]
            for change in changes {
                replies.append(
                    try await server.send(.PATCH, "/api/users/\(id)", json: change, token: token))
            }
            let renewed = try await server.logIn(email: email, password: second)
            let headers: HTTPHeaders = [
                "Authorization": "Bearer \(try #require(renewed.text("access_token")))"
            ]
            for path in ["/api/users/me", "/api/users/\(id)", "/api/users", "/api/users/feed"] {
                replies.append(try await server.get(path, headers: headers))
            }
            #expect(
                replies.map(\.status) == [422, 201, 409, 200, 401, 403, 403, 422, 200, 200, 200, 200, 200])
            for reply in replies {
                let text = reply.bodyText + reply.timelessHeaders.joined()
                for secret in [first, second, "$scrypt$"] { #expect(!text.contains(secret)) }
            }
        }
    }

    @Test func aNameThatNobodyHasAndAWrongPasswordAreAnsweredAlike() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("somebody")
            let known = try await server.logIn(email: user.email, password: "a wrong password")
            let unknown = try await server.logIn(email: "nobody@example.com", password: "a wrong password")
            known.expectProblem(401, "unauthorized")
            #expect(known.body == unknown.body)
            #expect(known.timelessHeaders == unknown.timelessHeaders)
            #expect(known.status == unknown.status)
        }
    }

    @Test func aNewPasswordEndsWhatCameBefore() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("somebody")
            let other = try await server.makeUser("other")
            let cookie = try await server.sessionCookie(of: user)
            let path = "/api/users/\(user.id)"
            let new = "a new \(TestUser.password)"

            // Nothing ends where nothing is changed, or something else.
            let wrong = try await server.send(
                .PATCH, path,
                json: ["password": new, "current_password": "wrong password", "username": "renamed"],
                token: user.token)
            wrong.expectProblem(403, "forbidden")
            let renamed = try await server.send(
                .PATCH, path, json: ["username": "some-other"], token: user.token)
            #expect(renamed.status == 200 && renamed.text("email") == user.email)
            #expect(try await server.isSession(cookie))

            let changed = try await server.send(
                .PATCH, path, json: ["password": new, "current_password": TestUser.password],
                token: user.token)
            #expect(changed.status == 200 && changed.body == renamed.body)
            let old = try await server.get("/api/users/me", headers: user.headers)
            old.expectProblem(401, "unauthorized")
            #expect(try await server.isSession(cookie) == false)
            try await server.logIn(email: user.email).expectProblem(401, "unauthorized")
            let login = try await server.logIn(email: user.email, password: new)
            let token = try #require(login.text("access_token"))
            let me = try await server.get("/api/users/me", headers: ["Authorization": "Bearer \(token)"])
            #expect(me.integer("id") == user.id)
            #expect(try await server.get("/api/users/me", headers: other.headers).status == 200)
        }
    }

    /// It took the account: a new email, and with that a new password or none at all.
    @Test func aStolenTokenDoesNotTakeTheAccount() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("somebody")
            let path = "/api/users/\(user.id)"
            let email = ["email": "thief@example.com"]
            let wrong: [[String: any Sendable]] = [
                email, ["password": "the thief's own"],
                email.merging(["username": "thief", "current_password": "a guess at it"]) { $1 },
                email.merging(["current_password": ""]) { $1 },
                // Of no account, because of its length or what it holds.
                email.merging(["current_password": "short"]) { $1 },
                email.merging(["current_password": "\0"]) { $1 },
                email.merging(["current_password": String(repeating: "x", count: 10_000)]) { $1 },
            ]
            for fields in wrong {
                let reply = try await server.send(.PATCH, path, json: fields, token: user.token)
                reply.expectProblem(403, "forbidden", "\(fields.keys)")
            }
            for fields in wrong.map({ $0.filter { $0.key == "current_password" } }) {
                let reply = try await server.send(.DELETE, path, json: fields, token: user.token)
                reply.expectProblem(403, "forbidden")
            }
            // The request that worked. The answer says what to send.
            let deletion = try await server.send(.DELETE, path, headers: user.headers)
            deletion.expectProblem(403, "forbidden")
            #expect(deletion.text("detail")?.contains("current_password") == true)

            let me = try await server.get("/api/users/me", headers: user.headers)
            #expect(me.text("email") == user.email && me.text("username") == user.username)
            #expect(try await server.logIn(email: user.email).status == 200)
            // What takes nothing needs none.
            let renamed = try await server.send(.PATCH, path, json: ["username": "me"], token: user.token)
            #expect(renamed.status == 200)
            let picture = try await server.send(
                .PATCH, "\(path)/picture", file: TestPicture.png(.red), headers: user.headers)
            #expect(picture.status == 200)
        }
    }

    @Test func theBodyOfADeletionIsReadLikeAnyOther() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("somebody")
            let path = "/api/users/\(user.id)"
            let json = #"{"current_password":"\#(TestUser.password)"}"#
            func delete(_ text: String, type: String?) async throws -> TestServer.Reply {
                try await server.send(.DELETE, path, text: text, type: type, token: user.token)
            }
            try await delete(json, type: nil).expectProblem(415, "unsupported-media-type")
            try await delete(json, type: "text/plain").expectProblem(415, "unsupported-media-type")
            try await delete("{", type: "application/json").expectProblem(400, "malformed-request")
            try await delete("[]", type: "application/json")
                .expectProblem(422, "validation", naming: ["body"])
            try await delete(#"{"current_password":null,"reason":"x"}"#, type: "application/json")
                .expectProblem(422, "validation", naming: ["current_password", "reason"])
            try await delete("", type: "application/json").expectProblem(403, "forbidden")
            #expect(try await delete(json, type: "application/json").status == 204)
        }
    }

    @Test func aNewEmailEndsWhatCameBefore() async throws {
        try await TestServer.runEmpty { server, _ in
            let user = try await server.makeUser("somebody")
            let other = try await server.makeUser("other")
            let cookie = try await server.sessionCookie(of: user)
            let path = "/api/users/\(user.id)"
            func change(_ email: String, token: String) async throws -> TestServer.Reply {
                try await server.send(
                    .PATCH, path, json: ["email": email, "current_password": TestUser.password],
                    token: token)
            }
            // The same one is none, and one that is taken changes nothing.
            #expect(try await change(user.email, token: user.token).status == 200)
            #expect(try await change(other.email, token: user.token).status == 409)
            #expect(try await server.get("/api/users/me", headers: user.headers).status == 200)
            #expect(try await server.isSession(cookie))

            #expect(try await change("new@example.com", token: user.token).status == 200)
            let old = try await server.get("/api/users/me", headers: user.headers)
            old.expectProblem(401, "unauthorized")
            #expect(try await server.isSession(cookie) == false)
            #expect(try await server.get("/api/users/me", headers: other.headers).status == 200)
        }
    }

    @Test func aPasswordIsHashedAnewWhenItsCostHasChanged() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        func hash(_ server: TestServer, _ user: TestUser) async throws -> Credentials {
            try #require(try await server.parts.accounts.account(id: user.id)?.credentials)
        }
        let (user, cheap) = try await TestServer.runEmpty(settings: [.scryptCost: "10"], in: folder) {
            server, _ in
            let user = try await server.makeUser("somebody")
            let credentials = try await hash(server, user)
            // The same cost: the same hash.
            #expect(try await server.logIn(email: user.email).status == 200)
            #expect(try await hash(server, user) == credentials)
            return (user, credentials)
        }
        #expect(cheap.passwordHash.hasPrefix("$scrypt$ln=10,"))
        try await TestServer.runEmpty(settings: [.scryptCost: "11"], in: folder) { server, _ in
            // A wrong password renews nothing.
            #expect(try await server.logIn(email: user.email, password: "wrong").status == 401)
            #expect(try await hash(server, user) == cheap)
            #expect(try await server.logIn(email: user.email).status == 200)
            let dear = try await hash(server, user)
            #expect(dear.passwordHash.hasPrefix("$scrypt$ln=11,"))
            #expect(dear.version == cheap.version)
            #expect(try await server.logIn(email: user.email).status == 200)
            #expect(try await hash(server, user) == dear)
            // It is the same password: what was issued for it stays good.
            #expect(try await server.get("/api/users/me", headers: user.headers).status == 200)
        }
    }

    // MARK: Parts

    private func expectRefused(
        _ reply: TestServer.Reply, _ rule: TextRule, _ what: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        reply.expectProblem(
            422, "validation", naming: [rule.name], what, sourceLocation: sourceLocation)
        let issue = (reply.json["errors"] as? [[String: String]])?.first
        #expect(issue?["detail"] == "must be \(rule.hint)", "\(what)", sourceLocation: sourceLocation)
    }
}
