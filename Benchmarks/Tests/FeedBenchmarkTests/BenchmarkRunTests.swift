import BenchmarkReport
import BenchmarkTestSupport
import Foundation
import Testing

@testable import FeedBenchmark

struct BenchmarkRunTests {
    /// A folder with a feed-server that is a script.
    private struct Fixture: ~Copyable {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

        init(server script: String) throws {
            try FileManager.default.createDirectory(
                at: folder.appending(path: "bin"), withIntermediateDirectories: true)
            try add("feed-server", script)
        }

        /// One with a server that takes posts.
        static func withPostingServer() async throws -> Fixture {
            let fixture = try Fixture(server: "exit 1")
            try fixture.add("feed-server", try await PostingServer(in: fixture.folder).script)
            return fixture
        }

        /// Puts a program beside the server, or in its place.
        func add(_ name: String, _ script: String) throws {
            let program = folder.appending(path: "bin/\(name)")
            try Data("#!/bin/sh\n\(script)\n".utf8).write(to: program)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
        }

        deinit {
            // What is left of a test in a folder for temporary files does no harm.
            try? FileManager.default.removeItem(at: folder)
        }

        func settings(_ sections: Set<BenchmarkSettings.Section>) -> BenchmarkSettings {
            var settings = BenchmarkSettings(
                isQuick: true, seed: 1, posts: 10_000, growth: [10_000], sections: sections,
                output: folder.appending(path: "report"), executables: folder.appending(path: "bin"),
                package: folder)
            settings.effort.writeSeconds = 0.05
            return settings
        }

        func report() throws -> Report {
            try Report(json: Data(contentsOf: folder.appending(path: "report/report.json")))
        }
    }

    /// On a thread of its own: its clients block while they wait.
    private static func run(_ settings: BenchmarkSettings) async throws -> Report {
        try await withTaskExecutorPreference(ThreadExecutor()) {
            try await BenchmarkRun(settings: settings).run()
        }
    }

    @Test func aFailureEndsTheRunAndKeepsWhatWasFinished() async throws {
        // There is no binary for the single steps.
        let fixture = try await Fixture.withPostingServer()

        let report = try await Self.run(fixture.settings([.writes, .micro]))

        #expect(report.run.status == .failed)
        #expect(report.run.failure?.hasPrefix("micro") == true)
        #expect(report.writes.value?.rows.count == 9)
        #expect(report.micro == .notMeasured("the run failed"))
        #expect(report.depth == .notMeasured("it was left out"))
        let kept = try fixture.report()
        #expect(kept.run.status == .failed)
        #expect(kept.writes.value?.rows.count == 9)
        let left = try FileManager.default.contentsOfDirectory(
            atPath: fixture.folder.appending(path: "report").path)
        #expect(Set(left) == [".lock", "plots", "report.json", "report.md"])
    }

    @Test func aCommandThatFailsSaysWhy() async throws {
        let fixture = try Fixture(server: "echo the disk is full >&2; exit 1")

        let report = try await Self.run(fixture.settings([.drift]))

        #expect(report.run.status == .failed)
        #expect(report.run.failure?.contains("the disk is full") == true)
    }

    @Test func anInterruptKeepsWhatWasFinishedDrawsItAndSaysSo() async throws {
        // Given a program for the second section that does not end
        let fixture = try await Fixture.withPostingServer()
        try fixture.add("micro-counter", #"echo $$ >"$(dirname "$0")/pid"; exec sleep 3600"#)
        let output = fixture.folder.appending(path: "report")
        let pid = fixture.folder.appending(path: "bin/pid")
        let thresholds = fixture.folder.appending(path: "Thresholds/micro.json")
        try FileManager.default.createDirectory(
            at: thresholds.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(
            #"{"place": {"swift": "", "valgrind": "", "architecture": ""}, "operations": {}}"#.utf8
        ).write(to: thresholds)
        let settings = fixture.settings([.writes, .micro])

        // When it is interrupted in the second section
        let run = Running("the run") { try await Self.run(settings) }
        var started: Int32?
        try await waitUntil("the second section", patience: Patience.standard * 2) {
            // It is not there before the script has begun.
            let text = (try? String(contentsOf: pid, encoding: .utf8)) ?? ""
            started = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
            return started != nil || run.hasEnded
        }
        run.cancel()
        let report = try await run.value()

        // Then the first is there, with its plot, and nothing runs any more
        #expect(report.run.status == .interrupted, "\(report.run.failure ?? "")")
        #expect(report.writes.value != nil)
        #expect(report.micro == .notMeasured("the run was interrupted"))
        #expect(try fixture.report().run.status == .interrupted)
        #expect(FileManager.default.fileExists(atPath: output.appending(path: "plots/writes.svg").path))
        let document = try String(contentsOf: output.appending(path: "report.md"), encoding: .utf8)
        #expect(document.contains("plots/writes.svg"))
        let child = try #require(started)
        #expect(throws: BenchmarkFailure.self) { try ProcessTree(root: child) }
    }

    @Test func aFolderIsForOneRunAtATime() async throws {
        let fixture = try await Fixture.withPostingServer()
        let settings = fixture.settings([.writes])
        let folder = try OutputFolder(settings.output)

        await #expect(throws: BenchmarkFailure.self) { try await Self.run(settings) }
        folder.close()

        let report = try await Self.run(settings)
        #expect(report.run.status == .complete)
    }

    @Test func withoutBinariesItDoesNotBegin() async throws {
        let fixture = try Fixture(server: "exit 1")
        var settings = fixture.settings([.drift])
        settings.executables = fixture.folder

        await #expect(throws: BenchmarkFailure.self) { try await Self.run(settings) }
    }
}
