extension DriftFigures {
    func blocks(_ plots: PlotLinks) -> [String] {
        let method = """
            Readers turn \(Labels.count(pagesPerWalk, "page", "pages")), one every \(Numbers.short(secondsPerPage)) s, \
            in a collection of \(Numbers.exact(posts)) posts, while others insert and delete posts at the rates of the \
            table. The requests are real; the clock is simulated, and the order of all that happens follows from the \
            seed, so that two runs with one seed give the same figures. *Shown twice* is a post shown to a reader who \
            had seen it. *Never shown* is a post that was there during the whole walk, in the range that the reader \
            walked through, and was not shown.
            """
        var table = Table(columns: [
            .figures("inserts a second"), .figures("deletes a second"), .words("paging by"),
            .figures("walks"),
            .figures("posts shown"), .figures("shown twice"), .figures("never shown"),
            .figures("both, per 1 000 shown"),
        ])
        for row in rows {
            let share =
                row.shown > 0 ? Double(row.shownTwice + row.neverShown) / Double(row.shown) * 1000 : nil
            table.rows.append([
                .text(Numbers.short(row.insertsPerSecond)), .text(Numbers.short(row.deletesPerSecond)),
                .text(row.way.label), .text(Numbers.exact(row.walks)), .text(Numbers.exact(row.shown)),
                .text(Numbers.exact(row.shownTwice)), .text(Numbers.exact(row.neverShown)),
                share.map { .text(Numbers.rounded($0)) } ?? .missing(reason: "nothing was shown"),
            ])
        }
        return [method] + plots.images(self.plots) + [table.markdown()]
    }
}
