extension DriftFigures {
    var plots: [Plot] {
        let twice = plot(
            fileName: "drift-twice.svg", title: "Posts shown twice while others write",
            description:
                "Posts shown to a reader who had seen them, of 1 000 shown, by the rates of the writers and "
                + "by the way of paging.",
            \.shownTwice)
        let missed = plot(
            fileName: "drift-missed.svg", title: "Posts never shown while others write",
            description:
                "Posts that a reader scrolled past without being shown them, for 1 000 shown, by the rates "
                + "of the writers and by the way of paging.",
            \.neverShown)
        return [twice, missed].compactMap { $0 }
    }

    fileprivate struct Rates: Hashable {
        var inserts: Double
        var deletes: Double
    }

    private func plot(
        fileName: String, title: String, description: String, _ figure: KeyPath<Row, Int>
    ) -> Plot? {
        var rates: [Rates] = []
        for row in rows where !rates.contains(row.rates) { rates.append(row.rates) }
        let labels = rates.map { "+\(Numbers.short($0.inserts))\n−\(Numbers.short($0.deletes))" }
        return Plot(
            fileName: fileName, title: title, note: "readers scroll, others insert and delete",
            description: description,
            x: Plot.Axis(label: "posts inserted (+) and deleted (−) a second", scale: .categories(labels)),
            y: Plot.Axis(label: "posts per \(Numbers.exact(1000)) shown", scale: .linear), kind: .bars,
            series: Way.allCases.map { way in
                Plot.Series(
                    label: way.label, style: way.style,
                    points: rates.enumerated().map { index, rates in
                        rows.first { $0.way == way && $0.rates == rates && $0.shown > 0 }.map { row in
                            Plot.Point(
                                x: Double(index), y: Double(row[keyPath: figure]) / Double(row.shown) * 1000)
                        }
                    })
            })
    }
}

extension DriftFigures.Row {
    fileprivate var rates: DriftFigures.Rates {
        DriftFigures.Rates(inserts: insertsPerSecond, deletes: deletesPerSecond)
    }
}

extension DriftFigures.Way {
    fileprivate var style: Plot.Style {
        switch self {
        case .cursor: .blue
        case .offset: .orange
        case .page: .green
        }
    }
}
