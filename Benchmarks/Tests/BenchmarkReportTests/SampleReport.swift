import BenchmarkReport

/// A report as a full run might leave it. Tests change the one figure that they are about.
enum SampleReport {
    /// For tests over several: as an argument, a whole report would fill the screen.
    enum Name: CaseIterable {
        case complete, partial, single, empty

        var report: Report {
            switch self {
            case .complete: SampleReport.complete
            case .partial: SampleReport.partial
            case .single: SampleReport.single
            case .empty: SampleReport.empty
            }
        }
    }

    static let depths = [0, 100, 1_000, 10_000, 100_000, 500_000, 900_000]

    static var complete: Report {
        var report = empty
        report.run.status = .complete
        report.run.seconds = 3_725
        report.depth = .measured(depth)
        report.drift = .measured(drift)
        report.totals = .measured(totals)
        report.throughput = .measured(throughput)
        report.growth = .measured(growth)
        report.writes = .measured(writes)
        report.micro = .measured(micro)
        return report
    }

    /// Nothing is measured.
    static var empty: Report {
        Report(
            run: RunDescription(
                status: .running, began: "2026-11-21T12:00:00Z", seconds: 1, isQuick: false,
                seed: .max, posts: 1_000_000, pageSize: 20),
            machine: MachineDescription(
                processor: "Example CPU | 3.0 GHz", cores: 2, memory: 7_950, system: "Debian GNU/Linux 12",
                kernel: "6.1.0-28-amd64", fileSystem: "ext4",
                versions: [
                    "SQLite": "3.40.1", "Swift": "6.3.1", "wrk": "4.1.0", "FastAPI": "0.115.2",
                    "feedServer": "1",
                ]))
    }

    /// Measured where that was possible: no peer, no Redis, no counters of the processor, and not at every
    /// depth.
    static var partial: Report {
        var report = complete
        report.run.status = .interrupted
        report.run.isQuick = true
        report.writes = .notMeasured("the run was interrupted")
        if case .measured(var depth) = report.depth {
            depth.leastRequest = .notMeasured("the server did not answer")
            for index in depth.series.indices {
                depth.series[index].points[3].latency = .notMeasured(
                    "the run was interrupted before it came so deep")
                if depth.series[index].place == .peer {
                    for point in depth.series[index].points.indices {
                        depth.series[index].points[point].latency = .notMeasured(noPeer)
                    }
                }
            }
            report.depth = .measured(depth)
        }
        if case .measured(var totals) = report.totals {
            for index in totals.rows.indices where totals.rows[index].way == .redis {
                totals.rows[index].load = .notMeasured("redis-server is not installed")
            }
            report.totals = .measured(totals)
        }
        if case .measured(var throughput) = report.throughput {
            for index in throughput.rows.indices where throughput.rows[index].server == .peer {
                throughput.rows[index].rounds = .notMeasured(noPeer)
            }
            report.throughput = .measured(throughput)
        }
        if case .measured(var growth) = report.growth {
            growth.sizes[3] = .notMeasured("10 000 000 posts do not fit on the disk")
            report.growth = .measured(growth)
        }
        if case .measured(var micro) = report.micro {
            for index in micro.rows.indices {
                micro.rows[index].instructions = .notMeasured(
                    "this machine does not let its counters be read")
            }
            report.micro = .measured(micro)
        }
        return report
    }

    /// One figure in each plot: the least that an axis can be made for.
    static var single: Report {
        var report = empty
        report.depth = .measured(
            DepthFigures(
                series: [
                    DepthFigures.Series(
                        way: .cursor, place: .store,
                        points: [
                            DepthFigures.Point(
                                depth: 0, latency: .measured(latency(48)), steps: .measured(520))
                        ])
                ], leastRequest: .notMeasured("no server was started")))
        report.drift = .measured(
            DriftFigures(
                posts: 100, pagesPerWalk: 1, secondsPerPage: 1,
                rows: [
                    DriftFigures.Row(
                        insertsPerSecond: 1, deletesPerSecond: 0, way: .cursor, walks: 1, shown: 20,
                        shownTwice: 0,
                        neverShown: 0)
                ]))
        report.totals = .measured(
            TotalsFigures(posts: 100, concurrency: 1, rows: totals.rows.suffix(1)))
        report.throughput = .measured(
            ThroughputFigures(secondsPerRound: 1, rows: Array(throughput.rows.prefix(1))))
        report.growth = .measured(GrowthFigures(sizes: Array(growth.sizes.prefix(1))))
        report.writes = .measured(WritesFigures(rows: Array(writes.rows.prefix(1))))
        return report
    }

