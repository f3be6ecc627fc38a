public import BenchmarkReport
import ChildProcesses
public import Foundation
import Subprocess

/// Where a report is written to.
public struct ReportFiles: Sendable {
    public var json: URL
    public var markdown: URL
    /// A folder beside the document, or under its folder.
    public var plots: URL

    /// `report.json`, `report.md` and `plots` in a folder.
    public init(in folder: URL) {
        json = folder.appending(path: "report.json")
        markdown = folder.appending(path: "report.md")
        plots = folder.appending(path: "plots")
    }

    public init(json: URL, markdown: URL, plots: URL) {
        self.json = json
        self.markdown = markdown
        self.plots = plots
    }

    /// Writes the report without its plots, each file whole or not at all: what has been measured is kept even if the
    /// run is killed.
    public func keep(_ report: Report) throws {
        try report.json().write(to: json, options: .atomic)
        try Data(report.markdown(plotFolder: nil).utf8).write(to: markdown, options: .atomic)
    }

    /// Draws the plots, and writes the document with them. What else is in their folder stays.
    ///
    /// It is finished also in a task that was cancelled: what has been measured is to be seen.
    ///
    /// - Returns: why there are no plots, where gnuplot is missing or refuses one; the document is then without.
    public func draw(_ report: Report) async throws -> String? {
        try await Task { try await drawToTheEnd(report) }.value
    }

    private func drawToTheEnd(_ report: Report) async throws -> String? {
        try FileManager.default.createDirectory(at: plots, withIntermediateDirectories: true)
        do {
            for plot in report.plots {
                let drawn = try await runChild(.name("gnuplot"), input: plot.script(), limit: .seconds(60))
                try Data(plot.finish(svg: drawn).utf8)
                    .write(to: plots.appending(path: plot.fileName), options: .atomic)
            }
        } catch let error as SubprocessError where error.code == .executableNotFound {
            return "the plots are not drawn: gnuplot is not installed"
        } catch let failure as ChildFailure {
            return "the plots are not drawn: \(failure)"
        }
        let document = report.markdown(plotFolder: plots.lastPathComponent)
        try Data(document.utf8).write(to: markdown, options: .atomic)
        return nil
    }
}
