extension WritesFigures {
    var plots: [Plot] {
        let plot = Plot(
            fileName: "writes.svg", title: "Durable posts a second, by the number of writers",
            note: "mark: median over the rounds; whisker: least and most",
            description: ways.contains(.http)
                ? "Posts a second that are on the disk, with commits that are grouped, with a commit for each "
                    + "post, and over HTTP, at rising numbers of writers."
                : "Posts a second that are on the disk, with commits that are grouped and with a commit for "
                    + "each post, at rising numbers of writers.",
            x: Plot.Axis(label: "writers (logarithmic)", scale: .logarithmic),
            y: Plot.Axis(label: "posts a second (logarithmic)", scale: .logarithmic), kind: .lines,
            series: ways.map { way in
                Plot.Series(
                    label: way.label, style: way.style,
                    points: rows.filter { $0.way == way }.map { row in
                        row.rounds.value.flatMap { Spread($0) }.map {
                            Plot.Point(
                                x: Double(row.writers), y: $0.median, low: $0.minimum, high: $0.maximum)
                        }
                    })
            })
        return [plot].compactMap { $0 }
    }
}

extension WritesFigures.Way {
    fileprivate var style: Plot.Style {
        switch self {
        case .groupCommit: .blue
        case .commitEach: .orange
        case .http: .green
        }
    }
}
