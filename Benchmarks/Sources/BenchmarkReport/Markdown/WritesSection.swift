extension WritesFigures {
    func blocks(_ plots: PlotLinks) -> [String] {
        let method = """
            Each writer waits until its post is on the disk, and then writes the next one. The store puts what waits \
            into one commit; beside it, the same table with the same settings and a commit for each post. The ways \
            take turns. Figures are medians over the turns, with the least and the most in parentheses.
            """
        let writers = Set(rows.map(\.writers)).sorted()
        let ways = Way.allCases.filter { way in rows.contains { $0.way == way } }
        var table = Table(
            columns: [.figures("writers")] + ways.map { .figures("\($0.label) (posts a second)") })
        for count in writers {
            let cells = ways.map { way in
                Table.Cell(spread(way, count)) { $0.text() }
            }
            table.rows.append([.text(Numbers.exact(count))] + cells)
        }
        return [method] + plots.images(self.plots) + [table.markdown()]
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
