import BenchmarkTestSupport
import ChildProcesses
import Foundation
import Subprocess
import Testing

@testable import BenchmarkReport

@Suite(.serialized) struct PlotTests {
    @Test func `Every plot of a full run is drawn, with names of their own`() {
        let names = SampleReport.complete.plots.map(\.fileName)

        #expect(
            names == [
                "depth-http.svg", "depth-store.svg", "depth-steps.svg", "drift-twice.svg", "drift-missed.svg",
                "totals.svg", "throughput.svg", "growth.svg", "writes.svg",
            ])
    }

    @Test func `Nothing is drawn of what was not measured`() throws {
        #expect(SampleReport.empty.plots.isEmpty)

        let partial = SampleReport.partial.plots
        #expect(!partial.contains { $0.fileName == "writes.svg" })
        let depth = try #require(partial.first { $0.fileName == "depth-http.svg" })
        #expect(!depth.script().contains("peer"))
        let throughput = try #require(partial.first { $0.fileName == "throughput.svg" })
        #expect(!throughput.script().contains("peer"))
    }

    @Test func `A figure that is missing breaks the line`() throws {
        // When the fourth of seven depths is missing
        let plot = try #require(SampleReport.partial.plots.first { $0.fileName == "depth-http.svg" })

        // Then nothing is drawn there: no mark, and no line across
        let data = plot.script().split(separator: "$data0 << EOD\n")[1].prefix { $0 != "E" }
        let lines = data.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.prefix(7).map(\.isEmpty) == [false, false, false, true, false, false, false])
    }

    @Test func `Each way of writing has a line of its own`() throws {
        let plot = try #require(SampleReport.complete.plots.first { $0.fileName == "writes.svg" })

        #expect(plot.series.map(\.label) == WritesFigures.Way.allCases.map(\.label))
        #expect(Set(plot.series.map(\.style)).count == 3)
        #expect(plot.series.allSatisfy { $0.measured.map(\.x) == [1, 8, 64] })
    }

    @Test func `No figure that is no number reaches gnuplot`() {
        var report = SampleReport.complete
        report.writes = .measured(
            WritesFigures(rows: [
                WritesFigures.Row(way: .groupCommit, writers: 1, rounds: .measured([.nan])),
                WritesFigures.Row(way: .groupCommit, writers: 8, rounds: .measured([0])),
                WritesFigures.Row(way: .commitEach, writers: 1, rounds: .measured([.infinity])),
                WritesFigures.Row(way: .commitEach, writers: 8, rounds: .measured([])),
            ]))

        #expect(!report.plots.contains { $0.fileName == "writes.svg" })
    }

    @Test(arguments: SampleReport.Name.allCases)
    func `gnuplot draws every plot, in colors of the page`(sample: SampleReport.Name) async throws {
        for plot in sample.report.plots {
            let drawn = try await gnuplot(plot.script())
            #expect(drawn.errors == "", "\(plot.fileName)")

            let svg = plot.finish(svg: drawn.svg)
            #expect(try XMLValidity.isWellFormed(svg))
            #expect(svg.contains("prefers-color-scheme: dark"))
            // Text and axes are in no color of their own, and the ground is the page's.
            #expect(!svg.contains("rgb(31,35,40)") && !svg.contains("rgb( 31,  35,  40)"))
            #expect(!svg.contains(#/<rect[^>]*fill="white"/#))
            #expect(!svg.contains("GNUPLOT"))
            for series in plot.series { #expect(svg.contains(">\(series.label)<")) }
        }
    }

    @Test func `Series differ in more than their color`() {
        let styles = Plot.Style.allCases
        #expect(Set(styles.map(\.pointType)).count == styles.count)
        #expect(Set(styles.map(\.dashes)).count == styles.count)
        #expect(Set(styles.map(\.fillDensity)).count == styles.count)
    }

    @Test(arguments: ["#ffffff", "#0d1117"])
    func `Every color stands out from the page`(page: String) {
        for style in Plot.Style.allCases {
            #expect(contrast(style.color, page) >= 3, "\(style)")
        }
    }

    @Test func `Ticks are round numbers, few of them, within the axis`() {
        #expect(PlotScale.linearTicks(in: 0...437) == [0, 100, 200, 300, 400])
        #expect(PlotScale.linearTicks(in: 0...1).count == 6)
        #expect(PlotScale.logarithmicTicks(in: 3...4_000) == [10, 100, 1_000])
        #expect(PlotScale.logarithmicTicks(in: 40...700) == [50, 100, 200, 500])
        #expect(PlotScale.range(of: [0, 0], .linear, room: 0.1, startsAtZero: true) == 0...1)
    }

    // MARK: Helpers

    private func gnuplot(_ script: String) async throws -> (svg: String, errors: String) {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // It lies in a folder for such files.
        let file = folder.appending(path: "plot.gnuplot")
        let errors = folder.appending(path: "errors")
        try Data(script.utf8).write(to: file)
        // What it complains of is kept, and told where it fails.
        let command = #"gnuplot "$0" 2>"$1"; status=$?; cat "$1" >&2; exit $status"#
        let svg = try await runChild(
            .name("sh"), arguments: ["-c", command, file.path, errors.path], limit: Patience.standard)
        return (svg, try String(contentsOf: errors, encoding: .utf8))
    }

    /// As WCAG 2 reckons it.
    private func contrast(_ one: String, _ other: String) -> Double {
        let sorted = [luminance(one), luminance(other)].sorted()
        return (sorted[1] + 0.05) / (sorted[0] + 0.05)
    }

    private func luminance(_ color: String) -> Double {
        let value = Int(color.dropFirst(), radix: 16) ?? 0
        let channels = [value >> 16, value >> 8 & 255, value & 255].map { channel in
            let share = Double(channel) / 255
            return share <= 0.03928 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    }
}

/// Whether tags are closed in the order in which they were opened, and nothing else is left open.
/// Foundation's parser would be another library to link.
enum XMLValidity {
    static func isWellFormed(_ text: String) throws -> Bool {
        var open: [Substring] = []
        for match in text.matches(of: #/<(\/?)([A-Za-z][\w:]*)[^>]*?(\/?)>/#) {
            let (_, closing, name, alone) = match.output
            if !alone.isEmpty { continue }
            if closing.isEmpty {
                open.append(name)
            } else if open.popLast() != name {
                return false
            }
        }
        return open.isEmpty && text.contains("</svg>")
    }
}
