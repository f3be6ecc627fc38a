import Testing

@testable import BenchmarkReport

@Suite struct ClaimTests {
    @Test func `All claims hold in a good run`() {
        let report = SampleReport.complete

        #expect(report.claims.count == 7)
        for claim in report.claims {
            #expect(claim.verdict == .holds, "\(claim.text)")
            #expect(!claim.evidence.isEmpty)
        }
        #expect(!report.failsRun)
    }

    @Test func `Every claim is open where its section is not measured, and fails no run`() {
        let report = SampleReport.empty

        for claim in report.claims {
            #expect(claim.verdict == .open("the run has not come to it"), "\(claim.text)")
        }
        #expect(!report.failsRun)
    }

    // MARK: Depth

    @Test(arguments: [(1.099, true), (1.101, false), (0.5, true)])
    func `The cursor may cost 1.10 times at depth, and no more`(factor: Double, holds: Bool) throws {
        for place in [DepthFigures.Place.http, .store] {
            let report = try SampleReport.complete.changingPoint(.cursor, place, depth: 900_000) {
                point, first in
                point.latency = .measured(SampleReport.latency((first.latency.value?.median ?? 0) * factor))
            }

            #expect(report.flatCursorClaim(place).verdict == (holds ? .holds : .fails))
            #expect(report.flatCursorClaim(place).text.contains("900\u{202F}000"))
            #expect(report.failsRun == !holds)
        }
    }

    @Test func `The deepest page that was measured counts`() throws {
        let report = try SampleReport.complete.changingPoint(.cursor, .http, depth: 900_000) { point, _ in
            point.latency = .notMeasured("the run was interrupted")
        }

        #expect(report.flatCursorClaim(.http).verdict == .holds)
        #expect(report.flatCursorClaim(.http).evidence.contains("500\u{202F}000"))
    }

    @Test func `Without the first page there is nothing to compare with`() throws {
        let report = try SampleReport.complete.changingPoint(.cursor, .http, depth: 0) { point, _ in
            point.latency = .notMeasured("the server was not warm")
            point.steps = .notMeasured("the server was not warm")
        }

        #expect(report.flatCursorClaim(.http).verdict == .open("depth 0: the server was not warm"))
    }

    @Test(arguments: [(531, true), (532, false), (530, false)])
    func `VM steps are the same at every depth behind the first page`(steps: Int, holds: Bool) throws {
        let report = try SampleReport.complete.changingPoint(.cursor, .store, depth: 1_000) { point, _ in
            point.steps = .measured(steps)
        }

        #expect(report.cursorStepsClaim.verdict == (holds ? .holds : .fails))
        #expect(report.cursorStepsClaim.evidence.contains("520 for the first page"))
        #expect(report.cursorStepsClaim.evidence.contains("531"))
    }

    @Test func `A depth whose VM steps were not counted leaves the claim open`() throws {
        let report = try SampleReport.complete.changingPoint(.cursor, .store, depth: 1_000) { point, _ in
            point.steps = .notMeasured("interrupted")
        }

        #expect(report.cursorStepsClaim.verdict == .open("not measured: depth 1\u{202F}000"))
    }

    @Test(arguments: [(2.1, Claim.Verdict.holds), (2.0, .fails), (1.0, .fails)])
    func `An offset that does not cost more fails its claim`(factor: Double, verdict: Claim.Verdict) throws {
        let report = try SampleReport.complete.changingPoint(.offset, .store, depth: 900_000) {
            point, first in
            point.latency = .measured(SampleReport.latency((first.latency.value?.median ?? 0) * factor))
        }

        #expect(report.growingOffsetClaim.verdict == verdict)
        #expect(report.growingOffsetClaim.evidence.contains("\(factor)"))
    }

