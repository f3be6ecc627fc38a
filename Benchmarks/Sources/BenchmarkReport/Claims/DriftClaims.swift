extension Report {
    var driftClaim: Claim {
        let text = "No reader by cursor was shown a post twice, and none missed one, while others wrote."
        guard case .measured(let figures) = drift else { return .open(text, drift.reason) }

        let cursor = figures.total(of: .cursor)
        guard cursor.walks > 0, cursor.shown > 0 else { return .open(text, "no reader by cursor scrolled") }
        let numbered = DriftFigures.Way.allCases.filter { $0 != .cursor }.map { figures.total(of: $0) }
        let evidence = ([cursor] + numbered).filter { $0.walks > 0 }.map(\.sentence).joined(separator: "; ")

        // In any row: where nobody writes, a fault would be no better.
        if figures.rows.contains(where: { $0.way == .cursor && $0.shownTwice + $0.neverShown > 0 }) {
            return Claim(text: text, evidence: evidence, verdict: .fails)
        }
        // Where an offset shows no drift, nothing was written that could have moved a page: the zero proves
        // nothing.
        guard numbered.contains(where: { $0.faults > 0 }) else {
            return .open(text, "the writes moved no page by offset either", evidence: evidence)
        }
        return Claim(text: text, evidence: evidence, verdict: .holds)
    }
}

extension DriftFigures {
    /// What the readers of one way saw, over all rates at which others wrote.
    struct Total: Sendable {
        var way: Way
        var walks = 0
        var shown = 0
        var shownTwice = 0
        var neverShown = 0

        var faults: Int { shownTwice + neverShown }

        /// "cursor: 0 shown twice and 0 missed, 12 000 shown in 40 walks"
        var sentence: String {
            "\(way.label): \(Numbers.exact(shownTwice)) shown twice and \(Numbers.exact(neverShown)) missed, "
                + "\(Numbers.exact(shown)) shown in \(Labels.count(walks, "walk", "walks"))"
        }
    }

    /// Without the rows in which nobody writes: nothing can drift there.
    func total(of way: Way) -> Total {
        rows.filter { $0.way == way && $0.insertsPerSecond + $0.deletesPerSecond > 0 }
            .reduce(into: Total(way: way)) { total, row in
                total.walks += row.walks
                total.shown += row.shown
                total.shownTwice += row.shownTwice
                total.neverShown += row.neverShown
            }
    }
}
