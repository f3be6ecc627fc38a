import Foundation
import TestSupport
import Testing

/// The pages of the account, in a real browser, served by the real binary.
@Suite(.serialized) struct AccountPageTests {
    private static let password = "correct horse battery"

    @Test func aPersonRegistersWritesAndLeaves() async throws {
        try await withBrowser { server, browser in
            try await register(on: server, browser)
            try await logOutAndIn(browser, server)
            try await uploadAPicture(browser)
            try await writeAndEdit(browser, server)
            try await keepADraft(browser, server)

            try await browser.open(server.baseURL + "/account")
            try await browser.click("#deletion summary")
            try await browser.type(Self.password, into: "#deletion-current_password")
            try await browser.click("#deletion button")
            try await browser.waitUntil("location.pathname === '/'")
            #expect(try await browser.postIDs() == [])
            #expect(try await browser.text("header.site").contains("Log in"))
        }
    }

    /// What is wrong stands beside its field, what was typed is still there, and the page begins there.
    @Test func aMistakeStandsBesideItsField() async throws {
        try await withBrowser { server, browser in
            try await browser.open(server.baseURL + "/register")
            try await browser.type("ann of the hills", into: "#register-username")
            try await browser.type("ann@example.com", into: "#register-email")
            try await browser.type("short", into: "#register-password")
            try await browser.click("form[action='/register'] button")
            try await browser.waitUntil("document.title.startsWith('Error: ')")

            #expect(try await browser.text("#register-username-issue").hasPrefix("Username must be"))
            #expect(try await browser.text("#register-password-issue").hasPrefix("Password must be"))
            #expect(try await browser.value(of: "#register-username") == "ann of the hills")
            #expect(try await browser.value(of: "#register-email") == "ann@example.com")
            #expect(try await browser.value(of: "#register-password") == "")
            try await browser.waitUntil("document.activeElement.getAttribute('role') === 'alert'")
            // The list on top leads to the field.
            try await browser.click("[role='alert'] a[href='#register-password']")
            try await browser.waitUntil("document.activeElement.id === 'register-password'")

            try await browser.clear("#register-username")
            try await browser.type("ann", into: "#register-username")
            try await browser.type(Self.password, into: "#register-password")
            try await browser.press(.enter)
            try await browser.waitUntil("location.pathname === '/'")
            #expect(try await browser.text("header.site .viewer").contains("ann"))
        }
    }

    // MARK: The parts of the way

    private func register(on server: FeedServerProcess, _ browser: Browser) async throws {
        try await browser.open(server.baseURL + "/")
        try await browser.click("header.site a[href='/register']")
        try await browser.type("ann", into: "#register-username")
        try await browser.type("ann@example.com", into: "#register-email")
        try await browser.type(Self.password, into: "#register-password")
        try await browser.click("form[action='/register'] button")
        try await browser.waitUntil("location.pathname === '/'")
        #expect(try await browser.text("header.site .viewer").contains("ann"))
        #expect(try await browser.executeScript("return document.cookie") == "", "no script sees the session")
    }

    private func logOutAndIn(_ browser: Browser, _ server: FeedServerProcess) async throws {
        try await browser.click("form[action='/logout'] button")
        try await browser.waitUntil("document.querySelector('header.site .viewer') === null")
        // Sent to log in, and back.
        try await browser.open(server.baseURL + "/account")
        #expect(try await browser.executeScript("return location.pathname") == "/login")
        try await browser.type("ann@example.com", into: "#login-email")
        try await browser.type(Self.password, into: "#login-password")
        try await browser.click("form[action='/login'] button")
        try await browser.waitUntil("location.pathname === '/account'")
    }

