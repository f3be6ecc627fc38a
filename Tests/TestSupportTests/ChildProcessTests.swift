import Foundation
import TestSupport
import Testing

/// Children are as after a log-in, say what they said when they disappoint, and are gone when they are killed.
@Suite struct ChildProcessTests {
    private func shell(_ script: String) async throws -> ChildProcess {
        try await ChildProcess.start("sh", ["-c", script])
    }

    @Test func whatItReadsAndWritesAndHowItEnds() async throws {
        let folder = try TemporaryFolder()
        let report = try await ChildProcess.run(
            "sh", ["-c", "cat; echo $GIVEN; pwd; echo complaint >&2; exit 3"],
            environment: ["GIVEN": "given", "PATH": "/usr/bin:/bin"], folder: folder.url, input: "read\n")
        #expect(report.lines == ["read", "given", Substring(folder.url.resolvingSymlinksInPath().path)])
        #expect(report.errors == "complaint\n")
        #expect(report.end == .exited(3))
    }

    @Test func aProgramThatIsNotThereSaysSo() async throws {
        let report = try await ChildProcess.run("no-such-program")
        #expect(report.end == .exited(127))
        #expect(report.errors == "no-such-program: No such file or directory\n")
    }

    /// Nothing of this process's: a socket that a child holds open, for instance, is not closed for its other end.
    @Test func itInheritsNoDescriptorAndNoSignalMask() async throws {
        let file = try FileHandle(forReadingFrom: URL(filePath: "/dev/null"))
        let report = try await ChildProcess.run(
            "sh", ["-c", "ls /proc/$$/fd; exec grep -E 'Sig(Blk|Ign)' /proc/self/status"])
        #expect(report.lines.prefix(3) == ["0", "1", "2"])
        let masks = report.lines.dropFirst(3).map { $0.split(separator: "\t") }
        #expect(masks.map(\.first) == ["SigBlk:", "SigIgn:"])
        // The C library keeps 32 and 33 for itself, and lets nobody change them.
        #expect(masks.allSatisfy { UInt64($0[1], radix: 16).map { $0 & ~(3 << 31) } == 0 })
        try file.close()
    }

    @Test func oneThatNeverAnswersIsNamedWithItsLastWords() async throws {
        let child = try await shell("echo last words; exec sleep 3600")
        try await child.wait(for: "its words") { $0.output.contains("last words") }
        let waits: [() async throws -> Void] = [
            { _ = try await child.ended(patience: .milliseconds(20)) },
            { _ = try await child.wait(for: "an answer", patience: .milliseconds(20)) { _ in false } },
        ]
        for wait in waits {
            let failure = await #expect(throws: WaitFailure.self) { try await wait() }
            #expect(failure?.last.contains("last words") == true && failure?.what.contains("sh") == true)
        }
        #expect(try await child.killed().end == .signalled(SIGKILL))
    }

    @Test func oneThatEndsWithoutIsAFailure() async throws {
        let child = try await shell("echo not this; exit 4")
        let failure = await #expect(throws: ChildProcess.Failure.self) {
            try await child.wait(for: "something else") { $0.output.contains("something else") }
        }
        #expect(failure?.description.contains("exited(4) not this") == true)
    }

    /// With all that it has started, also where it has ended itself.
    @Test func whatItHasStartedIsKilledWithIt() async throws {
        let child = try await shell("sleep 3600 & echo $!")
        try await child.wait(for: "the number") { !$0.lines.isEmpty }
        let number = try #require(pid_t(child.report.lines[0]))
        #expect(kill(number, 0) == 0)
        try await child.killed()
        try await waitUntil("the end of the grandchild") {
            // Gone, or waiting for somebody to ask how it ended.
            let status = try? String(contentsOfFile: "/proc/\(number)/status", encoding: .utf8)
            return status?.contains("State:\tZ") ?? true
        }
    }

    @Test func aSignalReachesItAlone() async throws {
        let child = try await shell(
            "trap 'echo caught; exit 5' TERM; echo ready; while :; do read -r line; done")
        try await child.wait(for: "ready") { $0.output.contains("ready") }
        child.signal(SIGTERM)
        child.closeInput()
        let report = try await child.ended()
        #expect(report.end == .exited(5) && report.output.contains("caught"))
        // Nobody else has its number now.
        child.signal(SIGKILL)
        child.kill()
    }
}
