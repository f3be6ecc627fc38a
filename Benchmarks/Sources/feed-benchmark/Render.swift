import ArgumentParser
import BenchmarkReport
import FeedBenchmark
import Foundation

/// `feed-benchmark render`
struct Render: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the document and its plots anew from a report.json.",
        discussion: "The folder of the plots has to lie beside the document.")

    @Argument(help: "Path of the report.json.")
    var report: String

    @Option(help: "Path of the document.")
    var markdown: String

    @Option(help: "Folder for the plots.")
    var plots: String

    func run() async throws {
        let json = URL(filePath: report)
        let files = ReportFiles(json: json, markdown: URL(filePath: markdown), plots: URL(filePath: plots))
        let problem = try await files.draw(Report(json: Data(contentsOf: json)))
        if let problem { throw ValidationError(problem) }
    }
}
