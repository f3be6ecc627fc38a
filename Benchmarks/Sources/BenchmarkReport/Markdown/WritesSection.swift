extension WritesFigures {
    /// A way against a commit for each post, each round against the one beside it.
    struct Comparison: Equatable {
        var writers: Int
        /// Posts a second.
        var mine: Spread
        /// Posts a second with a commit for each post.
        var commitEach: Spread
        /// The first as a multiple of the second.
        var ratio: Spread
    }

    /// The ways that the report knows of: an older one has none over HTTP.
    var ways: [Way] { Way.allCases.filter { way in rows.contains { $0.way == way } } }

    /// With the most writers that were measured both ways.
    func comparison(of way: Way) -> Comparison? {
        let pairs = rows.filter { $0.way == way }.compactMap { row -> Comparison? in
            let other = rows.first { $0.way == .commitEach && $0.writers == row.writers }
            guard let mine = row.rounds.value, let others = other?.rounds.value,
                let spread = Spread(mine), let otherSpread = Spread(others),
                let ratio = Spread(zip(mine, others).filter { $1 > 0 }.map { $0 / $1 })
            else { return nil }
            return Comparison(writers: row.writers, mine: spread, commitEach: otherSpread, ratio: ratio)
        }
        return pairs.max { $0.writers < $1.writers }
    }

    func blocks(_ plots: PlotLinks) -> [String] {
        [method] + plots.images(self.plots) + [table.markdown()] + compared
    }

    private var method: String {
        let store = """
            Each writer waits until its post is on the disk, and then writes the next one. The store puts what waits \
            into one commit; beside it, the same table with the same settings and a commit for each post.
            """
        let http = """
            Over HTTP, the same posts go to the release binary of feed-server with `POST /api/posts`, each writer's \
            over a connection of its own that stays open. That includes HTTP, JSON, and the token that each request is \
            checked by; clients and server share the machine's cores. A post counts when it was answered `201`, and \
            the file has to hold just those that were.
            """
        let turns = """
            The ways take turns. Figures are medians over the turns, with the least and the most in parentheses.
            """
        return (ways.contains(.http) ? [store, http, turns] : [store, turns]).joined(separator: " ")
    }

    private var table: Table {
        var table = Table(
            columns: [.figures("writers")] + ways.map { .figures("\($0.label) (posts a second)") })
        for count in Set(rows.map(\.writers)).sorted() {
            let cells = ways.map { way in
                Table.Cell(spread(way, count)) { $0.text() }
            }
            table.rows.append([.text(Numbers.exact(count))] + cells)
        }
        return table
    }

    private var compared: [String] {
        guard let comparison = comparison(of: .http) else { return [] }
        return [
            """
            Over HTTP, \(Labels.count(comparison.writers, "client writes", "clients write")) \
            \(comparison.mine.text()) durable posts a second; a commit for each post, without HTTP, makes it \
            \(comparison.commitEach.text()). Round by round, that is \(comparison.ratio.text()) times as many.
            """
        ]
    }

    private func spread(_ way: Way, _ writers: Int) -> Outcome<Spread> {
        guard let row = rows.first(where: { $0.way == way && $0.writers == writers }) else {
            return .notMeasured("not asked for")
        }
        return row.rounds.flatMap { rounds in
            Spread(rounds).map { .measured($0) } ?? .notMeasured("no round was finished")
        }
    }
}
