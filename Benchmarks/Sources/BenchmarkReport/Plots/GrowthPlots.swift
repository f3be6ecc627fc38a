extension GrowthFigures {
    var plots: [Plot] {
        let sizes = sizes.compactMap(\.value)
        let plot = Plot(
            fileName: "growth.svg", title: "Time of a page in the store, by the size of the collection",
            note: "mark: median; whisker: up to the 99th percentile",
            description:
                "Median and 99th percentile of the time of a page and of a COUNT in the store, at rising "
                + "numbers of posts.",
            x: Plot.Axis(label: "posts (logarithmic)", scale: .logarithmic),
            y: Plot.Axis(label: "time, µs (logarithmic)", scale: .logarithmic), kind: .lines,
            series: Read.allCases.map { read in
                Plot.Series(
                    label: read.label, style: read.style,
                    points: sizes.map { size in
                        size.costs.first { $0.read == read }?.latency.value.map {
                            Plot.Point(x: Double(size.posts), y: $0.median, high: $0.p99.value)
                        }
                    })
            })
        return [plot].compactMap { $0 }
    }
}

extension GrowthFigures.Read {
    fileprivate var style: Plot.Style {
        switch self {
        case .firstPage: .green
        case .randomCursor: .blue
        case .middleOffset: .orange
        case .count: .purple
        }
    }
}
