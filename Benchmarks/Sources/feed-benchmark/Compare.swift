import ArgumentParser
import BenchmarkReport
import Foundation

/// `feed-benchmark compare`
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that two runs with one seed gave the same drift and the same steps.",
        discussion:
            "Times differ from run to run and are not compared. The exit status is 1 where something differs."
    )

    @Argument(help: "Path of a report.json.")
    var first: String

    @Argument(help: "Path of another one.")
    var second: String

    func run() throws {
        let reports = try [first, second].map { try Report(json: Data(contentsOf: URL(filePath: $0))) }
        let differences = reports[0].deterministicDifferences(from: reports[1])
        guard differences.isEmpty else {
            print(differences.joined(separator: "\n"))
            throw ExitCode.failure
        }
        print("The drift and the steps are the same.")
    }
}
