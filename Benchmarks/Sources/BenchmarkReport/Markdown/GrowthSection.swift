extension GrowthFigures {
    func blocks(_ plots: PlotLinks) -> [String] {
        let method = """
            The same reads in the store, in process, in collections of rising size. A page behind a random cursor may \
            lie anywhere; the offset goes to the page in the middle; COUNT counts all that is published.
            """
        let measured = sizes.compactMap(\.value)
        let missing = sizes.filter { $0.value == nil }.map(\.reason)
        var blocks = [method] + plots.images(self.plots)
        if !measured.isEmpty {
            blocks.append(times(measured).markdown())
            blocks.append("Steps of SQLite's virtual machine:")
            blocks.append(steps(measured).markdown())
        }
        if !missing.isEmpty || measured.isEmpty {
            let reasons = missing.isEmpty ? ["no size was asked for"] : missing
            blocks.append(Markdown.list(reasons.map { "One size is " + Markdown.notMeasured($0) }))
        }
        return blocks
    }

    private func times(_ sizes: [Size]) -> Table {
        let unit = TimeUnit.fitting(sizes.flatMap(\.costs).compactMap { $0.latency.value?.median })
        let reads = Read.allCases.map { Table.Column.figures("\($0.label), p50 (\(unit.rawValue))") }
        var table = Table(columns: [.figures("posts"), .figures("file (MiB)")] + reads)
        for size in sizes {
            let mebibytes = Double(size.bytes) / 1_048_576
            let cells = Read.allCases.map { read in
                Table.Cell(size.cost(of: read).flatMap(\.latency)) { unit.text($0.median) }
            }
            table.rows.append([.text(Numbers.exact(size.posts)), .text(Numbers.rounded(mebibytes))] + cells)
        }
        return table
    }

    private func steps(_ sizes: [Size]) -> Table {
        var table = Table(
            columns: [.figures("posts")] + Read.allCases.map { .figures("\($0.label) (VM steps)") })
        for size in sizes {
            let cells = Read.allCases.map { read in
                Table.Cell(size.cost(of: read).flatMap(\.steps)) { Numbers.exact($0) }
            }
            table.rows.append([.text(Numbers.exact(size.posts))] + cells)
        }
        return table
    }
}

extension GrowthFigures.Size {
    fileprivate func cost(of read: GrowthFigures.Read) -> Outcome<GrowthFigures.Cost> {
        costs.first { $0.read == read }.map { .measured($0) } ?? .notMeasured("not asked for")
    }
}
