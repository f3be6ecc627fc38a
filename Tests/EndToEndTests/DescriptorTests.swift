import Foundation
import LoopbackClient
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

/// A server that may have few file descriptors, and more clients than that.
@Suite struct DescriptorTests {
    private struct Server {
        let child: ChildProcess
        let address: String
        let operations: String

        var port: Int { get throws { try #require(address.split(separator: ":").last.flatMap { Int($0) }) } }

        func get(_ url: String) async throws -> String {
            let response = try await HTTPClient.shared.execute(
                HTTPClientRequest(url: url), timeout: FeedServerProcess.requestTimeout)
            #expect(response.status == .ok)
            return String(buffer: try await response.body.collect(upTo: 1 << 20))
        }

        /// The value of one sample, by its name with its labels.
        func metric(_ name: String) async throws -> Double? {
            let text = try await get("\(operations)/metrics")
            let line = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
            return line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
        }
    }

    /// Serves with the limits that the shell's `ulimit` sets, while `body` runs. None of its deadlines ends a connection.
    private func serve(_ limits: String, _ body: (Server) async throws -> Void) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let child = try await ChildProcess.start(
            "sh",
            [
                "-c", "\(limits); exec \"$0\" \"$@\"", try ChildProcess.product("feed-server"), "serve",
                "--port", "0", "--operations-address", "127.0.0.1:0", "--redis", "none", "--access-log",
                "false", "--head-timeout", "3600", "--database", folder.path("feed.sqlite"),
            ], environment: FeedServerProcess.environment)
        let report = try await child.wait(for: "its address") { FeedServerProcess.address(in: $0) != nil }
        let operations = try #require(report.lines.first { $0.hasPrefix("Operations on ") })
        let server = Server(
            child: child, address: try #require(FeedServerProcess.address(in: report)),
            operations: String(operations.dropFirst("Operations on ".count)))
        do {
            try await body(server)
        } catch {
            Issue.record("what the server says: \(child.report)")
            throw error
        }
        child.signal(SIGTERM)
        #expect(try await child.ended().end == .exited(0))
    }

    /// As many descriptors as on one core: each further one has an event loop and a reader.
    private static func limit(_ descriptors: Int) -> Int {
        descriptors + 5 * ProcessInfo.processInfo.processorCount
    }

    @Test func moreClientsThanDescriptorsKeepNobodyOut() async throws {
        let limit = Self.limit(80)
        try await serve("ulimit -n \(limit)") { server in
            let crowd = try await SocketCrowd.connect(100 + limit, port: try server.port)
            #expect(try await server.get("\(server.address)/healthz") != "")
            #expect(try await server.get("\(server.address)/api/posts").contains("\"total\":0"))
            try await waitUntil("those that make room") {
                try await server.metric("http_connections_evicted_total{reason=\"address\"}") ?? 0 > 100
            }
            // So many are not even accepted.
            #expect(try await server.metric("http_accept_pauses_total{reason=\"process\"}") == 0)
            try await server.child.wait(for: "what there is room for") {
                $0.errors.contains(" warning ")
                    && $0.errors.contains("there may be \(limit) file descriptors")
            }
            withExtendedLifetime(crowd) {}
        }
    }

    @Test func theSoftLimitIsRaised() async throws {
        try await serve("ulimit -S -n 100") { server in
            let limit = try #require(try await server.metric("process_max_fds"))
            #expect(limit > 100)
            let crowd = try await SocketCrowd.connect(200, port: try server.port)
            try await waitUntil("200 connections") {
                try await server.metric("http_connections_open") ?? 0 > 200
            }
            #expect(try await server.get("\(server.address)/healthz") != "")
            #expect(try await server.metric("http_connections_evicted_total{reason=\"server\"}") == 0)
            withExtendedLifetime(crowd) {}
        }
    }

    /// Something has taken more than was kept for it: here the limit itself goes down, to what is open.
    @Test func withoutADescriptorNoCoreSpins() async throws {
        let limit = Self.limit(200)
        try await serve("ulimit -n \(limit)") { server in
            let first = try await SocketCrowd.connect(20, port: try server.port)
            try await waitUntil("20 connections") {
                try await server.metric("http_connections_open") ?? 0 > 20
            }
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server.child.pid)/fd")
            let least = try #require(open.compactMap { Int($0) }.max()) + 1
            let limited = try await ChildProcess.run(
                "prlimit", ["--pid", "\(server.child.pid)", "--nofile=\(least):"])
            try #require(limited.end == .exited(0), "\(limited.errors)")
            let second = try await SocketCrowd.connect(20, port: try server.port)
            let pauses = "http_accept_pauses_total{reason=\"process\"}"
            try await waitUntil("a pause") { try await server.metric(pauses) ?? 0 >= 1 }
            let before = try #require(try await server.metric("process_cpu_seconds_total"))
            try await waitUntil("five more of them") { try await server.metric(pauses) ?? 0 >= 6 }
            let after = try #require(try await server.metric("process_cpu_seconds_total"))
            // Two and a half seconds at least: as much of a core that spins.
            #expect(after - before < 1.25)
            // Those that have waited longest have made room, as far as that helps.
            #expect(
                try await server.metric("http_connections_evicted_total{reason=\"descriptors\"}") ?? 0 > 0)
            #expect(server.child.report.errors.contains("No connection can be accepted for now"))
            let freed = try await ChildProcess.run(
                "prlimit", ["--pid", "\(server.child.pid)", "--nofile=\(limit):"])
            try #require(freed.end == .exited(0), "\(freed.errors)")
            #expect(try await server.get("\(server.address)/healthz") != "")
            withExtendedLifetime((first, second)) {}
        }
    }

    @Test func tooFewAreSaidSo() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let report = try await ChildProcess.run(
            "sh",
            [
                "-c", "ulimit -n 30; exec \"$0\" \"$@\"", try ChildProcess.product("feed-server"), "serve",
                "--port", "0", "--redis", "none", "--database", folder.path("feed.sqlite"),
            ], environment: FeedServerProcess.environment)
        #expect(report.end == .exited(EXIT_FAILURE))
        #expect(report.errors.contains("raise the limit (ulimit -n"))
        #expect(report.errors.split(separator: "\n").count == 1, "\(report.errors)")
    }
}
