import BenchmarkReport
import Foundation
import Testing

@Suite struct JSONTests {
    @Test(arguments: SampleReport.Name.allCases)
    func `What was written is read back, with the reasons for what was not measured`(
        sample: SampleReport.Name
    ) throws {
        // Given a report whose fractions have been rounded once
        let report = try Report(json: sample.report.json())

        // Then nothing is lost from then on
        #expect(try Report(json: report.json()) == report)
        #expect(report.run == sample.report.run)
        #expect(report.machine == sample.report.machine)
        #expect(report.drift == sample.report.drift)
        #expect(report.micro == sample.report.micro)
        #expect(report.deterministicDifferences(from: sample.report) == [])
        #expect(report.claims.map(\.verdict) == sample.report.claims.map(\.verdict))
    }

    @Test func `Keys are in snake case, and names of programs stay what they are`() throws {
        let text = String(decoding: try SampleReport.complete.json(), as: UTF8.self)

        #expect(text.contains("\"requests_per_second\""))
        #expect(text.contains("\"time_to_live\""))
        #expect(text.contains("\"feedServer\" : \"1\""))
        #expect(text.contains("\"seed\" : 18446744073709551615"))
        #expect(!text.contains("requestsPerSecond"))
    }

    @Test func `A reason stands where the figure would`() throws {
        var report = SampleReport.empty
        report.writes = .notMeasured("the disk is full")

        let text = String(decoding: try report.json(), as: UTF8.self)

        #expect(text.contains(#/"writes" : \{\s*"not_measured" : "the disk is full"\s*\}/#))
        #expect(try Report(json: Data(text.utf8)).writes == .notMeasured("the disk is full"))
    }

    @Test func `A report from before there were writes over HTTP is read`() throws {
        let rows = [
            #"{"way": "group_commit", "writers": 1, "rounds": [1670.16]}"#,
            #"{"way": "commit_each", "writers": 1, "rounds": {"not_measured": "the disk is full"}}"#,
        ]
        let empty = String(decoding: try SampleReport.empty.json(), as: UTF8.self)
        let older = empty.replacing(
            #/"writes" : \{[^}]*\}/#, with: #""writes": {"rows": [\#(rows.joined(separator: ", "))]}"#)

        let writes = try #require(try Report(json: Data(older.utf8)).writes.value)

        #expect(writes.rows.map(\.way) == [.groupCommit, .commitEach])
        #expect(writes.rows.map(\.rounds) == [.measured([1670.16]), .notMeasured("the disk is full")])
    }

    @Test func `Fractions are rounded to six digits`() throws {
        var report = SampleReport.empty
        report.run.seconds = 1234.56789
        report.machine.memory = 0.1 + 0.2

        let read = try Report(json: report.json())

        #expect(read.run.seconds == 1234.57)
        #expect(read.machine.memory == 0.3)
    }

    @Test(arguments: [0, 2, 99])
    func `A report of another format is refused, whatever else it holds`(format: Int) {
        #expect(throws: ReportError.unknownFormat(format)) {
            try Report(json: Data(#"{"format": \#(format), "new": true}"#.utf8))
        }
        #expect("\(ReportError.unknownFormat(format))".contains("format \(format)"))
    }

    @Test(arguments: ["", "{}", "[]", #"{"format": 1}"#])
    func `What is no report is refused`(text: String) {
        #expect(throws: DecodingError.self) { try Report(json: Data(text.utf8)) }
    }

    @Test(arguments: [Double.nan, .infinity])
    func `A figure that is no number is not written`(figure: Double) {
        var report = SampleReport.complete
        report.run.seconds = figure

        #expect(throws: EncodingError.self) { try report.json() }
    }
}
