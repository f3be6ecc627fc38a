import FeedStore
import Foundation
import LoopbackClient
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

/// Standard output and error as operators leave them: closed, full, read by nobody. None of it ends the program, holds
/// it up or makes it lie.
@Suite struct SinkTests {
    private static let standard = ["--redis", "none", "--shutdown-timeout", "60"]

    /// Starts the program by a shell that does with its streams what is asked for.
    private func start(_ arguments: [String], streams: String) async throws -> ChildProcess {
        try await ChildProcess.start(
            "sh",
            ["-c", "exec \"$0\" \"$@\" \(streams)", try ChildProcess.product("feed-server")] + arguments,
            environment: FeedServerProcess.environment)
    }

    private func serve(in folder: TemporaryFolder, streams: String) async throws -> ChildProcess {
        try await start(
            ["serve", "--port", "0", "--database", folder.path("feed.sqlite")] + Self.standard,
            streams: streams)
    }

    private func address(of server: ChildProcess) async throws -> String {
        var port: Int?
        try await waitUntil("a server that listens", last: { "\(server.report)" }) {
            port = ListeningPort.of(server.pid)
            return port != nil || server.report.isComplete
        }
        return "http://127.0.0.1:\(try #require(port, "\(server.report)"))"
    }

    private func get(_ url: String) async throws -> String {
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: url), timeout: FeedServerProcess.requestTimeout)
        #expect(response.status == .ok)
        return String(buffer: try await response.body.collect(upTo: 1 << 20))
    }

    /// What the audit log has a line for.
    private func failToLogIn(_ address: String) async throws {
        var request = HTTPClientRequest(url: "\(address)/api/users/token")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        request.body = .bytes(Array("username=nobody%40example.com&password=wrong".utf8))
        let response = try await HTTPClient.shared.execute(
            request, timeout: FeedServerProcess.requestTimeout)
        #expect(response.status == .unauthorized)
        _ = try await response.body.collect(upTo: 1 << 20)
    }

    /// Returns when the server tells that it has lost lines of a log.
    private func losesLines(of log: String, _ address: String) async throws {
        let lost = try Regex("log_dropped_lines_total\\{log=\"\(log)\"\\} [1-9]")
        var metrics = ""
        try await waitUntil("lines of the \(log) log that are lost", last: { metrics }) {
            metrics = try await get("\(address)/metrics")
            return metrics.contains(lost)
        }
    }

    private func stop(_ server: ChildProcess) async throws {
        server.signal(SIGTERM)
        let report = try await server.ended()
        #expect(report.end == .exited(0), "\(report)")
    }

    @Test(arguments: [">/dev/full 2>/dev/full", ">/dev/full", "2>/dev/full"])
    func aFullDiskEndsNoServer(streams: String) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let server = try await serve(in: folder, streams: streams)
        let address = try await address(of: server)
        try await failToLogIn(address)
        if streams.hasPrefix(">") { try await losesLines(of: "output", address) }
        if streams.contains("2>") {
            for log in ["access", "audit", "server"] { try await losesLines(of: log, address) }
        }
        try await stop(server)
    }

    /// What is opened next takes the number of what is closed: nothing of the server's may.
    @Test(arguments: [">&-", "2>&-", "<&- >&- 2>&-"])
    func aClosedStreamIsNobodyElses(streams: String) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let server = try await serve(in: folder, streams: streams)
        let address = try await address(of: server)
        for _ in 0..<20 { _ = try await get("\(address)/api/posts") }
        for (number, closes) in [(0, "<&-"), (1, " >&-"), (2, "2>&-")] where " \(streams)".contains(closes) {
            let file = try FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/\(server.pid)/fd/\(number)")
            #expect(file == "/dev/null", "\(number)")
        }
        try await stop(server)
        let store = try SQLiteStore(path: folder.path("feed.sqlite"))
        #expect(try await store.count(.posts) == 0)
        try await store.close()
    }

    /// As with `2> >(head -1)`.
    @Test func aReaderThatGoesAwayEndsNoServer() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let pipe = try ErrorPipe(in: folder)
        let server = try await serve(in: folder, streams: "2>'\(pipe.path)'")
        let address = try await address(of: server)
        _ = try await get("\(address)/api/posts")
        pipe.closeReader()
        try await losesLines(of: "access", address)
        _ = try await get("\(address)/api/posts")
        try await stop(server)
    }

    /// A pipe that nobody reads: requests go on, and so does a shutdown.
    @Test func aReaderThatStandsStillHoldsNothingUp() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let pipe = try ErrorPipe(in: folder)
        let server = try await serve(in: folder, streams: "2>'\(pipe.path)'")
        let address = try await address(of: server)
        for _ in 0..<200 { _ = try await get("\(address)/healthz") }
        try await waitUntil("a pipe that is full") { pipe.isFull }
        _ = try await get("\(address)/healthz")
        try await stop(server)
    }

    /// Also those of the last moment.
    @Test func anOrderlyEndWritesAllLines() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let server = try await serve(in: folder, streams: "")
        let address = try await address(of: server)
        let count = 50
        for _ in 0..<count { _ = try await get("\(address)/healthz") }
        server.signal(SIGTERM)
        let report = try await server.ended()
        #expect(report.end == .exited(0))
        let lines = report.errors.split(separator: "\n")
        #expect(lines.count { $0.contains(" GET /healthz 200 ") } == count, "\(report.errors)")
        #expect(lines.last?.hasSuffix(" Stopped") == true, "\(report.errors)")
    }

    /// A file that can't be opened holds up whoever reads it, and nothing ends that.
    @Test func aShutdownThatHangsIsEnded() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let server = try await start(
            [
                "serve", "--port", "0", "--database", folder.path("feed.sqlite"), "--redis", "none",
                "--shutdown-timeout", "1",
            ], streams: "")
        let address = try await address(of: server)
        let picture = "\(String(repeating: "a", count: 32)).jpg"
        // A pipe in the place of a picture: it opens when somebody writes.
        #expect(mkfifo(folder.path("feed.sqlite.media/\(picture)"), 0o600) == 0)
        let request = Task { try await get("\(address)/media/\(picture)") }
        defer { request.cancel() }
        try await waitUntil("a request under way", last: { server.report.errors }) {
            try await get("\(address)/metrics").contains("http_connections_open 2\n")
        }
        server.signal(SIGTERM)
        let report = try await server.ended()
        #expect(report.end == .exited(EXIT_FAILURE), "\(report)")
        #expect(report.errors.contains("feed-server: the shutdown has taken more than 11 s and is ended\n"))
    }

    @Test(arguments: ["2>/dev/full", "2>&-", ">&- 2>&-", ">/dev/full 2>/dev/full"])
    func aCommandThatFailsFailsAsItShould(streams: String) async throws {
        let report = try await start(["serve", "--port", "99999"], streams: streams).ended()
        #expect(report.end == .exited(EXIT_FAILURE), "\(report)")
    }

    @Test(arguments: [">/dev/full 2>/dev/full", "<&- >&- 2>&-"])
    func populateDoesItsWorkWhoeverListens(streams: String) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let child = try await start(populate(folder), streams: streams)
        try await expectPosts(of: child, in: folder)
    }

    @Test func populateWaitsForNoReader() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let pipe = try ErrorPipe(in: folder)
        pipe.fill()
        let child = try await start(populate(folder), streams: "2>'\(pipe.path)'")
        try await expectPosts(of: child, in: folder)
    }

    @Test func populateGoesOnWithoutAReader() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let pipe = try ErrorPipe(in: folder)
        let child = try await ChildProcess.start(
            "sh",
            [
                "-c", "exec 3>'\(pipe.path)'; echo open; read go; exec \"$0\" \"$@\" 2>&3 3>&-",
                try ChildProcess.product("feed-server"),
            ] + populate(folder), environment: FeedServerProcess.environment)
        try await child.wait(for: "its standard error") { $0.lines == ["open"] }
        pipe.closeReader()
        try await child.write("go\n")
        try await expectPosts(of: child, in: folder)
    }

    private func populate(_ folder: TemporaryFolder) -> [String] {
        [
            "populate", "--database", folder.path("feed.sqlite"), "--yes", "--posts", "60000", "--users",
            "10",
        ]
    }

    private func expectPosts(of child: ChildProcess, in folder: TemporaryFolder) async throws {
        let report = try await child.ended()
        #expect(report.end == .exited(0), "\(report)")
        var configuration = SQLiteStore.Configuration()
        configuration.readDeadline = Patience.standard
        let store = try SQLiteStore(path: folder.path("feed.sqlite"), configuration: configuration)
        #expect(try await store.count(.posts) > 50_000)
        try await store.close()
    }
}
