public import BenchmarkReport
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

    /// Draws the plots, and writes the document with them.
    ///
    /// - Returns: why there are none, where gnuplot is missing.
    /// - Throws: ``BenchmarkFailure`` where gnuplot refuses a plot.
    public func draw(_ report: Report) async throws -> String? {
        try? FileManager.default.removeItem(at: plots)  // Of an earlier run; there may be none.
        try FileManager.default.createDirectory(at: plots, withIntermediateDirectories: true)
        for plot in report.plots {
            guard
                let result = try? await run(  // It can't be started where it is not installed.
                    .name("gnuplot"), arguments: [], input: .string(plot.script()),
                    output: .string(limit: 4 << 20),
                    error: .string(limit: 1 << 16))
            else {
                try FileManager.default.removeItem(at: plots)
                return "the plots are not drawn: gnuplot is not installed"
            }
            guard result.terminationStatus.isSuccess else {
                throw BenchmarkFailure("gnuplot refuses \(plot.fileName): \(result.standardError)")
            }
            let svg = plot.finish(svg: result.standardOutput)
            try Data(svg.utf8).write(to: plots.appending(path: plot.fileName), options: .atomic)
        }
        let document = report.markdown(plotFolder: plots.lastPathComponent)
        try Data(document.utf8).write(to: markdown, options: .atomic)
        return nil
    }
}
