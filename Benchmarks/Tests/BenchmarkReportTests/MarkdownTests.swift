import Testing

@testable import BenchmarkReport

@Suite struct MarkdownTests {
    @Test(arguments: SampleReport.Name.allCases)
    func `Nothing in a document is a slip of the program`(sample: SampleReport.Name) {
        let document = sample.report.markdown()

        // "infinite" and the like are words, not slips.
        #expect(!document.contains(#/\b-?(nan|NaN|inf)\b/#))
        #expect(!document.contains("Optional("))
        #expect(!document.contains("no number"))
        #expect(!document.contains("measured("))
    }

    @Test(arguments: SampleReport.Name.allCases)
    func `Each row of a table has as many cells as its head`(sample: SampleReport.Name) {
        for block in sample.report.markdown().split(separator: "\n\n") where block.hasPrefix("|") {
            let widths = block.split(separator: "\n").map {
                $0.replacing("\\|", with: "").count { $0 == "|" }
            }
            #expect(Set(widths).count == 1, "\(block.prefix(80))")
        }
    }

    @Test(arguments: SampleReport.Name.allCases)
    func `Every section is there, measured or not`(sample: SampleReport.Name) {
        let headings = sample.report.markdown().split(separator: "\n").filter { $0.hasPrefix("## ") }

        #expect(
            headings.map { $0.dropFirst(3).prefix { $0 != ":" } } == [
                "Summary", "Claims", "Depth", "Drift", "Totals", "Throughput", "Growth", "Writes", "Micro",
                "The run",
            ])
    }

    @Test func `A section that was not measured says why`() {
        var report = SampleReport.complete
        report.throughput = .notMeasured("wrk is not installed")

        #expect(report.markdown().contains("**Not measured:** wrk is not installed."))
        #expect(report.markdown().contains("**Throughput.** Not measured: wrk is not installed."))
    }

    @Test func `A figure that was not measured says why, at length below its table`() {
        let document = SampleReport.partial.markdown()

        #expect(document.contains("| not measured: the run was interrupted |") == false)
        #expect(document.contains("not measured: redis-server is not installed"))
        #expect(document.contains("not measured <sup>1</sup>"))
        #expect(
            document.contains(
                "<sup>1</sup> not measured: the peer could not be installed: no route to pypi.org"))
        #expect(document.contains("- One size is not measured: 10 000 000 posts do not fit on the disk"))
        #expect(document.contains("not measured: this machine does not let its counters be read"))
    }

    @Test func `Only plots that were made are shown`() {
        let complete = SampleReport.complete
        for plot in complete.plots { #expect(complete.markdown().contains("](plots/\(plot.fileName))")) }
        #expect(!SampleReport.partial.markdown().contains("writes.svg"))
        #expect(!SampleReport.empty.markdown().contains("!["))
        #expect(!complete.markdown(plotFolder: nil).contains("!["))
    }

    @Test(arguments: [
        (RunDescription.Status.running, "> **This run has not ended.**"),
        (.interrupted, "> **This run was interrupted.**"),
        (.failed, "> **This run failed.** The server answered 503."),
    ])
    func `A run that is not whole says so before any figure`(status: RunDescription.Status, text: String)
        throws
    {
        var report = SampleReport.complete
        report.run.status = status
        report.run.failure = status == .failed ? "The server answered 503." : nil

        let document = report.markdown()

        let warning = try #require(document.firstRange(of: text))
        let summary = try #require(document.firstRange(of: "## Summary"))
        #expect(warning.lowerBound < summary.lowerBound)
        #expect(!SampleReport.complete.markdown().contains("\n> "))
    }

    @Test func `A quick run says that its figures are rough`() {
        var report = SampleReport.complete
        report.run.isQuick = true

        #expect(report.markdown().contains("> **A quick run:**"))
    }

    @Test func `A claim that fails is seen at the top and in its table`() {
        var report = SampleReport.complete
        report.micro = report.micro.map { micro in
            var micro = micro
            micro.rows[0].instructions = .measured(1_000_000)
            return micro
        }

        #expect(report.markdown().contains("> **A claim does not hold.**"))
        #expect(report.markdown().contains("6 of 7 claims hold and **1 fails**."))
        #expect(report.markdown().contains("| **fails** |"))
    }

    @Test func `The summary holds the figures that decide`() {
        let document = SampleReport.complete.markdown()

        #expect(document.contains("7 of 7 claims hold."))
        #expect(
            document.contains(
                "Over HTTP, a page behind 900\u{202F}000 others takes 216 µs by cursor and 16.6 ms by offset, which is "
                    + "76.9 times as long"))
        #expect(document.contains("readers by cursor saw no post twice and missed none"))
        #expect(document.contains("pages a second. With the total remembered for 1 s, "))
        #expect(
            document.contains(
                "First page, 64 connections: a request costs feed-server 58.0 µs of CPU time and the peer 2.90 ms. "
                    + "Round by round, the peer's is 50.0 (48.5–54.0) times as much"))
    }

    @Test func `The summary says what it lacks`() {
        let document = SampleReport.partial.markdown()

        #expect(
            document.contains(
                "feed-server 58.0 µs of CPU time; the peer: not measured: the peer could not be installed"))
    }

    @Test func `Servers are compared round by round`() throws {
        // Given rounds of a machine that gets slower, for both alike
        var figures = try #require(SampleReport.complete.throughput.value)
        figures.rows = [(ThroughputFigures.Server.feedServer, 10.0), (.peer, 100)].map { server, cost in
            ThroughputFigures.Row(
                server: server, workload: .firstPage, connections: 8,
                rounds: .measured(
                    [1.0, 2, 4].map { slowness in
                        ThroughputFigures.Round(
                            requests: 1, requestsPerSecond: 1, cpuPerRequest: cost * slowness, median: 1,
                            p99: 1,
                            resident: 1, anonymous: 1)
                    }))
        }

        // Then the ratio does not show it
        let pair = try #require(figures.pairs.first)
        #expect(pair.rounds == 3)
        #expect(pair.ratio.minimum == 10)
        #expect(pair.ratio.maximum == 10)
    }

    @Test func `Writing over HTTP is held against a commit for each post, round by round`() throws {
        // Given rounds of a machine that gets slower, for both alike, and most writers in only one of them
        let figures = WritesFigures(
            rows: [
                (WritesFigures.Way.http, 8, 300.0), (.commitEach, 8, 200), (.http, 64, 600),
                (.commitEach, 64, 150),
                (.http, 128, 700),
            ].map { way, writers, rate in
                WritesFigures.Row(
                    way: way, writers: writers, rounds: .measured([1.0, 2, 4].map { rate / $0 }))
            })
        var report = SampleReport.complete
        report.writes = .measured(figures)

        // Then the ratio does not show it
        let comparison = try #require(figures.comparison(of: .http))
        #expect(comparison.writers == 64)
        #expect(comparison.mine.median == 300)
        #expect(comparison.commitEach.median == 75)
        #expect(comparison.ratio == Spread([4]))
        #expect(
            report.markdown().contains(
                "Over HTTP, 64 clients write 300 (150–600) durable posts a second; a commit for each post, without "
                    + "HTTP, makes it 75.0 (37.5–150). Round by round, that is 4.00 (4.00–4.00) times as many."
            ))
    }

    @Test func `An older report, without writes over HTTP, does not speak of them`() throws {
        var figures = try #require(SampleReport.complete.writes.value)
        figures.rows.removeAll { $0.way == .http }
        var report = SampleReport.empty
        report.writes = .measured(figures)

        let document = report.markdown()

        #expect(
            document.contains("| writers | the store, which groups commits (posts a second) | a commit for"))
        #expect(document.contains("a commit for each post. The ways take turns."))
        #expect(!document.contains("`POST /api/posts`"))
        #expect(!document.contains("over HTTP (posts a second)"))
        #expect(!document.contains("clients write"))
        #expect(SampleReport.complete.markdown().contains("| over HTTP (posts a second) |"))
        #expect(SampleReport.complete.markdown().contains("`POST /api/posts`"))
    }

    @Test func `Text from elsewhere is no markup`() {
        var report = SampleReport.empty
        report.machine.processor = "a | b <i> *c* `d` [e](f)\ng"
        report.depth = .notMeasured("exit code 1: <nil>\n# no heading")

        let document = report.markdown()

        #expect(document.contains(#"a \| b &lt;i> \*c\* \`d\` \[e\](f) g"#))
        #expect(document.contains("**Not measured:** exit code 1: &lt;nil> # no heading."))
    }

    @Test func `It says how to repeat the run`() {
        let document = SampleReport.complete.markdown(title: "Title", command: "make bench SEED=7")

        #expect(document.hasPrefix("# Title\n"))
        #expect(document.contains("```sh\nmake bench SEED=7\n```"))
        #expect(document.contains("| Seed | 18446744073709551615 |"))
        #expect(document.contains("| SQLite | 3.40.1 |"))
        #expect(document.contains("| Took | 1 h 2 min |"))
    }
}
