import FeedStore
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import FeedServer

/// The forms of the pages, sent over HTTP: what each does, and what it says of a mistake.
@Suite struct FormTests {
    private func withUser(
        settings: [ConfigurationKey: String] = [:],
        _ body: (TestServer, TestUser, inout PageClient) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        try await TestServer.run(settings: settings, database: folder.path("feed.sqlite")) { server in
            let user = try await server.makeUser("ann")
            var client = try await PageClient(server, as: user)
            try await body(server, user, &client)
        }
    }

    // MARK: Registering and logging in

    @Test func aRegistrationWithMistakesIsShownAgain() async throws {
        try await withUser { server, _, _ in
            var client = PageClient(server)
            let typed = "sh0rt&!"
            let reply = try await client.post(
                "/register", ["username": "no \"spaces\"", "email": "nonsense", "password": typed])
            expectForm(reply, 422)
            expect(
                reply, "register-username", hasIssue: "Username must be 1 to 50",
                value: "no &quot;spaces&quot;")
            expect(reply, "register-email", hasIssue: "E-mail address must be", value: "nonsense")
            expect(reply, "register-password", hasIssue: "Password must be 8 to 128 characters", value: nil)
            expectNowhere(typed, in: reply)
            #expect(client.cookie == nil)
        }
    }

    @Test func aPasswordThatIsGuessedFirstIsRefusedBesideItsField() async throws {
        try await withUser { server, user, loggedIn in
            var client = PageClient(server)
            let typed = "PassWord123"
            let new = try await client.post(
                "/register", ["username": "other", "email": "other@example.com", "password": typed])
            expectForm(new, 422)
            expect(new, "register-password", hasIssue: "Password is one of the most common", value: nil)
            let change = try await loggedIn.post(
                "/account/password", ["current_password": TestUser.password, "password": typed])
            expectForm(change, 422)
            expect(change, "password-password", hasIssue: "is one of the most common", value: nil)
            for reply in [new, change] { expectNowhere(typed, in: reply) }
            #expect(client.cookie == nil)
            #expect(try await server.logIn(email: user.email).status == 200)
        }
    }

    @Test func whatIsTakenIsSaidBesideItsField() async throws {
        try await withUser { server, user, _ in
            var client = PageClient(server)
            let password = "taken horse battery"
            let name = try await client.post(
                "/register", ["username": "ANN", "email": "other@example.com", "password": password])
            expectForm(name, 409)
            expect(name, "register-username", hasIssue: "is taken", value: "ANN")
            expect(name, "register-email", hasIssue: nil, value: "other@example.com")
            expectNowhere(password, in: name)
            let email = try await client.post(
                "/register", ["username": "other", "email": "ANN@example.com", "password": password])
            expectForm(email, 409)
            expect(email, "register-email", hasIssue: "is taken", value: "ANN@example.com")
            expect(email, "register-username", hasIssue: nil, value: "other")
            #expect(client.cookie == nil)
            #expect(try await server.get("/api/users").json["total"] as? Int == 1)
        }
    }

