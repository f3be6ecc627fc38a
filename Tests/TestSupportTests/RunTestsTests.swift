import Foundation
import TestSupport
import Testing

/// `scripts/run-tests`: a run that hangs ends, and what is left behind is a failure. The bundles are scripts that say
/// what a bundle would say.
@Suite struct RunTestsTests {
    private static let runner = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "scripts/run-tests").path

    /// - Parameter body: a shell script with `event KIND TEST`, which writes to the event stream.
    private func run(
        _ body: String, environment: [String: String] = [:]
    ) async throws -> ChildProcess.Report {
        let folder = try TemporaryFolder()
        let bundle = folder.path("bundle")
        let script = """
            #!/bin/bash
            while [ $# -gt 0 ]; do [ "$1" != --event-stream-output-path ] || stream=$2; shift; done
            event() {
                printf '{"kind":"event","payload":{"kind":"%s","instant":{"absolute":%s},"testID":"%s"}}\\n' \\
                    "$1" "$(date +%s.%N)" "$2" >>"$stream"
            }
            \(body)
            """
        try script.write(toFile: bundle, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: bundle)
        let report = try await ChildProcess.run(
            Self.runner, [bundle],
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 })
        withExtendedLifetime(folder) {}
        return report
    }

    /// A test without arguments, of whose case nothing is said, and one with.
    private static let passed = """
        event testStarted A/a; event testEnded A/a
        event testStarted A/c; event testCaseStarted A/c; event testCaseEnded A/c; event testEnded A/c
        """

    @Test func whatPassesIsCounted() async throws {
        let report = try await run("\(Self.passed); event testStarted A/b; event testEnded A/b")
        #expect(report.end == .exited(0) && report.lines.last == "3 passed, 0 failed")
    }

    @Test func whatFailsIsNamed() async throws {
        let report = try await run(
            "\(Self.passed); event testStarted A/b; event issueRecorded A/b; event testEnded A/b; exit 1")
        #expect(report.end == .exited(1) && report.lines.last == "2 passed, 1 failed")
        #expect(report.lines.contains("A/b"))
    }

    @Test func aRunWithoutATestIsAFailure() async throws {
        let report = try await run("true")
        #expect(report.end == .exited(1) && report.lines.last == "0 passed, 1 failed")
    }

    @Test func aCrashIsAFailure() async throws {
        let report = try await run("\(Self.passed); event testStarted A/b; kill -SEGV $$")
        #expect(report.end == .exited(1) && report.output.contains("under way at its end: A/b"))
    }

    /// One that no guard reaches, with a blocked thread for instance.
    @Test func aHangIsEndedAndNamed() async throws {
        let report = try await run(
            "\(Self.passed); event testStarted A/b; exec sleep 3600", environment: ["TEST_SILENCE": "0.5"]
        )
        #expect(report.end == .exited(1))
        #expect(report.output.contains("no test has begun or ended for 0 s; under way: A/b"))
        #expect(report.lines.last == "2 passed, 1 failed")
    }

    @Test func aProcessThatIsLeftBehindIsEndedAndNamed() async throws {
        let report = try await run(
            "\(Self.passed); (setsid sleep 3599 >/dev/null 2>&1 &)", environment: ["TEST_GRACE": "0.2"])
        #expect(report.end == .exited(1))
        #expect(report.output.contains("left a process behind: sleep 3599"), "\(report.errors)")
    }

    @Test func aFileThatIsLeftBehindIsNamed() async throws {
        let report = try await run("\(Self.passed); touch \"$TMPDIR/left\"")
        #expect(report.end == .exited(1) && report.output.contains("left a file behind: "))
    }

    @Test func whatIsSkippedIsCounted() async throws {
        let report = try await run("\(Self.passed); event testSkipped A/b")
        #expect(report.end == .exited(0) && report.lines.last == "2 passed, 0 failed, 1 skipped")
    }

    /// Ended by a signal, it ends what it has started, and leaves no file.
    @Test func anEndedRunLeavesNothing() async throws {
        let folder = try TemporaryFolder()
        let bundle = folder.path("bundle")
        try "#!/bin/bash\necho \"$TMPDIR $TEST_MEMORY $$\"; exec sleep 3600\n".write(
            toFile: bundle, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: bundle)
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            let runner = try await ChildProcess.start(Self.runner, [bundle])
            try await runner.wait(for: "the bundle") { !$0.lines.isEmpty }
            let words = runner.report.lines[0].split(separator: " ").map(String.init)
            runner.signal(signal)
            try await runner.ended()
            for path in words.prefix(2) { #expect(!FileManager.default.fileExists(atPath: path)) }
            #expect(kill(try #require(pid_t(words[2])), 0) != 0)
        }
    }
}
