extension Report {
    /// How many times what a page costs at depth 0 it may cost elsewhere and still be said to cost the
    /// same.
    public static let cursorTolerance = 1.10
    /// How many times what a page costs at depth 0 an offset must cost at the deepest to be said to cost
    /// more.
    public static let offsetGrowth = 2.0
    /// Posts in front of a page from which on the growth of an offset is to be seen. In front of it, what a
    /// page costs anyway hides it.
    public static let offsetGrowthDepth = 100_000

    func flatCursorClaim(_ place: DepthFigures.Place) -> Claim {
        let somewhere =
            switch place {
            case .http: "over HTTP"
            case .store: "in the store"
            case .peer: "in the peer"
            }
        let tolerance = "at most \(Numbers.rounded(Self.cursorTolerance)) times the median"

        switch ends(.cursor, place) {
        case .notMeasured(let reason):
            return .open(
                "A page by cursor costs the same deep in the feed, \(somewhere): \(tolerance).", reason)
        case .measured(let ends):
            return Claim(
                text:
                    "A page by cursor costs at depth \(Numbers.exact(ends.depth)) what it costs at depth 0, "
                    + "\(somewhere): \(tolerance).",
                evidence: ends.evidence("cursor"),
                verdict: ends.ratio <= Self.cursorTolerance ? .holds : .fails)
        }
    }

    var cursorStepsClaim: Claim {
        let text = "A page by cursor takes the same number of VM steps at every depth behind the first page."
        guard case .measured(let figures) = depth else { return .open(text, depth.reason) }
        guard let series = figures.series(.cursor, .store) else {
            return .open(text, "the cursor was not measured in the store")
        }
        let deeper = series.points.filter { $0.depth > 0 }
        let steps = deeper.compactMap(\.steps.value)
        guard let least = steps.min(), let most = steps.max() else {
            return .open(text, "there are no VM steps of a page behind another")
        }

        var evidence =
            least == most
            ? "\(Numbers.exact(least)) steps at each of \(steps.count) depths"
            : "\(Numbers.exact(least)) to \(Numbers.exact(most)) steps at \(steps.count) depths"
        if let first = series.points.first(where: { $0.depth == 0 })?.steps.value {
            evidence += "; \(Numbers.exact(first)) for the first page, which has no position to compare with"
        }
        let missing = deeper.filter { $0.steps.value == nil }.map { "depth \(Numbers.exact($0.depth))" }
        return .judged(text, evidence: [evidence], isContradicted: least != most, missing: missing)
    }

    var growingOffsetClaim: Claim {
        let text =
            "An offset costs more the deeper it lies, even in its best form: at depth "
            + "\(Numbers.exact(Self.offsetGrowthDepth)) and more, over \(Numbers.short(Self.offsetGrowth)) times "
            + "what it costs at depth 0, in the store."
        switch ends(.offset, .store) {
        case .notMeasured(let reason):
            return .open(text, reason)
        case .measured(let ends) where ends.depth < Self.offsetGrowthDepth:
            return .open(
                text, "the deepest page that was measured lies at \(Numbers.exact(ends.depth))",
                evidence: ends.evidence("offset"))
        case .measured(let ends):
            return Claim(
                text: text, evidence: ends.evidence("offset"),
                verdict: ends.ratio > Self.offsetGrowth ? .holds : .fails)
        }
    }

    /// What a way costs at depth 0 and at the deepest point that was measured.
    func ends(_ way: DepthFigures.Way, _ place: DepthFigures.Place) -> Outcome<DepthEnds> {
        guard case .measured(let figures) = depth else { return .notMeasured(depth.reason) }
        guard let series = figures.series(way, place) else {
            return .notMeasured("no pages by \(way.label) were read there")
        }
        if let failed = series.points.first(where: { $0.depth == 0 })?.latency, failed.value == nil {
            return .notMeasured("depth 0: \(failed.reason)")
        }
        let measured = series.points.compactMap { point in
            point.latency.value.map { (depth: point.depth, median: $0.median) }
        }
        guard let first = measured.first, first.depth == 0, first.median > 0, let last = measured.last,
            last.depth > first.depth
        else {
            return .notMeasured("there is no pair of a page at depth 0 and one behind it")
        }
        return .measured(DepthEnds(shallow: first.median, deep: last.median, depth: last.depth))
    }
}

/// Medians in microseconds at depth 0 and at ``depth``.
struct DepthEnds: Sendable {
    var shallow: Double
    var deep: Double
    var depth: Int

    var ratio: Double { deep / shallow }

    func evidence(_ way: String) -> String {
        "\(way) p50 \(Numbers.time(shallow)) at depth 0, "
            + "\(Numbers.time(deep)) at \(Numbers.exact(depth)): "
            + "\(Numbers.rounded(ratio, digits: 4)) times"
    }
}

extension Outcome {
    /// Why there is no value; nothing if there is one.
    var reason: String {
        switch self {
        case .measured: ""
        case .notMeasured(let reason): reason
        }
    }
}
