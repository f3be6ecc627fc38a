import BenchmarkReport
import Foundation
import Testing

@testable import FeedBenchmark

struct WritesSectionTests {
    private func measure(answer: String) async throws -> WritesFigures {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // In a folder for temporary files.
        let executable = folder.appending(path: "feed-server")
        let server = try await PostingServer(in: folder, answer: answer)
        try Data("#!/bin/sh\n\(server.script)\n".utf8).write(to: executable)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: executable.path)
        var settings = BenchmarkSettings(
            isQuick: true, seed: 1, posts: 10_000, growth: [], sections: [.writes], output: folder,
            executables: folder, package: folder)
        settings.effort.writeSeconds = 0.05
        settings.effort.writeRounds = 2
        let bench = Bench(
            settings: settings, progress: FeedBenchmark.Progress(),
            server: FeedServerBinary(path: executable.path, folder: folder),
            redis: RedisBinary(folder: folder), load: .notMeasured("not asked for"),
            peer: .notMeasured("not asked for"), folder: folder)
        // On a thread of its own: whoever logs in over HTTP blocks while it waits.
        return try await withTaskExecutorPreference(ThreadExecutor()) {
            try await WritesSection(bench: bench).measure()
        }
    }

    @Test func everyWayIsMeasuredInEveryRoundWithEachNumberOfWriters() async throws {
        let figures = try await measure(answer: "self.keep(post); self.answer(201, {})")

        #expect(figures.rows.map(\.writers) == [1, 1, 1, 8, 8, 8, 64, 64, 64])
        for writers in [1, 8, 64] {
            let ways = figures.rows.filter { $0.writers == writers }.map(\.way)
            #expect(ways == [.groupCommit, .commitEach, .http])
        }
        for row in figures.rows {
            let rounds = try #require(row.rounds.value)
            #expect(rounds.count == 2)
            #expect(rounds.allSatisfy { $0 > 0 && $0.isFinite })
        }
    }

    @Test(
        arguments: [
            "self.answer(503, {})",
            "self.keep(post); self.answer(200, {})",
            "self.close_connection = True",
            "import os; os._exit(3)",
            // Acknowledged and not kept, and kept twice.
            "self.answer(201, {})",
            "self.keep(post); self.keep(post); self.answer(201, {})",
        ])
    func whatIsNotAcknowledgedAndKeptFailsTheRun(answer: String) async throws {
        await #expect(throws: BenchmarkFailure.self) { try await measure(answer: answer) }
    }
}
