extension TotalsFigures {
    var plots: [Plot] {
        var kinds: [Kind] = []
        for row in rows where !kinds.contains(row.kind) { kinds.append(row.kind) }
        let plot = Plot(
            fileName: "totals.svg", title: "Pages with a total, by where the total comes from",
            note: "\(Labels.count(concurrency, "request", "requests")) under way at a time",
            description: "Requests a second for pages with a total, by how the total is come by.",
            x: Plot.Axis(
                label: "source of the total, and seconds that it lives",
                scale: .categories(kinds.map(\.label))),
            y: Plot.Axis(label: "requests a second (logarithmic)", scale: .logarithmic), kind: .bars,
            series: Place.allCases.map { place in
                Plot.Series(
                    label: place.label, style: place.style,
                    points: kinds.enumerated().map { index, kind in
                        rows.first { $0.place == place && $0.kind == kind }?.load.value.map {
                            Plot.Point(x: Double(index), y: $0.requestsPerSecond)
                        }
                    })
            })
        return [plot].compactMap { $0 }
    }

    fileprivate struct Kind: Hashable {
        var way: Way
        var timeToLive: Double?

        var label: String {
            way.axisLabel + (timeToLive.map { "\n\(Numbers.short($0)) s" } ?? "")
        }
    }
}

extension TotalsFigures.Row {
    fileprivate var kind: TotalsFigures.Kind {
        TotalsFigures.Kind(way: way, timeToLive: timeToLive)
    }
}

extension TotalsFigures.Place {
    fileprivate var style: Plot.Style {
        switch self {
        case .http: .blue
        case .library: .green
        case .peer: .gray
        }
    }
}
