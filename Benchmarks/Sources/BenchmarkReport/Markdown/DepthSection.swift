extension DepthFigures {
    func blocks(_ plots: PlotLinks) -> [String] {
        let method = """
            Each request reads the page behind so many others, one request after the other on one connection, and always \
            the same page at a depth, which lies in the caches then; *random cursors* under throughput and growth \
            are pages all over the feed. The ways \
            take turns in twenty blocks, so that a machine that gets slower or faster hurts all alike. All depths \
            of the cursor are read together; an offset is by itself at each depth, because a deep one empties the \
            caches for a shallow one behind it. A quantile is given only where there are samples enough for it: 10, 100 and 1 000 for p90, p99 and \
            p99.9. *Offset* is its best form, which skips over a narrow index and then reads only the rows of the \
            page; *naive offset* is `LIMIT … OFFSET …` behind the whole query, as most servers have it.
            """
        return [method] + plots.images(self.plots) + Place.allCases.flatMap(blocks)
    }

    private func blocks(at place: Place) -> [String] {
        let series = Way.allCases.compactMap { self.series($0, place) }
        let heading = "### \(place.label)"
        guard !series.isEmpty else { return [heading, "Not measured: no page was read there."] }
        let unit = TimeUnit.fitting(series.flatMap(\.points).compactMap { $0.latency.value?.median })
        var blocks = [heading]
        if let note = note(on: place) { blocks.append(note) }
        blocks.append(medians(series, unit).markdown())
        if place == .store {
            blocks.append(contentsOf: ["Steps of SQLite's virtual machine:", steps(series).markdown()])
        }
        blocks.append(Markdown.folded("All quantiles", [quantiles(series, unit).markdown()]))
        return blocks
    }

    private func note(on place: Place) -> String? {
        switch place {
        case .http:
            let least = leastRequest.text { "\(Numbers.time($0.median)) (median)" }
            return
                "For comparison, an answer without a page over the same connection, `GET /healthz` between the "
                + "others: " + least.endingSentence
                + " Most of a short figure is the way there and back, which is the same for all ways."
        case .store:
            return
                "A call of the store, in the process of the benchmark: no HTTP, no JSON. The steps of SQLite's "
                + "virtual machine are the same on every machine with the same SQLite."
        case .peer:
            return
                "FastAPI, SQLAlchemy and uvicorn with two workers, over the same data. Its offset counts for each "
                + "request, to show a total."
        }
    }

    private func medians(_ series: [Series], _ unit: TimeUnit) -> Table {
        let columns = series.flatMap { series in
            [
                Table.Column.figures("\(series.way.shortLabel), p50 (\(unit.rawValue))"),
                .figures("p99 (\(unit.rawValue))"),
            ]
        }
        // The last column is what the section is about, where there are two ways to compare.
        let cursor = series.first { $0.way == .cursor }
        let offset = series.first { $0.way != .cursor }
        var table = Table(columns: [.figures("depth")] + columns)
        if let offset, cursor != nil { table.columns.append(.figures("\(offset.way.shortLabel) / cursor")) }
        for depth in depths(of: series) {
            var row: [Table.Cell] = [.text(Numbers.exact(depth))]
            for series in series {
                let latency = series.latency(at: depth)
                row.append(Table.Cell(latency) { unit.text($0.median) })
                row.append(Table.Cell(latency.flatMap(\.p99)) { unit.text($0) })
            }
            if let offset, let cursor {
                let pair = offset.latency(at: depth).flatMap { offset in
                    cursor.latency(at: depth).map { offset.median / $0.median }
                }
                row.append(Table.Cell(pair) { Numbers.rounded($0) })
            }
            table.rows.append(row)
        }
        return table
    }

    private func steps(_ series: [Series]) -> Table {
        var table = Table(
            columns: [.figures("depth")] + series.map { .figures("\($0.way.shortLabel) (VM steps)") })
        for depth in depths(of: series) {
            let cells = series.map { series in
                Table.Cell(series.point(at: depth).flatMap(\.steps)) { Numbers.exact($0) }
            }
            table.rows.append([.text(Numbers.exact(depth))] + cells)
        }
        return table
    }

    private func quantiles(_ series: [Series], _ unit: TimeUnit) -> Table {
        let names = ["p50", "p90", "p99", "p99.9", "maximum"].map {
            Table.Column.figures("\($0) (\(unit.rawValue))")
        }
        var table = Table(columns: [.words("way"), .figures("depth"), .figures("samples")] + names)
        for series in series {
            for point in series.points {
                let latency = point.latency
                table.rows.append([
                    .text(series.way.label), .text(Numbers.exact(point.depth)),
                    Table.Cell(latency) { Numbers.exact($0.samples) },
                    Table.Cell(latency) { unit.text($0.median) },
                    Table.Cell(latency.flatMap(\.p90)) { unit.text($0) },
                    Table.Cell(latency.flatMap(\.p99)) { unit.text($0) },
                    Table.Cell(latency.flatMap(\.p999)) { unit.text($0) },
                    Table.Cell(latency) { unit.text($0.maximum) },
                ])
            }
        }
        return table
    }

    private func depths(of series: [Series]) -> [Int] {
        Set(series.flatMap(\.points).map(\.depth)).sorted()
    }
}

extension DepthFigures.Series {
    fileprivate func point(at depth: Int) -> Outcome<DepthFigures.Point> {
        points.first { $0.depth == depth }.map { .measured($0) } ?? .notMeasured("not asked for")
    }

    fileprivate func latency(at depth: Int) -> Outcome<Latency> {
        point(at: depth).flatMap(\.latency)
    }
}

extension Outcome {
    /// The figure that belongs to this one, or the reason why one of the two is missing.
    func flatMap<New: Sendable>(_ transform: (Value) -> Outcome<New>) -> Outcome<New> {
        switch self {
        case .measured(let value): transform(value)
        case .notMeasured(let reason): .notMeasured(reason)
        }
    }
}