    private func uploadAPicture(_ browser: Browser) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("picture.png")
        try await browser.screenshot().write(to: URL(fileURLWithPath: path))
        try await browser.type(path, into: "#picture-file")
        try await browser.click("form[action='/account/picture'] button")
        try await browser.waitUntil(
            """
            [...document.querySelectorAll("img.portrait")].every((image) =>
              new URL(image.src).pathname.startsWith("/media/") && image.complete && image.naturalWidth > 0)
            """)
        #expect(try await browser.executeScript("return location.pathname") == "/account")
        withExtendedLifetime(folder) {}
    }

    private func writeAndEdit(_ browser: Browser, _ server: FeedServerProcess) async throws {
        try await write("First", "One line\nand another <b>", pressing: "published", browser)
        let path = try await browser.executeScript("return location.pathname", as: String.self)
        #expect(path.wholeMatch(of: /\/posts\/\d+/) != nil)
        #expect(try await browser.text("article .content") == "One line\nand another <b>")
        try await write("Second", "Text", pressing: "published", browser)
        try await browser.open(server.baseURL + "/")
        #expect(try await browser.titles() == ["Second", "First"])
        #expect(
            try await browser.executeScript(
                "return document.querySelector('.feed .portrait').src.includes('/media/')"))

        try await browser.open(server.baseURL + path)
        try await browser.click(".own a")
        try await browser.waitUntil("location.pathname === '\(path)/edit'")
        #expect(try await browser.value(of: "#post-content") == "One line\nand another <b>")
        try await browser.clear("#post-title")
        try await browser.type("First, edited", into: "#post-title")
        try await browser.click("button[value='published']")
        try await browser.waitUntil("location.pathname === '\(path)'")
        #expect(try await browser.text("article h1") == "First, edited")
        #expect(try await browser.text("article footer").hasPrefix("Edited"))
        #expect(try await browser.text("article .content") == "One line\nand another <b>")

        try await browser.click(".own summary")
        try await browser.click("form[action='\(path)/delete'] button")
        try await browser.waitUntil("location.pathname === '/posts'")
        #expect(try await browser.titles() == ["Second"])
    }

    private func keepADraft(_ browser: Browser, _ server: FeedServerProcess) async throws {
        try await write("Third", "Not yet", pressing: "draft", browser)
        #expect(try await browser.text("article .mark") == "Draft")
        try await browser.open(server.baseURL + "/")
        #expect(try await browser.titles() == ["Second"])

        try await browser.click("header.site a[href='/account/drafts']")
        #expect(try await browser.text(".drafts .title") == "Third")
        try await browser.click(".drafts a.button")
        try await browser.type(" and now", into: "#post-content")
        try await browser.click("button[value='published']")
        try await browser.waitUntil("document.querySelector('article.single') !== null")
        #expect(try await browser.executeScript("return document.querySelector('.mark') === null"))
        try await browser.open(server.baseURL + "/")
        #expect(try await browser.titles() == ["Third", "Second"])
        #expect(try await browser.text(".feed .content").contains("and now"))
    }

    /// Writes a post, and returns when its page is shown.
    private func write(
        _ title: String, _ content: String, pressing status: String, _ browser: Browser
    ) async throws {
        try await browser.click("header.site a[href='/posts/new']")
        try await browser.type(title, into: "#post-title")
        try await browser.type(content, into: "#post-content")
        try await browser.click("button[value='\(status)']")
        try await browser.waitUntil("document.querySelector('article.single') !== null")
        #expect(try await browser.text("article h1") == title)
    }

    // MARK: Given

    /// Serves an empty database to a browser, which must have nothing to complain of in the end.
    private func withBrowser(
        _ body: @Sendable (FeedServerProcess, Browser) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let arguments = [
            "serve", "--port", "0", "--database", folder.path("feed.sqlite"), "--redis", "none",
            "--scrypt-cost", "10",
        ]
        try await FeedServerProcess.serve(arguments: arguments) { server in
            try await Browser.run { browser in
                try await body(server, browser)
                // That a form was answered with a mistake is told there, too.
                let complaints = try await browser.consoleMessages().map(\.message)
                    .filter { !$0.contains("status of 422") }
                #expect(complaints.isEmpty, "\(complaints)")
            }
        }
        withExtendedLifetime(folder) {}
    }
}

extension Browser {
    /// What a field holds.
    fileprivate func value(of selector: String) async throws -> String {
        try await executeScript("return document.querySelector(\"\(selector)\").value")
    }

    /// The titles of the posts on the page, from the top.
    fileprivate func titles() async throws -> [String] {
        try await executeScript(
            "return [...document.querySelectorAll('.feed > article .title')].map((title) => title.textContent)"
        )
    }
}
