import FeedStore
import Foundation
import LoopbackClient
import NIOCore
import TestSupport
import Testing

/// The pages for people, in a real browser, served by the real binary.
@Suite(.serialized) struct FeedPageTests {
    @Test func scrollingShowsEveryPostOnce() async throws {
        try await withFeed { server, browser in
            try await browser.open(server.baseURL + "/")
            let expected = try await browser.publishedIDs()
            try #require(expected.count == 44)
            let first = try await browser.postIDs()
            try await browser.scrollToTheEnd()

            let shown = try await browser.postIDs()
            #expect(first.count < 44)
            #expect(shown == expected)
            #expect(try await browser.executeScript("return document.querySelector('.more') === null"))
        }
    }

    @Test func theButtonWorksWithoutAnObserver() async throws {
        try await withFeed { server, browser in
            try await browser.runBeforePages("delete window.IntersectionObserver")
            try await browser.open(server.baseURL + "/posts")
            var count = try await browser.postIDs().count
            #expect(count < 44)

            while count < 44 {
                #expect(try await browser.text("button") == "Load more posts")
                try await browser.click("button")
                try await browser.waitUntil("document.querySelectorAll('.feed > article').length > \(count)")
                count = try await browser.postIDs().count
            }

            #expect(try await browser.postIDs() == browser.publishedIDs())
            #expect(try await browser.executeScript("return document.querySelector('button') === null"))
        }
    }

    @Test func aFailedRequestKeepsItsPlace() async throws {
        try await withFeed(mayFailToLoad: true) { server, browser in
            try await browser.block(["*/api/posts/feed*"])
            try await browser.open(server.baseURL + "/")
            let before = try await browser.postIDs()
            try await browser.executeScript("scrollTo(0, document.body.scrollHeight)")
            try await browser.waitUntil(
                "document.querySelector('button').textContent === 'Error – click to retry'")
            let place = try await browser.executeScript("return Math.round(scrollY)", as: Int.self)
            #expect(try await browser.postIDs() == before)

            try await browser.block([])
            try await browser.executeScript(
                """
                const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
                return (async () => {
                  for (const top of [0, document.body.scrollHeight]) {
                    scrollTo(0, top);
                    await frame();
                    await frame();
                  }
                })();
                """)
            #expect(try await browser.text("button") == "Error – click to retry", "waits for the reader")
            try await browser.click("button")
            try await browser.waitUntil(
                "document.querySelectorAll('.feed > article').length > \(before.count)")
            #expect(try await browser.executeScript("return Math.round(scrollY)") == place)

            try await browser.scrollToTheEnd()
            let shown = try await browser.postIDs()
            #expect(shown == (try await browser.publishedIDs()))
            #expect(Set(shown).count == 44)
        }
    }

    @Test func textOfUsersStaysText() async throws {
        let title = "<script>window.pwned=1</script>"
        // A browser sees a tag behind U+0600, where a grapheme-wise escape sees no `<`.
        let content = "\u{600}<img src=x onerror=\"window.pwned=2\"> &amp; \"\u{301}"
        let posts = [(title, content)] + (1...30).map { ("Number \($0)", "Text") } + [(title, content)]
        try await withFeed(preparing: { try await publish(posts, in: $0) }) { server, browser in
            let author = 7
            try await browser.open(server.baseURL + "/users/\(author)/posts")
            try await browser.scrollToTheEnd()

            let titles = try await browser.executeScript(
                "return [...document.querySelectorAll('.title')].map((title) => title.textContent)",
                as: [String].self)
            #expect(titles.count == 32)
            #expect(titles.first == title, "rendered by the server")
            #expect(titles.last == title, "rendered by the script")
            let contents = try await browser.executeScript(
                "return [...document.querySelectorAll('.content')].map((content) => content.textContent)",
                as: [String].self)
            #expect(contents.first == content)
            #expect(contents.last == content)
            #expect(try await browser.executeScript("return window.pwned === undefined"))
            #expect(try await browser.executeScript("return document.querySelector('.content *') === null"))
        }
    }

