import FeedStore
import Foundation
import LoopbackClient
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

/// The commands as an operator meets them.
@Suite struct CommandTests {
    @Test(arguments: [["--help"], ["serve", "--help"], ["populate", "--help"], ["redate", "--help"]])
    func helpNamesEveryOption(arguments: [String]) async throws {
        let outcome = try await FeedServerProcess.outcome(of: arguments)
        #expect(outcome.end == .exited(0))
        #expect(outcome.output.contains("USAGE"))
        if arguments.first == "serve" { #expect(outcome.output.contains("--max-skip")) }
    }

    /// The version of the project for programs, then what it runs with for people.
    @Test func theVersionIsThatOfTheProgramAndOfItsLibraries() async throws {
        let outcome = try await FeedServerProcess.outcome(of: ["--version"])
        #expect(outcome.end == .exited(0))
        let lines = outcome.output.split(separator: "\n")
        #expect(try lines.first?.wholeMatch(of: Regex(#"\d+\.\d+\.\d+"#)) != nil)
        let names = lines.dropFirst().compactMap { $0.split(separator: " ").first }
        #expect(names == ["swift", "sqlite", "hiredis", "vips", "glib", "webp"])
    }

    @Test func whatIsWrongIsOneLineAndAFailure() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        try Data("not a database, but a diary".utf8).write(to: folder.url.appending(path: "diary.txt"))
        let end = try await FeedServerProcess.serve(
            arguments: ["serve", "--port", "0", "--database", folder.path("a.sqlite"), "--redis", "none"]
        ) { occupied in
            try await Self.expectOneLineOfEveryMistake(beside: occupied, in: folder)
        }
        #expect(end == .exited(0))
    }

    /// - Parameter occupied: has the database `a.sqlite`, and its port.
    private static func expectOneLineOfEveryMistake(
        beside occupied: FeedServerProcess, in folder: TemporaryFolder
    ) async throws {
        let port = try #require(occupied.baseURL.split(separator: ":").last.map(String.init))
        let cases: [(arguments: [String], environment: [String: String], says: String)] = [
            (
                ["serve", "--port", port, "--database", folder.path("b.sqlite"), "--redis", "none"], [:],
                "in use"
            ),
            (
                [
                    "serve", "--port", "0", "--operations-address", "127.0.0.1:\(port)", "--database",
                    folder.path("b.sqlite"), "--redis", "none",
                ], [:], "can't be served on 127.0.0.1:\(port): Address already in use"
            ),
            // What deployments could share by accident.
            (
                [
                    "serve", "--port", "0", "--database", folder.path("b.sqlite"), "--redis", "none",
                    "--media", folder.path("a.sqlite.media"),
                ], [:], "used by another server"
            ),
            (
                ["populate", "--yes", "--database", folder.path("b.sqlite")],
                ["FEED_MEDIA": folder.path("a.sqlite.media")], "used by another server"
            ),
            (["serve", "--operations-address", "9090"], [:], "--operations-address"),
            (["serve", "--hosts", "a b"], [:], "--hosts"),
            (["serve", "--secret", "passwordpassword"], [:], "openssl rand"),
            (
                ["serve", "--port", "0", "--database", folder.path("a.sqlite")], [:],
                "in use by another process"
            ),
            (["populate", "--yes", "--database", folder.path("a.sqlite")], [:], "in use by another process"),
            (
                ["serve", "--port", "0", "--database", folder.path("diary.txt")], [:],
                "not an SQLite database"
            ),
            (["populate", "--yes", "--database", folder.path("diary.txt")], [:], "not an SQLite database"),
            (["serve", "--port", "99999"], [:], "0 to 65535"),
            (["serve", "--max-skip", "many"], [:], "--max-skip"),
            (["serve", "--redis", "http://somewhere"], [:], "redis"),
            (
                ["serve", "--redis", "rediss://h", "--redis-trust-roots", "none.pem"], [:],
                "--redis-trust-roots"
            ),
            (["serve", "--redis-trust-roots", "none.pem"], [:], "--redis-trust-roots"),
            (["serve", "--count-ttl", "5", "--count-soft-ttl", "4.6"], [:], "--count-soft-ttl"),
            (["serve", "--count-share", "0"], [:], "--count-share"),
            (["serve"], ["FEED_MAX_SKIPS": "7"], "FEED_MAX_SKIPS"),
            (["serve"], ["FEED_PORT": "http"], "FEED_PORT"),
        ]
        for (arguments, environment, says) in cases {
            let outcome = try await FeedServerProcess.outcome(
                of: arguments, environment: environment, folder: folder.url)
            #expect(outcome.hasFailed, "\(arguments)")
            #expect(outcome.output.isEmpty, "\(arguments): \(outcome.output)")
            #expect(outcome.errors.contains(says), "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(arguments): \(outcome.errors)")
        }
        for arguments in [
            ["serve", "--prot", "1"], ["serve", "extra"], ["publish"], ["populate", "--seed", "1"],
        ] {
            let outcome = try await FeedServerProcess.outcome(of: arguments, folder: folder.url)
            #expect(outcome.hasFailed && outcome.output.isEmpty, "\(arguments)")
            #expect(outcome.errors.contains("--help"), "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(arguments): \(outcome.errors)")
        }
    }

