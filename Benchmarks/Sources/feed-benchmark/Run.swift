import ArgumentParser
import BenchmarkReport
import FeedBenchmark
import Foundation
import UnixSignals

/// `feed-benchmark run`
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure, and write report.md, report.json and the plots.",
        discussion: """
            An interrupt (Ctrl-C) ends it and keeps what is finished. The exit status is 0 when all was measured \
            and what the report claims holds, 1 when something failed, 130 after an interrupt.
            """)

    @Flag(help: "Rougher figures, in less than five minutes.")
    var quick = false

    @Option(
        help:
            "Posts of the main database, \(BenchmarkSettings.postsBounds.lowerBound) to \(BenchmarkSettings.postsBounds.upperBound)."
    )
    var posts = 1_000_000

    @Option(
        help:
            "The largest of the databases whose costs are compared; 1000000 where it is quick, else 10000000."
    )
    var growthLimit: Int?

    @Option(help: "Seed of the data, of the drift and of the order of turns.")
    var seed: UInt64 = 1

    @Option(
        parsing: .upToNextOption,
        help:
            "Sections to measure: \(BenchmarkSettings.Section.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    var only: [String] = []

    @Option(help: "Folder for the report.")
    var output: String

    @Option(help: "Folder with the release binaries.")
    var executables: String

    @Option(help: "Folder of the package of the benchmarks.")
    var package: String

    private static let growthSizes = [10_000, 100_000, 1_000_000, 10_000_000]

    func validate() throws {
        let bounds = BenchmarkSettings.postsBounds
        for (name, value) in [("--posts", posts), ("--growth-limit", growthLimit ?? posts)]
        where !bounds.contains(value) {
            throw ValidationError("\(name) must be \(bounds.lowerBound) to \(bounds.upperBound).")
        }
        for name in only where BenchmarkSettings.Section(rawValue: name) == nil {
            let all = BenchmarkSettings.Section.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--only knows \(all), not '\(name)'.")
        }
    }

    func run() async throws {
        let limit = growthLimit ?? (quick ? 1_000_000 : 10_000_000)
        let sections = only.compactMap(BenchmarkSettings.Section.init(rawValue:))
        let settings = BenchmarkSettings(
            isQuick: quick, seed: seed, posts: posts, growth: Self.growthSizes.filter { $0 <= limit },
            sections: Set(sections.isEmpty ? BenchmarkSettings.Section.allCases : sections),
            output: URL(filePath: output), executables: URL(filePath: executables),
            package: URL(filePath: package))
        let report = try await Self.untilSignal { try await BenchmarkRun(settings: settings).run() }
        print(ReportFiles(in: settings.output).markdown.path)
        switch report.run.status {
        case .complete: return
        case .interrupted:
            throw ExitCode(130)
        case .running, .failed:
            FileHandle.standardError.write(Data("feed-benchmark: \(report.run.failure ?? "failed")\n".utf8))
            throw ExitCode.failure
        }
    }

    /// Cancels `body` at the first signal to stop, and waits for it to end.
    private static func untilSignal(_ body: @escaping @Sendable () async throws -> Report) async throws
        -> Report
    {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let work = Task { try await body() }
        let watch = Task {
            for await _ in signals { work.cancel() }
        }
        defer { watch.cancel() }
        return try await work.value
    }
}