    static let noPeer = "the peer could not be installed: no route to pypi.org"

    static func latency(_ median: Double) -> Latency {
        Latency(
            samples: 2_000, median: median, p90: .measured(median * 1.2), p99: .measured(median * 1.7),
            p999: .measured(median * 2.9), maximum: median * 4.1)
    }

    // MARK: Sections

    static var depth: DepthFigures {
        func series(
            _ way: DepthFigures.Way, _ place: DepthFigures.Place, base: Double, perPost: Double,
            steps: Double?
        ) -> DepthFigures.Series {
            DepthFigures.Series(
                way: way, place: place,
                points: depths.map { depth in
                    DepthFigures.Point(
                        depth: depth, latency: .measured(latency(base + perPost * Double(depth))),
                        steps: steps.map { .measured(520 + (depth == 0 ? 0 : 11) + Int($0 * Double(depth))) }
                            ?? .notMeasured("steps are counted in the store only"))
                })
        }
        return DepthFigures(
            series: [
                series(.cursor, .http, base: 212.34, perPost: 0.000004, steps: nil),
                series(.offset, .http, base: 221, perPost: 0.0182, steps: nil),
                series(.cursor, .store, base: 48.7, perPost: 0.000002, steps: 0),
                series(.offset, .store, base: 52.3, perPost: 0.0179, steps: 4),
                series(.naiveOffset, .store, base: 54, perPost: 0.211, steps: 9),
                series(.cursor, .peer, base: 4_310, perPost: 0.0001, steps: nil),
                series(.naiveOffset, .peer, base: 31_500, perPost: 0.31, steps: nil),
            ], leastRequest: .measured(latency(91.4)))
    }

    static var drift: DriftFigures {
        let rates: [(Double, Double)] = [(0, 0), (0.5, 0), (0, 0.5), (2, 0.5), (10, 2.5)]
        let rows = rates.flatMap { inserts, deletes in
            DriftFigures.Way.allCases.map { way in
                DriftFigures.Row(
                    insertsPerSecond: inserts, deletesPerSecond: deletes, way: way, walks: 40, shown: 16_000,
                    shownTwice: way == .cursor ? 0 : Int(inserts * 412),
                    neverShown: way == .cursor ? 0 : Int(deletes * 97))
            }
        }
        return DriftFigures(posts: 10_000, pagesPerWalk: 20, secondsPerPage: 5, rows: rows)
    }

    static var totals: TotalsFigures {
        func load(_ requestsPerSecond: Double, counts: Int) -> Outcome<TotalsFigures.Load> {
            .measured(
                TotalsFigures.Load(
                    seconds: 10, requests: Int(requestsPerSecond * 10), requestsPerSecond: requestsPerSecond,
                    counts: counts, cpuPerRequest: 950_000 / requestsPerSecond,
                    median: 8_000_000 / requestsPerSecond,
                    p99: 21_000_000 / requestsPerSecond))
        }
        typealias Row = TotalsFigures.Row
        return TotalsFigures(
            posts: 1_000_000, concurrency: 8,
            rows: [
                Row(way: .count, place: .http, timeToLive: nil, load: load(71.3, counts: 713)),
                Row(way: .memory, place: .http, timeToLive: 1, load: load(14_210, counts: 12)),
                Row(way: .memory, place: .http, timeToLive: 30, load: load(14_890, counts: 1)),
                Row(way: .redis, place: .http, timeToLive: 1, load: load(13_980, counts: 11)),
                Row(way: .redis, place: .http, timeToLive: 30, load: load(14_760, counts: 1)),
                Row(way: .redisAway, place: .http, timeToLive: 30, load: load(13_500, counts: 2)),
                Row(way: .none, place: .http, timeToLive: nil, load: load(15_120, counts: 0)),
                Row(way: .count, place: .library, timeToLive: nil, load: load(73, counts: 730)),
                Row(way: .memory, place: .library, timeToLive: 1, load: load(2_310_000, counts: 12)),
                Row(way: .redis, place: .library, timeToLive: 1, load: load(2_270_000, counts: 13)),
                Row(way: .count, place: .peer, timeToLive: nil, load: load(28.1, counts: 281)),
                Row(way: .none, place: .peer, timeToLive: nil, load: load(410, counts: 0)),
            ])
    }