    @Test func aWrongLogInSaysNotWhatWasWrong() async throws {
        try await withUser { server, user, _ in
            var client = PageClient(server)
            let typed = "wrong horse battery"
            let wrong = try await client.logIn(user, password: typed)
            expectForm(wrong, 401)
            expect(wrong, "login-email", hasIssue: nil, value: user.email)
            expect(wrong, "login-password", hasIssue: nil, value: nil)
            expectNowhere(typed, in: wrong)
            let nobody = try await client.post("/login", ["email": "no@example.com", "password": typed])
            expectForm(nobody, 401)
            #expect(
                nobody.page.replacing("no@example.com", with: "")
                    == wrong.page.replacing(user.email, with: ""))
            #expect(client.cookie == nil)
            // The same address, however its letters are written.
            #expect(
                try await client.post(
                    "/login", ["email": "Ann@Example.com", "password": TestUser.password]
                ).status == 303)
        }
    }

    @Test func aLogInWithoutAFieldNamesIt() async throws {
        try await withUser { server, user, _ in
            var client = PageClient(server)
            let reply = try await client.post("/login", ["email": "", "password": "", "next": "/account"])
            expectForm(reply, 422)
            expect(reply, "login-email", hasIssue: "is missing")
            expect(reply, "login-password", hasIssue: "is missing", value: nil)
            let unknown = try await client.post(
                "/login", ["email": user.email, "password": TestUser.password, "colour": "blue"])
            expectForm(unknown, 422)
            #expect(unknown.page.contains("<li>colour is unknown"))
            let twice = try await client.post(
                "/login", ["email": user.email, "email": "x", "password": TestUser.password])
            expectForm(twice, 422)
            expect(twice, "login-email", hasIssue: "is given more than once")
            #expect(client.cookie == nil)
        }
    }

    @Test func tooManyWrongPasswordsHaveToWait() async throws {
        try await withUser(settings: [.attemptsPerAccount: "2"]) { server, user, loggedIn in
            var client = PageClient(server)
            for _ in 0..<2 { #expect(try await client.logIn(user, password: "wrong").status == 401) }
            let reply = try await client.logIn(user)
            expectForm(reply, 429)
            let seconds = try #require(reply.header("Retry-After").flatMap { Int($0) })
            #expect((1...600).contains(seconds))
            #expect(reply.page.contains("Try again in \(seconds) seconds."))
            expect(reply, "login-email", hasIssue: nil, value: user.email)
            expectNowhere(TestUser.password, in: reply)
            #expect(client.cookie == nil)
            // The same account is asked for behind these.
            for reply in [
                try await loggedIn.post(
                    "/account/password",
                    ["current_password": TestUser.password, "password": "another horse battery"]),
                try await loggedIn.post("/account/delete", ["current_password": TestUser.password]),
            ] {
                expectForm(reply, 429)
                #expect(reply.header("Retry-After") != nil)
            }
            #expect(try await loggedIn.isLoggedIn())
        }
    }

    @Test func registrationsAreLimitedByAddress() async throws {
        try await TestServer.runEmpty(settings: [.attemptsPerAddress: "2"]) { server, _ in
            var client = PageClient(server)
            func fields(_ name: String) -> KeyValuePairs<String, String> {
                ["username": name, "email": "\(name)@example.com", "password": TestUser.password]
            }
            for name in ["ann", "bob"] {
                #expect(try await client.post("/register", fields(name)).status == 303)
                client.cookie = nil
            }
            let reply = try await client.post("/register", fields("eve"))
            expectForm(reply, 429)
            expect(reply, "register-username", hasIssue: nil, value: "eve")
            expectNowhere(TestUser.password, in: reply)
        }
    }

    @Test func whatIsNoFormIsRefused() async throws {
        try await withUser { server, _, client in
            for path in ["/register", "/login", "/account", "/account/password", "/posts/new"] {
                let cookie = client.cookie ?? ""
                let json = try await server.send(
                    .POST, path, headers: ["Content-Type": "application/json", "Cookie": cookie],
                    body: Data("{}".utf8))
                #expect(json.status == 415 && json.code == "unsupported-media-type", "\(path)")
                let broken = try await server.send(
                    .POST, path,
                    headers: ["Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie],
                    body: Data("title=%zz".utf8))
                #expect(broken.status == 400 && broken.code == "malformed-request", "\(path)")
                // What is declared is refused before any of it has come; a client that sends it all the same may
                // find the connection closed before it has read the answer.
                let limit = path == "/posts/new" ? BodyLimits.postForm : BodyLimits.form
                let large = try await server.sendRaw(head: [
                    "POST \(path) HTTP/1.1", "Content-Type: application/x-www-form-urlencoded",
                    "Cookie: \(cookie)", "Content-Length: \(limit + 1)",
                ])
                #expect(large?.status == 413, "\(path)")
                #expect(large?.json["code"] as? String == "payload-too-large", "\(path)")
            }
        }
    }

    // MARK: The account

    @Test func theAccountIsChanged() async throws {
        try await withUser { server, user, client in
            let reply = try await client.post(
                "/account",
                [
                    "username": "anna", "email": "anna@example.org", "current_password": TestUser.password,
                ])
            #expect(reply.status == 303 && reply.location?.hasPrefix("/account?saved=") == true)
            let page = try await client.get("/account")
            expect(page, "profile-username", hasIssue: nil, value: "anna")
            expect(page, "profile-email", hasIssue: nil, value: "anna@example.org")
            let account = try #require(try await server.parts.accounts.account(id: user.id))
            #expect(account.user.author.username == "anna" && account.user.email == "anna@example.org")
        }
    }

    @Test func theAccountsFormsTellOfTheirOwnMistakes() async throws {
        try await withUser { server, user, client in
            _ = try await server.makeUser("bob")
            let name = try await client.post(
                "/account",
                ["username": "bob", "email": "new@example.com", "current_password": TestUser.password])
            expectForm(name, 409)
            expect(name, "profile-username", hasIssue: "is taken", value: "bob")
            expect(name, "profile-email", hasIssue: nil, value: "new@example.com")
            #expect(name.page.contains("<bdi>ann</bdi>"), "nothing was changed")

            let bad = try await client.post("/account", ["username": "a b", "email": user.email])
            expectForm(bad, 422)
            expect(bad, "profile-username", hasIssue: "must be", value: "a b")

            let (old, new) = ("wrong horse battery", "another horse battery")
            let wrong = try await client.post(
                "/account/password", ["current_password": old, "password": new])
            expectForm(wrong, 403)
            expect(wrong, "password-current_password", hasIssue: "is not the account's password".htmlText)
            expect(wrong, "deletion-current_password", hasIssue: nil)
            let short = try await client.post(
                "/account/password", ["current_password": TestUser.password, "password": "sh0rt&!"])
            expectForm(short, 422)
            expect(short, "password-password", hasIssue: "must be 8 to 128", value: nil)

            let deletion = try await client.post("/account/delete", ["current_password": old])
            expectForm(deletion, 403)
            expect(deletion, "deletion-current_password", hasIssue: "is not the account's password".htmlText)
            expect(deletion, "password-current_password", hasIssue: nil)
            #expect(deletion.page.contains("<details open>"))

            let move = try await client.post(
                "/account", ["username": "anna", "email": "new@example.com", "current_password": old])
            expectForm(move, 403)
            expect(move, "profile-current_password", hasIssue: "is not the account's password".htmlText)
            expect(move, "profile-email", hasIssue: nil, value: "new@example.com")
            for reply in [
                try await client.post("/account", ["username": "ann", "email": "new@example.com"]),
                try await client.post("/account/password", ["password": new, "current_password": ""]),
                try await client.post("/account/delete"),
            ] {
                expectForm(reply, 403)
                #expect(reply.page.contains("Current password is missing."))
            }
            // The form sends the address with the name.
            let rename = try await client.post(
                "/account", ["username": "ann", "email": user.email, "current_password": ""])
            #expect(rename.status == 303)
            for reply in [wrong, short, deletion, move] {
                for typed in [old, new, TestUser.password, "sh0rt&!"] { expectNowhere(typed, in: reply) }
            }
            #expect(try await client.isLoggedIn())
            #expect(try await server.logIn(email: user.email).status == 200)
        }
    }

    @Test func aPictureIsSetAndRemoved() async throws {
        try await withUser { server, user, client in
            let page = try await client.get("/account")
            #expect(!page.page.contains("/account/picture/delete"))
            let none = try await client.post("/account/picture", file: "no picture".utf8)
            expectForm(none, 415)
            #expect(none.page.contains(#"role="alert""#))

            let picture = try #require(Data(base64Encoded: Self.redDot))
            let reply = try await client.post("/account/picture", file: picture)
            #expect(reply.status == 303 && reply.location?.hasPrefix("/account?saved=") == true)
            let name = try #require(try await Self.imageFile(of: user, on: server))
            #expect(try await client.get("/account").page.contains("/media/\(name)"))
            #expect(try await server.get("/media/\(name)").status == 200)

            let removal = try await client.post("/account/picture/delete")
            #expect(removal.status == 303 && removal.location?.hasPrefix("/account?saved=picture") == true)
            #expect(try await Self.imageFile(of: user, on: server) == nil)
            #expect(try await server.get("/media/\(name)").status == 404)
        }
    }

    // MARK: Writing

    @Test func aPostIsWrittenEditedAndDeleted() async throws {
        try await withUser { server, user, client in
            let reply = try await client.post(
                "/posts/new", ["title": "One", "content": "Two", "status": "published"])
            #expect(reply.status == 303)
            let path = try #require(reply.location)
            let id = try #require(Int64(path.dropFirst("/posts/".count)))
            #expect(try await client.get(path).page.contains(">One</h1>"))
            #expect(try await server.get("/api/posts").ids == [id])

            let form = try await client.get("\(path)/edit")
            expect(form, "post-title", hasIssue: nil, value: "One")
            #expect(form.page.contains(">\nTwo</textarea>"))
            let edit = try await client.post(
                "\(path)/edit", ["title": "Three", "content": "Four", "status": "published"])
            #expect(edit.status == 303 && edit.location == path)
            let post = try await server.get("/api\(path)").json
            #expect(post["title"] as? String == "Three" && post["content"] as? String == "Four")
            #expect(post["updated_at"] is String)

            let deletion = try await client.post("\(path)/delete")
            #expect(deletion.status == 303 && deletion.location == "/posts")
            #expect(try await client.get(path).status == 404)
            #expect(try await client.post("\(path)/delete").status == 404)
        }
    }

    @Test func aDraftIsItsAuthorsAloneUntilItIsPublished() async throws {
        try await withUser { server, user, client in
            var other = try await PageClient(server, as: try await server.makeUser("bob"))
            var stranger = PageClient(server)
            let reply = try await client.post(
                "/posts/new", ["title": "Secret", "content": "Text", "status": "draft"])
            let path = try #require(reply.location)
            #expect(try await client.get(path).page.contains(">Draft<"))
            #expect(try await client.get("/account/drafts").page.contains("Secret"))
            #expect(try await !other.get("/account/drafts").page.contains("Secret"))
            for page in ["/", "/users/\(user.id)/posts"] {
                for reply in [try await client.get(page), try await stranger.get(page)] {
                    #expect(reply.status == 200 && !reply.page.contains("Secret"), "\(page)")
                }
            }
            // Not told apart from a post that is not there.
            #expect(try await stranger.get(path).status == 404)
            for method in ["", "/edit"] { #expect(try await other.get(path + method).status == 404) }
            let fields: KeyValuePairs = ["title": "x", "content": "x", "status": "published"]
            #expect(try await other.post("\(path)/edit", fields).status == 404)
            #expect(try await other.post("\(path)/delete").status == 404)
            let gone = try await other.get("/posts/999")
            #expect(
                try await other.get(path).page
                    == gone.page.replacing("999", with: path.split(separator: "/")[1]))

            let published = try await client.post(
                "\(path)/edit", ["title": "Secret", "content": "Text", "status": "published"])
            #expect(published.status == 303)
            #expect(try await stranger.get(path).page.contains("Secret"))
            #expect(try await !client.get("/account/drafts").page.contains("Secret"))
            // There is no way back.
            let back = try await client.post(
                "\(path)/edit", ["title": "Secret", "content": "Text", "status": "draft"])
            expectForm(back, 422)
            #expect(back.page.contains("<li>status can&#39;t be draft again"))
            #expect(try await stranger.get(path).status == 200)
        }
    }

    @Test func anothersPostIsNotToBeChanged() async throws {
        try await withUser { server, user, client in
            let post = try await server.makePost(by: user, title: "Mine")
            var other = try await PageClient(server, as: try await server.makeUser("bob"))
            let page = try await other.get("/posts/\(post)")
            #expect(page.status == 200 && !page.page.contains("/posts/\(post)/edit"))
            #expect(try await other.get("/posts/\(post)/edit").status == 403)
            let fields: KeyValuePairs = ["title": "Theirs", "content": "x", "status": "published"]
            #expect(try await other.post("/posts/\(post)/edit", fields).status == 403)
            #expect(try await other.post("/posts/\(post)/delete").status == 403)
            #expect(try await server.get("/api/posts/\(post)").json["title"] as? String == "Mine")
            for id in ["999", "0", "-1", "x", "9223372036854775808"] {
                #expect(try await client.get("/posts/\(id)/edit").status == 404, "\(id)")
                #expect(try await client.post("/posts/\(id)/delete").status == 404, "\(id)")
            }
        }
    }

    @Test func aPostWithMistakesIsShownAgainAsItWasTyped() async throws {
        try await withUser { server, user, client in
            let post = try await server.makePost(by: user)
            let title = String(repeating: "t", count: 101)
            for path in ["/posts/new", "/posts/\(post)/edit"] {
                let reply = try await client.post(
                    path, ["title": title, "content": "<b>\r\nkept</b>", "status": "published"])
                expectForm(reply, 422)
                expect(reply, "post-title", hasIssue: "Title must be 1 to 100 characters", value: title)
                #expect(reply.page.contains(">\n&lt;b&gt;\nkept&lt;/b&gt;</textarea>"), "\(path)")
                #expect(reply.page.contains(#"action="\#(path)""#))
                let empty = try await client.post(path, ["title": "T", "content": "", "status": "published"])
                expectForm(empty, 422)
                expect(empty, "post-content", hasIssue: "Content must be 1 to 50000 characters")
                let odd = try await client.post(
                    path, ["title": "T", "content": "C", "status": "secret"])
                expectForm(odd, 422)
                #expect(odd.page.contains("<li>status must be published or draft.</li>"))
            }
            #expect(try await server.get("/api/posts").json["total"] as? Int == 1)
            #expect(try await server.get("/api/posts/\(post)").json["updated_at"] is NSNull)
        }
    }

    /// Browsers send CR LF for each line that was typed; the API's clients send LF.
    @Test func aLineEndIsOneCharacter() async throws {
        try await withUser { server, _, client in
            let lines = String(repeating: "\r\n", count: TextRule.content.length.upperBound - 1)
            for (typed, kept) in [
                ("one\r\ntwo\r\n\r\nthree", "one\ntwo\n\nthree"), ("a\rb\nc\r\r\nd", "a\rb\nc\r\nd"),
                ("x" + lines, "x" + lines.replacing("\r\n", with: "\n")),
            ] {
                let new = try await client.post(
                    "/posts/new", ["title": "Lines", "content": typed, "status": "published"])
                #expect(new.status == 303)
                let path = try #require(new.location)
                #expect(Self.isSame(try await server.get("/api\(path)").json["content"], kept))
                let edit = try await client.post(
                    "\(path)/edit", ["title": "Lines", "content": typed + "!", "status": "published"])
                // One character more than there may be.
                let isTooLong = kept.unicodeScalars.count == TextRule.content.length.upperBound
                #expect(edit.status == (isTooLong ? 422 : 303))
                #expect(
                    Self.isSame(
                        try await server.get("/api\(path)").json["content"], isTooLong ? kept : kept + "!"))
            }
        }
    }

    // MARK: Parts

    /// A PNG of 5 × 5 pixels.
    private static let redDot =
        "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4O"
        + "HwAAAABJRU5ErkJggg=="

    private static func imageFile(of user: TestUser, on server: TestServer) async throws -> String? {
        try await server.get("/api/users/\(user.id)").json["image_file"] as? String
    }

    /// Compares scalars: a string takes CR LF for one character, too, but not for LF.
    private static func isSame(_ value: Any?, _ text: String) -> Bool {
        (value as? String)?.unicodeScalars.elementsEqual(text.unicodeScalars) == true
    }

    private func expectForm(
        _ reply: TestServer.Reply, _ status: Int, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(reply.status == status, sourceLocation: location)
        #expect(reply.header("Content-Type") == "text/html; charset=utf-8", sourceLocation: location)
        #expect(reply.header("Cache-Control") == "no-store", sourceLocation: location)
        #expect(reply.header("Vary") == "Cookie", sourceLocation: location)
        #expect(reply.page.contains("<title>Error: "), sourceLocation: location)
        #expect(reply.page.contains(#"role="alert""#), sourceLocation: location)
    }

    /// Looks at a field: what is said beside it, and what it holds.
    private func expect(
        _ reply: TestServer.Reply, _ id: String, hasIssue issue: String?,
        at location: SourceLocation = #_sourceLocation
    ) {
        let tag = reply.tag(id: id)
        #expect(tag != nil, "\(id)", sourceLocation: location)
        #expect(
            tag?.contains(#"aria-invalid="true""#) == (issue != nil), "\(tag ?? "")", sourceLocation: location
        )
        let said = reply.issue(of: id)
        #expect((said != nil) == (issue != nil), "\(said ?? "nothing")", sourceLocation: location)
        if let issue { #expect(said?.contains(issue) == true, "\(said ?? "")", sourceLocation: location) }
    }

    private func expect(
        _ reply: TestServer.Reply, _ id: String, hasIssue issue: String?, value: String?,
        at location: SourceLocation = #_sourceLocation
    ) {
        expect(reply, id, hasIssue: issue, at: location)
        let tag = reply.tag(id: id) ?? ""
        if let value {
            #expect(tag.contains(#" value="\#(value)""#), "\(tag)", sourceLocation: location)
        } else {
            #expect(!tag.contains(" value="), "\(tag)", sourceLocation: location)
        }
    }

    /// A password that was typed is never sent back, in whatever spelling.
    private func expectNowhere(
        _ password: String, in reply: TestServer.Reply, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(!reply.page.contains(password), sourceLocation: location)
        #expect(!reply.page.contains(password.htmlText), sourceLocation: location)
    }
}

extension String {
    /// As the text stands in a page.
    fileprivate var htmlText: String { HTMLText().escapeText(self) }
}
