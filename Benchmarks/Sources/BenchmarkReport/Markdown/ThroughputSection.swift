extension ThroughputFigures {
    /// The rounds of both servers for one thing, each with the one beside it: what happens to the machine
    /// in between happens to both.
    struct Pair: Sendable {
        var workload: Workload
        var connections: Int
        var rounds: Int
        /// CPU time of a request in the peer, as a multiple of that in feed-server.
        var ratio: Spread
    }

    var pairs: [Pair] {
        rows.filter { $0.server == .feedServer }.compactMap { row in
            let other = rows.first {
                $0.server == .peer && $0.workload == row.workload && $0.connections == row.connections
            }
            guard let mine = row.rounds.value, let others = other?.rounds.value else { return nil }
            let ratios = zip(mine, others).filter { mine, _ in mine.cpuPerRequest > 0 }
                .map { $1.cpuPerRequest / $0.cpuPerRequest }
            return Spread(ratios).map {
                Pair(workload: row.workload, connections: row.connections, rounds: ratios.count, ratio: $0)
            }
        }
    }

    func blocks(_ plots: PlotLinks) -> [String] {
        let method = """
            wrk asks for pages without a pause, in turns of \(Numbers.short(secondsPerRound)) s. feed-server and the \
            peer take their turns within each round, in an order that is drawn, so that a machine that gets slower or faster hurts both alike. \
            Load generator and server share the machine's cores: the figure to judge by is the CPU time that a \
            request costs all of a server's processes until they are at rest again; wrk's quantiles contain its \
            correction for requests that it could not send in time. *Offset, page 1* shows a total, which feed-server \
            remembers, and which the peer counts for each request. Memory is what the processes have resident, a page \
            that several share divided among them (PSS). Figures are medians over the rounds, with the least and the \
            most in parentheses.
            """
        return [method] + plots.images(self.plots) + [table.markdown()] + paired
    }

    private var table: Table {
        let rounds = rows.compactMap(\.rounds.value).flatMap { $0 }
        let cpuUnit = TimeUnit.fitting(rounds.map(\.cpuPerRequest))
        let unit = TimeUnit.fitting(rounds.map(\.median))
        var table = Table(columns: [
            .words("request"), .figures("connections"), .words("server"), .figures("requests a second"),
            .figures("CPU a request (\(cpuUnit.rawValue))"), .figures("p50 (\(unit.rawValue))"),
            .figures("p99 (\(unit.rawValue))"), .figures("memory (PSS, MiB)"),
            .figures("of it its own (MiB)"),
        ])
        let plain = { (figure: Double) in Numbers.rounded(figure) }
        for row in rows {
            func range(_ figure: (Round) -> Double, _ format: (Double) -> String) -> Table.Cell {
                Table.Cell(row.spreadOutcome(figure)) { $0.text(format) }
            }
            func middle(_ figure: (Round) -> Double, _ format: (Double) -> String) -> Table.Cell {
                Table.Cell(row.spreadOutcome(figure)) { format($0.median) }
            }
            table.rows.append([
                .text(row.workload.label), .text(Numbers.exact(row.connections)), .text(row.server.label),
                range(\.requestsPerSecond, plain), range(\.cpuPerRequest, cpuUnit.text),
                middle(\.median, unit.text), middle(\.p99, unit.text), middle(\.resident, plain),
                middle(\.anonymous, plain),
            ])
        }
        return table
    }

    private var paired: [String] {
        guard !pairs.isEmpty else {
            return ["The peer against feed-server: not measured, as there is no pair of rounds."]
        }
        var table = Table(columns: [
            .words("request"), .figures("connections"), .figures("rounds"),
            .figures("CPU a request, peer / feed-server"), .figures("least"), .figures("most"),
        ])
        for pair in pairs {
            table.rows.append([
                .text(pair.workload.label), .text(Numbers.exact(pair.connections)),
                .text(Numbers.exact(pair.rounds)),
                .text(Numbers.rounded(pair.ratio.median)), .text(Numbers.rounded(pair.ratio.minimum)),
                .text(Numbers.rounded(pair.ratio.maximum)),
            ])
        }
        return [
            "The peer against feed-server, each round against the one beside it; the median of those ratios:",
            table.markdown(),
        ]
    }
}

extension ThroughputFigures.Row {
    fileprivate func spreadOutcome(_ figure: (ThroughputFigures.Round) -> Double) -> Outcome<Spread> {
        rounds.flatMap { rounds in
            Spread(rounds.map(figure)).map { .measured($0) } ?? .notMeasured("no round was finished")
        }
    }
}
