extension Report {
    /// The part of its time to live after which a remembered total may be counted anew.
    public static let earliestRefresh = 0.8

    var totalsClaim: Claim {
        let text =
            "A total that is remembered is counted at first, and then once in 0.8 of its time to live at the most."
        guard case .measured(let figures) = totals else { return .open(text, totals.reason) }

        let rows = figures.rows.filter { $0.timeToLive != nil && $0.way.remembers }
        guard !rows.isEmpty else { return .open(text, "no remembered total was measured") }
        let checks = rows.compactMap(CountCheck.init)
        let exceeding = checks.filter { !$0.holds }
        // The one that comes nearest stands for all that hold.
        let nearest = checks.filter(\.holds).min { $0.most - $0.load.counts < $1.most - $1.load.counts }
        let summary = "\(checks.count - exceeding.count) of \(rows.count) ran no more COUNTs than that"
        let nearestSentence = nearest.map { ["the nearest to it: \($0.sentence)"] } ?? []
        return .judged(
            text, evidence: [summary] + exceeding.map(\.sentence) + nearestSentence,
            isContradicted: !exceeding.isEmpty, missing: Self.missing(rows))
    }

    /// The rows without a figure, those with the same reason together.
    private static func missing(_ rows: [TotalsFigures.Row]) -> [String] {
        let missing = rows.filter { $0.load.value == nil }
        return Dictionary(grouping: missing, by: \.load.reason)
            .map { reason, rows in
                let ways = Set(rows.map(\.way.label)).sorted()
                return "\(Labels.list(ways)), in \(Labels.count(rows.count, "row", "rows")) (\(reason))"
            }
            .sorted()
    }
}

extension TotalsFigures.Way {
    var remembers: Bool {
        switch self {
        case .memory, .redis, .redisAway: true
        case .count, .none: false
        }
    }
}

/// COUNTs that a row ran, against those that it may run.
private struct CountCheck {
    var row: TotalsFigures.Row
    var load: TotalsFigures.Load
    var most: Int

    init?(_ row: TotalsFigures.Row) {
        guard let load = row.load.value, let timeToLive = row.timeToLive, timeToLive > 0 else { return nil }
        self.row = row
        self.load = load
        // One for the first request, and one for each refresh.
        let refreshes = (load.seconds / (Report.earliestRefresh * timeToLive)).rounded(.up)
        most = 1 + (Int(exactly: refreshes) ?? 0)
    }

    /// Without a single COUNT it would not have been the total that was measured.
    var holds: Bool { (1...most).contains(load.counts) }

    var sentence: String {
        "\(row.label): \(Labels.count(load.counts, "COUNT", "COUNTs")) in \(Numbers.short(load.seconds)) s, "
            + "at most \(Numbers.exact(most))"
    }
}
