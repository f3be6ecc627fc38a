extension DepthFigures {
    var plots: [Plot] {
        [overHTTP, inStore, steps].compactMap { $0 }
    }

    private var overHTTP: Plot? {
        latencyPlot(
            fileName: "depth-http.svg", title: "Time of a page over HTTP, by its depth",
            places: [.http, .peer],
            description:
                "Median and 99th percentile of the time of a request for a page, by cursor and by offset, "
                + "at rising depths.")
    }

    private var inStore: Plot? {
        latencyPlot(
            fileName: "depth-store.svg", title: "Time of a page in the store, by its depth", places: [.store],
            description:
                "Median and 99th percentile of the time that the store takes for a page, by cursor, by "
                + "offset in its best form and in its naive form, at rising depths.")
    }

    private var steps: Plot? {
        let depths = depths(at: [.store])
        return Plot(
            fileName: "depth-steps.svg", title: "Steps of SQLite's virtual machine for a page, by its depth",
            note: "the same on every machine with the same SQLite",
            description:
                "Steps that SQLite's virtual machine takes for a page, by cursor and by offset, at rising "
                + "depths.",
            x: depthAxis(depths), y: Plot.Axis(label: "VM steps (logarithmic)", scale: .logarithmic),
            kind: .lines,
            series: series(at: [.store], depths) { point, x in
                point.steps.value.map { Plot.Point(x: x, y: Double($0)) }
            })
    }

    private func latencyPlot(fileName: String, title: String, places: [Place], description: String) -> Plot? {
        let depths = depths(at: places)
        return Plot(
            fileName: fileName, title: title, note: "mark: median; whisker: up to the 99th percentile",
            description: description, x: depthAxis(depths),
            y: Plot.Axis(label: "time, µs (logarithmic)", scale: .logarithmic), kind: .lines,
            series: series(at: places, depths) { point, x in
                point.latency.value.map {
                    Plot.Point(x: x, y: $0.median, high: $0.p99.value)
                }
            })
    }

    /// Every depth that was asked for at one of the places, measured or not.
    private func depths(at places: [Place]) -> [Int] {
        Set(series.filter { places.contains($0.place) }.flatMap(\.points).map(\.depth)).sorted()
    }

    private func depthAxis(_ depths: [Int]) -> Plot.Axis {
        // Depth 0 has no place on a logarithmic axis, and on a linear one all the others would lie at its
        // end.
        Plot.Axis(
            label: "posts in front of the page (not to scale)", scale: .categories(depths.map(Numbers.exact)))
    }

    private func series(
        at places: [Place], _ depths: [Int], _ point: (Point, Double) -> Plot.Point?
    ) -> [Plot.Series] {
        places.flatMap { place in series.filter { $0.place == place } }.map { series in
            Plot.Series(
                label: (series.place == .peer ? "peer: " : "") + series.way.label,
                style: series.style,
                points: depths.enumerated().map { index, depth in
                    series.points.first { $0.depth == depth }.flatMap { point($0, Double(index)) }
                })
        }
    }
}

extension DepthFigures.Series {
    fileprivate var style: Plot.Style {
        switch (place, way) {
        case (.peer, .cursor): .green
        case (.peer, _): .gray
        case (_, .cursor): .blue
        case (_, .offset): .orange
        case (_, .naiveOffset): .purple
        }
    }
}