    @Test func aFileAndTheEnvironmentAreReadInTheirOrder() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        try Data("# settings\nFEED_POSTS_PER_PAGE=3\nFEED_MAX_SKIP=5\n".utf8)
            .write(to: folder.url.appending(path: ".env"))
        let bad = try await FeedServerProcess.outcome(
            of: ["serve", "--port", "99999"], environment: ["FEED_PORT": "1"], folder: folder.url)
        #expect(bad.errors.contains("99999"), "an argument wins over the environment")
        try Data("FEED_POSTS_PER_PAGES=3\n".utf8).write(to: folder.url.appending(path: ".env"))
        let misspelt = try await FeedServerProcess.outcome(of: ["serve"], folder: folder.url)
        #expect(misspelt.hasFailed && misspelt.errors.contains("FEED_POSTS_PER_PAGES"))
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func aSignalDrainsAndExitsWithZero(signal: Int32) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        try await FeedServerProcess.serve(
            arguments: ["serve", "--port", "0", "--database", folder.path("feed.sqlite"), "--redis", "none"]
        ) { server in
            let response = try await HTTPClient.shared.execute(
                HTTPClientRequest(url: server.baseURL + "/readyz"), timeout: FeedServerProcess.requestTimeout)
            #expect(response.status == .ok)
            _ = try await response.body.collect(upTo: 1_024)
            server.signal(signal)
            #expect(try await server.ended() == .exited(0))
        }
    }

    @Test func theOperationsAddressIsSaidBeforeTheServers() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let server = try await ChildProcess.start(
            ChildProcess.product("feed-server"),
            [
                "serve", "--port", "0", "--operations-address", "127.0.0.1:0", "--database",
                folder.path("feed.sqlite"), "--redis", "none",
            ], environment: FeedServerProcess.environment)
        let report = try await server.wait(for: "its address") { FeedServerProcess.address(in: $0) != nil }
        #expect(report.lines.count == 2, "\(report.output)")
        let greeting = "Operations on "
        let line = try #require(report.lines.first)
        #expect(line.hasPrefix("\(greeting)http://127.0.0.1:"))
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "\(line.dropFirst(greeting.count))/readyz"),
            timeout: FeedServerProcess.requestTimeout)
        #expect(response.status == .ok)
        _ = try await response.body.collect(upTo: 1_024)
        server.signal(SIGTERM)
        #expect(try await server.ended().end == .exited(0))
    }

    /// Whoever starts it may let others read what programs make; this one does not.
    @Test func whatIsMadeIsForOneUserAlone() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let path = folder.path("data/feed.sqlite")
        let shell = ["-c", "umask 000; exec \"$0\" \"$@\"", try ChildProcess.product("feed-server")]
        let populated = try await ChildProcess.run(
            "sh", shell + ["populate", "--database", path, "--yes"],
            environment: FeedServerProcess.environment)
        #expect(populated.end == .exited(0), "\(populated.errors)")
        let server = try await ChildProcess.start(
            "sh", shell + ["serve", "--port", "0", "--database", path, "--redis", "none"],
            environment: FeedServerProcess.environment)
        _ = try await server.wait(for: "its address") { FeedServerProcess.address(in: $0) != nil }
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.url.path)
        for name in ["", "-wal", "-shm", ".lock", ".secret", ".media"] {
            #expect(names.contains("data/feed.sqlite\(name)"), "\(names)")
        }
        #expect(names.contains { $0.hasSuffix(".jpg") }, "\(names)")
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(name))
            let mode = try #require(attributes[.posixPermissions] as? Int)
            #expect(mode & 0o077 == 0, "\(name): \(String(mode, radix: 8))")
        }
        server.signal(SIGTERM)
        #expect(try await server.ended().end == .exited(0))
    }

    @Test func populateAsksBeforeItReplaces() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let path = folder.path("feed.sqlite")
        try await FeedServerProcess.run(arguments: ["populate", "--database", path])
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        for answer in ["n\n", "\n", ""] {
            let outcome = try await FeedServerProcess.outcome(
                of: ["populate", "--database", path], input: answer)
            #expect(outcome.hasFailed && outcome.output.contains("will be replaced"))
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        }
        let outcome = try await FeedServerProcess.outcome(
            of: ["populate", "--database", path, "--posts", "100"], input: "y\n")
        #expect(outcome.end == .exited(0))
        var configuration = SQLiteStore.Configuration()
        configuration.readDeadline = Patience.standard
        let store = try SQLiteStore(path: path, configuration: configuration)
        let drafts = try await store.count(.userPosts(userID: 1, status: .draft))
        #expect(try await store.count(.posts) + drafts == 100)
        try await store.close()
    }

    @Test func redateAsksBeforeItBringsPostsBack() async throws {
        // given: a post of a clock that was ten years ahead
        let folder = try TemporaryFolder(isInMemory: true)
        let path = folder.path("feed.sqlite")
        var configuration = SQLiteStore.Configuration()
        configuration.now = { Timestamp(microseconds: Timestamp.now.microseconds + 315_360_000_000_000) }
        var store = try SQLiteStore(path: path, configuration: configuration)
        let user = try await store.createUser(username: "ann", email: "ann@example.com").author.id
        let post = try #require(
            try await store.createPost(userID: user, title: "t", content: "c", status: .published))
        try await store.close()
        // when
        let refused = try await FeedServerProcess.outcome(of: ["redate", "--database", path], input: "n\n")
        #expect(refused.hasFailed && refused.output.contains("1 posts in"))
        let outcome = try await FeedServerProcess.outcome(of: ["redate", "--database", path], input: "y\n")
        #expect(outcome.end == .exited(0) && outcome.output.contains("1 posts and 0 drafts are dated now"))
        // then
        store = try SQLiteStore(path: path)
        let date = try #require(try await store.post(id: post.id, visibleTo: nil)?.datePosted)
        #expect(date < post.datePosted)
        #expect(store.status.clock == .ok)
        try await store.close()
        let again = try await FeedServerProcess.outcome(of: ["redate", "--database", path])
        #expect(again.end == .exited(0) && again.output.contains("is of the future"))
        let missing = try await FeedServerProcess.outcome(
            of: ["redate", "--database", folder.path("missing.sqlite")])
        #expect(missing.hasFailed && missing.errors.contains("there is no"))
    }

    @Test func generatedPostsAreTheSameForTheSameSeed() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        func posts(seed: String) async throws -> [Post] {
            let path = folder.path("\(UUID().uuidString).sqlite")
            try await FeedServerProcess.run(arguments: [
                "populate", "--database", path, "--yes", "--posts", "3000", "--users", "20", "--seed", seed,
            ])
            let store = try SQLiteStore(path: path)
            let query = PageQuery(collection: .posts, order: .newest, start: .first, pageSize: 1_000)
            let posts = try await store.page(query, visitor: RowCollector()).visitor.posts
            try await store.close()
            return posts
        }
        let first = try await posts(seed: "7")
        #expect(first.count == 1_000)
        #expect(try await posts(seed: "7") == first)
        #expect(try await posts(seed: "8") != first)
    }
}