    @Test func theKeyboardGoesOnAtTheFirstNewPost() async throws {
        try await withFeed { server, browser in
            try await browser.runBeforePages("delete window.IntersectionObserver")
            try await browser.open(server.baseURL + "/")
            let count = try await browser.postIDs().count
            let focused = "return Number(document.activeElement.getAttribute('aria-posinset'))"

            try await browser.executeScript("document.querySelector('button').focus()")
            try await browser.press(.enter)
            try await browser.waitUntil(
                "document.querySelectorAll('.feed > article').length > \(count)")
            #expect(try await browser.executeScript(focused) == count + 1)

            try await browser.press(.pageDown)
            #expect(try await browser.executeScript(focused) == count + 2)
            try await browser.press(.pageUp)
            #expect(try await browser.executeScript(focused) == count + 1)
            try await browser.press(.tab)
            #expect(
                try await browser.executeScript("return document.activeElement.className") == "author")
        }
    }

    @Test func aUserHasAPageOfTheirOwn() async throws {
        try await withFeed { server, browser in
            try await browser.open(server.baseURL + "/")
            let name = try await browser.text(".feed .author")
            try await browser.click(".feed .author")
            try await browser.waitUntil("location.pathname.startsWith('/users/')")
            try await browser.scrollToTheEnd()

            #expect(try await browser.text("h1").contains(name))
            #expect(try await browser.title.contains(name))
            let path = try await browser.executeScript("return location.pathname", as: String.self)
            #expect(try await browser.postIDs() == browser.publishedIDs(of: path))
        }
    }

    @Test func datesAreThoseOfUTC() async throws {
        try await withFeed { server, browser in
            try await browser.setTimeZone("Pacific/Kiritimati")
            try await browser.open(server.baseURL + "/")
            try await browser.scrollToTheEnd()

            let wrong = try await browser.executeScript(
                """
                const format = new Intl.DateTimeFormat("en-US",
                  { year: "numeric", month: "long", day: "2-digit", timeZone: "UTC" });
                return [...document.querySelectorAll(".feed time")]
                  .filter((time) => time.textContent !== format.format(new Date(time.dateTime)))
                  .map((time) => `${time.textContent} is not ${time.dateTime}`);
                """, as: [String].self)
            #expect(wrong == [])
        }
    }

    @Test func reloadingAndComingBackKeepThePlace() async throws {
        try await withFeed { server, browser in
            try await browser.open(server.baseURL + "/")
            try await browser.scrollToTheEnd()
            try await browser.waitUntil("history.state?.place?.top > document.body.scrollHeight / 2")

            try await browser.reload()

            try await browser.waitUntil("document.querySelectorAll('.feed > article').length === 44")
            try await browser.waitUntil("scrollY > document.body.scrollHeight / 2")

            let last = try #require(try await browser.postIDs().last)
            try await browser.click(".title[href='/posts/\(last)']")
            try await browser.waitUntil("location.pathname === '/posts/\(last)'")

            try await browser.goBack()

            try await browser.waitUntil("document.querySelectorAll('.feed > article').length === 44")
            try await browser.waitUntil("scrollY > innerHeight")
        }
    }

    @Test func linksLeadThroughTheFeedWithoutAnyScript() async throws {
        try await withServer { server in
            var ids: Set<Substring> = []
            var path: Substring? = "/"
            while let page = path {
                let answer = try await HTTPClient.shared.execute(
                    HTTPClientRequest(url: server.baseURL + page), timeout: FeedServerProcess.requestTimeout)
                let html = String(buffer: try await answer.body.collect(upTo: 1 << 20))
                let posts = html.matches(of: /<article [^>]*aria-labelledby="post-(\d+)"/).map(\.output.1)
                try #require(ids.isDisjoint(with: posts))
                ids.formUnion(posts)
                path = html.firstMatch(of: /href="([^"]+)" rel="next">Load more posts/)?.output.1
            }
            #expect(ids.count == 44)
        }
    }
}

/// Serves the sample data.
///
/// - Parameter preparing: changes the data before they are served.
private func withServer(
    preparing: (SQLiteStore) async throws -> Void = { _ in },
    _ body: (FeedServerProcess) async throws -> Void
) async throws {
    let folder = try TemporaryFolder(isInMemory: true)
    let database = folder.path("feed.sqlite")
    try await FeedServerProcess.run(arguments: ["populate", "--database", database, "--yes"])
    let store = try SQLiteStore(path: database)
    try await preparing(store)
    try await store.close()
    try await FeedServerProcess.serve(
        arguments: ["serve", "--port", "0", "--database", database, "--redis", "none"], body)
    withExtendedLifetime(folder) {}
}

/// Serves the sample data to a browser, which must have nothing to complain of in the end.
private func withFeed(
    mayFailToLoad: Bool = false,
    preparing: (SQLiteStore) async throws -> Void = { _ in },
    _ body: @Sendable (FeedServerProcess, Browser) async throws -> Void
) async throws {
    try await withServer(preparing: preparing) { server in
        try await Browser.run { browser in
            try await body(server, browser)
            let complaints = try await browser.consoleMessages().map(\.message)
            #expect(!complaints.contains { $0.contains("Content Security Policy") }, "\(complaints)")
            #expect(mayFailToLoad || complaints.isEmpty, "\(complaints)")
        }
    }
}

/// Publishes posts of a new user, in this order.
private func publish(_ posts: [(title: String, content: String)], in store: SQLiteStore) async throws {
    let user = try await store.createUser(username: "mallory", email: "mallory@example.org")
    for post in posts {
        _ = try await store.createPost(
            userID: user.author.id, title: post.title, content: post.content, status: .published)
    }
}

extension Browser {
    /// The ids of the posts on the page, from the top.
    func postIDs() async throws -> [Int] {
        try await executeScript(
            """
            return [...document.querySelectorAll(".feed > article .title")]
              .map((title) => Number(title.pathname.split("/").at(-1)));
            """)
    }

    /// Scrolls down for as long as the feed goes on.
    func scrollToTheEnd() async throws {
        try await waitUntil("(scrollTo(0, document.body.scrollHeight), !document.querySelector('.more'))")
    }

    /// The ids of a collection's posts as the API tells them, newest first. `page` is the path of the
    /// page for people.
    func publishedIDs(of page: String = "/posts") async throws -> [Int] {
        try await executeScript(
            """
            return fetch("/api\(page)/feed?page_size=50")
              .then((response) => response.json())
              .then((answer) => answer.items.map((post) => post.id));
            """)
    }
}
