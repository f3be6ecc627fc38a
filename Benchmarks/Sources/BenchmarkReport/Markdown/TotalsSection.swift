extension TotalsFigures {
    func blocks(_ plots: PlotLinks) -> [String] {
        let method = """
            Pages that show a total of \(Numbers.exact(posts)) rows, asked for without a pause, \
            \(Labels.count(concurrency, "request", "requests")) under way at a time. A COUNT for each request stands \
            against totals that are remembered for a time to live. feed-server and the libraries count the COUNTs \
            that they run; the peer runs one for each request. Load generator and server share the machine's cores, \
            and the CPU time is the server's alone, without Redis's. Each row was measured in one turn, one row after \
            the other: small differences between rows say nothing.
            """
        return [method] + plots.images(self.plots)
            + Place.allCases.flatMap { place in
                let rows = rows.filter { $0.place == place }
                return rows.isEmpty ? [] : ["### " + place.label.capitalizedFirst, table(rows).markdown()]
            }
    }

    private func table(_ rows: [Row]) -> Table {
        let loads = rows.compactMap(\.load.value)
        let unit = TimeUnit.fitting(loads.map(\.median))
        let cpuUnit = TimeUnit.fitting(loads.map(\.cpuPerRequest))
        var table = Table(columns: [
            .words("total"), .figures("time to live (s)"), .figures("requests a second"),
            .figures("requests"),
            .figures("COUNTs"), .figures("CPU a request (\(cpuUnit.rawValue))"),
            .figures("p50 (\(unit.rawValue))"),
            .figures("p99 (\(unit.rawValue))"),
        ])
        for row in rows {
            let load = row.load
            table.rows.append([
                .text(row.way.label), .text(row.timeToLive.map { Numbers.short($0) } ?? "–"),
                Table.Cell(load) { Numbers.rounded($0.requestsPerSecond) },
                Table.Cell(load) { Numbers.exact($0.requests) },
                Table.Cell(load) { Numbers.exact($0.counts) },
                Table.Cell(load) { cpuUnit.text($0.cpuPerRequest) },
                Table.Cell(load) { unit.text($0.median) },
                Table.Cell(load) { unit.text($0.p99) },
            ])
        }
        return table
    }
}
