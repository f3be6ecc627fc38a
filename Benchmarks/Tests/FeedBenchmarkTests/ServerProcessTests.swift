import BenchmarkTestSupport
import Foundation
import Testing

@testable import FeedBenchmark

struct ServerProcessTests {
    private func command(_ script: String, in folder: URL) -> ServerProcess.Command {
        ServerProcess.Command(
            name: "the script", executable: "/bin/sh", arguments: ["-c", script],
            environment: ["GREETING": "hello"], log: folder.appending(path: "log")
        ) { log in log.contains("ready") ? 7 : nil }
    }

    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }

    private func isRunning(_ pid: Int32) -> Bool {
        // It throws when there is none.
        (try? ProcessTree(root: pid)) != nil
    }

    @Test func theBlockHasTheServerAndItIsGoneAfterwards() async throws {
        try await withFolder { folder in
            let pid = try await ServerProcess.with(
                command("echo $GREETING; echo ready; exec sleep 600", in: folder)
            ) { server in
                #expect(server.port == 7)
                try server.checkAlive()
                return server.pid
            }

            #expect(throws: BenchmarkFailure.self) { try ProcessTree(root: pid) }
            #expect(
                try String(contentsOf: folder.appending(path: "log"), encoding: .utf8) == "hello\nready\n")
        }
    }

    @Test func aServerThatDiesMeanwhileFailsTheBlockAndSaysWhy() async throws {
        try await withFolder { folder in
            let failure = await #expect(throws: BenchmarkFailure.self) {
                try await ServerProcess.with(command("echo ready; echo out of luck; exit 3", in: folder)) {
                    server in
                    try await waitUntil("the server's end") { !isRunning(server.pid) }
                }
            }

            #expect(failure?.description.contains("the script has died") == true)
            #expect(failure?.description.contains("out of luck") == true)
        }
    }

    @Test func aWorkerThatIsReplacedFailsTheBlock() async throws {
        try await withFolder { folder in
            let script = "sleep 600 & worker=$!; echo ready $worker; wait $worker; sleep 600 & wait"
            let failure = await #expect(throws: BenchmarkFailure.self) {
                try await ServerProcess.with(command(script, in: folder)) { server in
                    let log = try String(contentsOf: folder.appending(path: "log"), encoding: .utf8)
                    let worker = try #require(
                        log.split(whereSeparator: \.isWhitespace).last.flatMap { Int32($0) })
                    kill(worker, SIGKILL)
                    try await waitUntil("the worker's end") { !isRunning(worker) }
                }
            }

            #expect(failure?.description.contains("has ended, or a new one has begun") == true)
        }
    }

    @Test func aServerThatEndsBeforeItServesIsAFailure() async throws {
        try await withFolder { folder in
            await #expect(throws: BenchmarkFailure.self) {
                try await ServerProcess.with(command("echo no port is free; exit 1", in: folder)) { _ in }
            }
        }
    }

    @Test func anErrorOfTheBlockComesThroughAndTheServerIsGone() async throws {
        struct Wrong: Error {}
        try await withFolder { folder in
            var pid: Int32?
            await #expect(throws: Wrong.self) {
                try await ServerProcess.with(command("echo ready; exec sleep 600", in: folder)) { server in
                    pid = server.pid
                    throw Wrong()
                }
            }

            let started = try #require(pid)
            #expect(throws: BenchmarkFailure.self) { try ProcessTree(root: started) }
        }
    }
}