    static var throughput: ThroughputFigures {
        let rows = ThroughputFigures.Workload.allCases.flatMap { workload in
            [1, 64].flatMap { connections in
                ThroughputFigures.Server.allCases.map { server in
                    let base: Double =
                        switch (server, workload) {
                        case (.feedServer, _): 58
                        case (.peer, .offsetPage): 61_000
                        case (.peer, _): 2_900
                        }
                    let cpu = connections == 1 ? base * 1.4 : base
                    return ThroughputFigures.Row(
                        server: server, workload: workload, connections: connections,
                        rounds: .measured(
                            [0.97, 1, 1.08].map { noise in
                                ThroughputFigures.Round(
                                    requests: Int(9_000_000 / cpu), requestsPerSecond: 900_000 / cpu / noise,
                                    cpuPerRequest: cpu * noise * (server == .peer ? noise : 1),
                                    median: cpu * 2,
                                    p99: cpu * 7, resident: server == .peer ? 143.2 : 31.7,
                                    anonymous: server == .peer ? 98.1 : 12.4)
                            }))
                }
            }
        }
        return ThroughputFigures(secondsPerRound: 10, rows: rows)
    }

    static var growth: GrowthFigures {
        GrowthFigures(
            sizes: [10_000, 100_000, 1_000_000, 10_000_000].map { posts in
                func cost(_ read: GrowthFigures.Read, _ median: Double, steps: Int) -> GrowthFigures.Cost {
                    GrowthFigures.Cost(
                        read: read, latency: .measured(latency(median)), steps: .measured(steps))
                }
                let size = Double(posts)
                return .measured(
                    GrowthFigures.Size(
                        posts: posts, bytes: posts * 412,
                        costs: [
                            cost(.firstPage, 47.2, steps: 520),
                            cost(.randomCursor, 51 + size / 1_000_000, steps: 531),
                            cost(.middleOffset, 52 + size * 0.009, steps: 531 + 2 * posts),
                            cost(.count, 6 + size * 0.013, steps: 12 + 3 * posts),
                        ]))
            })
    }

    static var writes: WritesFigures {
        WritesFigures(
            rows: [1, 8, 64].flatMap { writers in
                WritesFigures.Way.allCases.map { way in
                    let rate =
                        switch way {
                        case .groupCommit: 640 * Double(writers)
                        case .commitEach: 652.0
                        case .http: 130 * Double(writers)
                        }
                    return WritesFigures.Row(
                        way: way, writers: writers, rounds: .measured([rate * 0.9, rate, rate * 1.15]))
                }
            })
    }

    static var micro: MicroFigures {
        MicroFigures(
            rows: [
                ("cursor: encode", 412.0, 3_950, 2), ("cursor: decode", 530, 5_120, 1),
                ("count cache: hit", 71, 640, 0),
            ]
            .map { name, nanoseconds, instructions, allocations in
                MicroFigures.Row(
                    name: name, nanoseconds: .measured(nanoseconds), instructions: .measured(instructions),
                    allocations: .measured(allocations), instructionsThreshold: instructions + 400,
                    allocationsThreshold: allocations)
            })
    }
}
