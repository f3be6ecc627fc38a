extension ThroughputFigures {
    var plots: [Plot] {
        var kinds: [Kind] = []
        for row in rows where !kinds.contains(row.kind) { kinds.append(row.kind) }
        let plot = Plot(
            fileName: "throughput.svg", title: "CPU time for a request",
            note: "median over the rounds; whisker: least and most",
            description:
                "Microseconds of CPU time that a request costs the server, by what is asked for and by the "
                + "number of connections.",
            x: Plot.Axis(label: "request, and connections", scale: .categories(kinds.map(\.label))),
            y: Plot.Axis(label: "CPU time, µs (logarithmic)", scale: .logarithmic), kind: .bars,
            series: Server.allCases.map { server in
                Plot.Series(
                    label: server.label, style: server == .feedServer ? .blue : .gray,
                    points: kinds.enumerated().map { index, kind in
                        rows.first { $0.server == server && $0.kind == kind }?.spread(\.cpuPerRequest).map {
                            Plot.Point(x: Double(index), y: $0.median, low: $0.minimum, high: $0.maximum)
                        }
                    })
            })
        return [plot].compactMap { $0 }
    }

    fileprivate struct Kind: Hashable {
        var workload: Workload
        var connections: Int

        var label: String {
            "\(workload.axisLabel)\n× \(Numbers.exact(connections))"
        }
    }
}

extension ThroughputFigures.Row {
    fileprivate var kind: ThroughputFigures.Kind {
        ThroughputFigures.Kind(workload: workload, connections: connections)
    }

    /// Over the rounds; nil when there was none.
    func spread(_ figure: (ThroughputFigures.Round) -> Double) -> Spread? {
        rounds.value.flatMap { Spread($0.map(figure)) }
    }
}
