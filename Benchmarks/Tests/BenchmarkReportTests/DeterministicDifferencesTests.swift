import BenchmarkReport
import Testing

@Suite struct DeterministicDifferencesTests {
    @Test(arguments: SampleReport.Name.allCases)
    func `A run does not differ from itself, nor from one that was slower`(sample: SampleReport.Name) {
        let report = sample.report
        var slower = report
        slower.run.seconds *= 2
        slower.depth = report.depth.map { depth in
            var depth = depth
            for index in depth.series.indices {
                for point in depth.series[index].points.indices {
                    depth.series[index].points[point].latency = .measured(SampleReport.latency(9_999))
                }
            }
            return depth
        }

        #expect(slower.deterministicDifferences(from: report) == [])
    }

    @Test func `What the runs were asked for is told`() {
        var other = SampleReport.complete
        other.run.seed = 7
        other.run.posts = 10_000
        other.run.pageSize = 50

        #expect(
            SampleReport.complete.deterministicDifferences(from: other) == [
                "The seed: 18446744073709551615 here, 7 there.",
                "The number of posts: 1\u{202F}000\u{202F}000 here, 10\u{202F}000 there.",
                "The page size: 20 here, 50 there.",
            ])
    }

    @Test(arguments: [\DriftFigures.Row.shown, \.shownTwice, \.neverShown, \.walks])
    func `Each figure of drift is compared`(figure: any WritableKeyPath<DriftFigures.Row, Int> & Sendable) {
        var other = SampleReport.complete
        other.drift = other.drift.map { drift in
            var drift = drift
            drift.rows[13][keyPath: figure] += 1
            return drift
        }

        let differences = SampleReport.complete.deterministicDifferences(from: other)
        #expect(differences.count == 1)
        #expect(
            differences.first?.hasPrefix("Drift by page number at 10.0 inserts and 2.5 deletes a second")
                == true)
    }

    @Test func `VM steps are compared at every depth and size`() throws {
        var other = try SampleReport.complete.changingPoint(.offset, .store, depth: 10_000) { point, _ in
            point.steps = .measured(1)
        }
        other.growth = other.growth.map { growth in
            var growth = growth
            growth.sizes[0] = growth.sizes[0].map { size in
                var size = size
                size.costs[3].steps = .measured(2)
                return size
            }
            return growth
        }

        #expect(
            SampleReport.complete.deterministicDifferences(from: other) == [
                "The store, in process: VM steps by offset, best form at depth 10\u{202F}000: 40\u{202F}531 here, 1 there.",
                "VM steps of COUNT among 10\u{202F}000 posts: 30\u{202F}012 here, 2 there.",
            ])
    }

    @Test func `What only one of them measured is a difference`() {
        var other = SampleReport.complete
        other.drift = .notMeasured("interrupted")

        let differences = other.deterministicDifferences(from: SampleReport.complete)
        #expect(differences.count == 3 + 15)
        #expect(differences.allSatisfy { $0.contains("not measured here") })
    }
}