    @Test func `In a small collection, the growth of an offset is not to be seen`() throws {
        var report = SampleReport.complete
        var depth = try #require(report.depth.value)
        for index in depth.series.indices { depth.series[index].points.removeLast(3) }
        report.depth = .measured(depth)

        #expect(
            report.growingOffsetClaim.verdict
                == .open("the deepest page that was measured lies at 10\u{202F}000"))
    }

    // MARK: Drift

    // The first row is one in which nobody writes.
    @Test(arguments: [\DriftFigures.Row.shownTwice, \.neverShown], [0, 12])
    func `One post shown twice or never to a reader by cursor fails the run`(
        fault: any WritableKeyPath<DriftFigures.Row, Int> & Sendable, row: Int
    ) throws {
        var report = SampleReport.complete
        var drift = try #require(report.drift.value)
        try #require(drift.rows[row].way == .cursor)
        drift.rows[row][keyPath: fault] = 1
        report.drift = .measured(drift)

        #expect(report.driftClaim.verdict == .fails)
        #expect(report.failsRun)
    }

    @Test func `No drift by cursor proves nothing where an offset does not drift either`() {
        var report = SampleReport.complete
        report.drift = report.drift.map { drift in
            var drift = drift
            for index in drift.rows.indices {
                drift.rows[index].shownTwice = 0
                drift.rows[index].neverShown = 0
            }
            return drift
        }

        #expect(report.driftClaim.verdict == .open("the writes moved no page by offset either"))
    }

    @Test func `Without a reader by cursor the claim is open`() {
        var report = SampleReport.complete
        report.drift = report.drift.map { drift in
            var drift = drift
            drift.rows.removeAll { $0.way == .cursor }
            return drift
        }

        #expect(report.driftClaim.verdict == .open("no reader by cursor scrolled"))
    }

    // MARK: Totals

    // In 10 s, with 1 s to live, a refresh may begin after 0.8 s: 1 + ⌈10 / 0.8⌉.
    @Test(arguments: [TotalsFigures.Way.memory, .redis, .redisAway], [(14, true), (15, false)])
    func `A remembered total may be counted once per time to live`(
        way: TotalsFigures.Way, counts: (Int, Bool)
    ) {
        var report = SampleReport.complete
        report.totals = report.totals.map { totals in
            var totals = totals
            totals.rows.append(
                TotalsFigures.Row(
                    way: way, place: .library, timeToLive: 1,
                    load: .measured(
                        TotalsFigures.Load(
                            seconds: 10, requests: 100, requestsPerSecond: 10, counts: counts.0,
                            cpuPerRequest: 1,
                            median: 1, p99: 1))))
            return totals
        }

        #expect(report.totalsClaim.verdict == (counts.1 ? .holds : .fails))
        #expect(counts.1 || report.totalsClaim.evidence.contains("\(counts.0) COUNTs in 10 s, at most 14"))
    }

    @Test func `A tier that was not measured leaves the claim open, and says which`() {
        #expect(
            SampleReport.partial.totalsClaim.verdict
                == .open(
                    "not measured: remembered in memory and Redis, in 3 rows (redis-server is not installed)")
        )
    }

    // MARK: Micro

    @Test func `A step that takes more than is committed to fails the run`() {
        var report = SampleReport.complete
        report.micro = report.micro.map { micro in
            var micro = micro
            micro.rows[1].allocations = .measured(2)
            return micro
        }

        #expect(report.microClaim.verdict == .fails)
        #expect(report.microClaim.evidence.contains("cursor: decode: 2 allocations, at most 1"))
        #expect(report.failsRun)
    }

    @Test func `Counters that can't be read leave the claim open, unless another figure speaks against it`() {
        var report = SampleReport.partial
        #expect(
            report.microClaim.verdict
                == .open(
                    "not measured: instructions of 3 steps (this machine does not let its counters be read)"))

        report.micro = report.micro.map { micro in
            var micro = micro
            micro.rows[1].allocations = .measured(2)
            return micro
        }
        #expect(report.microClaim.verdict == .fails)
    }

    @Test func `Where nothing is committed to, there is nothing to hold`() {
        var report = SampleReport.complete
        report.micro = .measured(MicroFigures(rows: []))

        #expect(report.microClaim.verdict == .open("nothing is committed to"))
    }
}

extension Report {
    /// Changes one point of a series; the first point is what it may be compared with.
    func changingPoint(
        _ way: DepthFigures.Way, _ place: DepthFigures.Place, depth: Int,
        _ change: (inout DepthFigures.Point, DepthFigures.Point) -> Void
    ) throws -> Report {
        var report = self
        var figures = try #require(self.depth.value)
        let series = try #require(figures.series.firstIndex { $0.way == way && $0.place == place })
        let point = try #require(figures.series[series].points.firstIndex { $0.depth == depth })
        change(&figures.series[series].points[point], figures.series[series].points[0])
        report.depth = .measured(figures)
        return report
    }
}
