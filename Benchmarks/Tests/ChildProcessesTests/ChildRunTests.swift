import BenchmarkTestSupport
import ChildProcesses
import Foundation
import Subprocess
import SystemPackage
import Testing

@Suite("a child")
struct ChildRunTests {
    @Test("gives what it wrote, with the environment it was given")
    func output() async throws {
        let output = try await runChild(
            .path("/bin/sh"), arguments: ["-c", "cat; echo $GIVEN ${HOME-none}"],
            environment: ["GIVEN": "one", "HOME": nil], input: "read ", limit: Patience.standard)
        #expect(output == "read one none\n")
    }

    @Test(
        "that fails is an error that repeats its complaint",
        arguments: [
            ("echo no disk >&2; exit 3", "it ended with 3: no disk"),
            ("kill -9 $$", "it was ended by signal 9"),
        ])
    func failure(script: String, reason: String) async throws {
        let failure = await #expect(throws: ChildFailure.self) {
            try await runChild(.path("/bin/sh"), arguments: ["-c", script], limit: Patience.standard)
        }
        #expect(failure?.child == "/bin/sh -c \(script)")
        #expect(failure?.reason == reason)
    }

    @Test("that takes too long is killed")
    func limit() async throws {
        // Given a child that would go on for much longer than anybody waits here
        let child = Running("a child whose time is over") {
            try await runChild(.path("/bin/sleep"), arguments: ["3600"], limit: .milliseconds(50))
        }
        // Then it has failed, and does not go on: its end is waited for
        await #expect(throws: ChildFailure.self) { try await child.value() }
    }

    @Test("is killed with its task")
    func cancellation() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let mark = folder.appending(path: "pid")
        // Given a child that runs
        let child = Running("a child whose task is cancelled") {
            try await runChild(
                .path("/bin/sh"),
                arguments: [
                    "-c", "echo $$ > \(mark.path).new; mv \(mark.path).new \(mark.path); exec sleep 3600",
                ],
                limit: .seconds(3_600))
        }
        var pid: Int32?
        try await waitUntil("the child's number") {
            // It is not there before the child is.
            pid = (try? String(contentsOf: mark, encoding: .utf8)).flatMap {
                Int32($0.trimmingCharacters(in: .whitespacesAndNewlines))
            }
            return pid != nil || child.hasEnded
        }
        // When its task is cancelled
        child.cancel()
        // Then it is gone, and its end is no failure
        await #expect(throws: CancellationError.self) { try await child.value() }
        #expect(kill(try #require(pid), 0) == -1 && errno == ESRCH)
    }
}
