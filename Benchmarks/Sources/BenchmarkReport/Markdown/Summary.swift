extension Report {
    var summary: [String] {
        ["## Summary", Markdown.list([verdicts] + [depthLine, driftLine, totalsLine, throughputLine])]
    }

    private var verdicts: String {
        let claims = self.claims
        let holding = claims.count { $0.verdict == .holds }
        let failing = claims.count { $0.verdict == .fails }
        let open = claims.count - holding - failing
        var parts = ["\(holding) of \(claims.count) claims hold"]
        if failing > 0 { parts.append("**\(failing) \(failing == 1 ? "fails" : "fail")**") }
        if open > 0 { parts.append("\(open) \(open == 1 ? "is" : "are") open") }
        return "**Claims.** \(Labels.list(parts))."
    }

    private var depthLine: String {
        if case .notMeasured(let reason) = depth {
            return "**Depth.** " + Markdown.notMeasured(reason).capitalizedFirst.endingSentence
        }
        var sentences = [depthSentence("Over HTTP", .http)]
        if let peer = ends(.naiveOffset, .peer).value {
            sentences.append(
                "The peer, which counts for each request, takes \(Numbers.time(peer.deep)) by offset "
                    + "behind \(Numbers.exact(peer.depth)) others.")
        }
        sentences.append(depthSentence("In the store", .store))
        return "**Depth.** " + sentences.joined(separator: " ")
    }

    private func depthSentence(_ somewhere: String, _ place: DepthFigures.Place) -> String {
        switch (ends(.cursor, place), ends(.offset, place)) {
        case (.measured(let cursor), .measured(let offset)) where cursor.depth == offset.depth:
            "\(somewhere), a page behind \(Numbers.exact(cursor.depth)) others takes "
                + "\(Numbers.time(cursor.deep)) by cursor and \(Numbers.time(offset.deep)) by offset, which is "
                + "\(Numbers.rounded(offset.deep / cursor.deep)) times as long; the first page takes "
                + "\(Numbers.time(cursor.shallow)) and \(Numbers.time(offset.shallow))."
        case (let cursor, let offset):
            "\(somewhere), by cursor: \(cursor.text(\.sentence)); by offset: \(offset.text(\.sentence))."
        }
    }

    private var driftLine: String {
        let words: String
        switch drift {
        case .notMeasured(let reason):
            words = Markdown.notMeasured(reason).capitalizedFirst.endingSentence
        case .measured(let figures):
            let totals = DriftFigures.Way.allCases.map { figures.total(of: $0) }.filter { $0.shown > 0 }
            words =
                totals.isEmpty
                ? Markdown.notMeasured("nobody scrolled while others wrote").capitalizedFirst.endingSentence
                : "While others wrote, " + Labels.list(totals.map(\.phrase)) + "."
        }
        return "**Drift.** " + words
    }

    private var totalsLine: String {
        "**Totals.** "
            + totals.text { figures in
                let rows = figures.rows.filter { $0.place == .library }
                guard let counted = rows.first(where: { $0.way == .count })?.load.value,
                    let memory = rows.first(where: { $0.way == .memory && $0.load.value != nil }),
                    let remembered = memory.load.value, counted.requestsPerSecond > 0
                else {
                    return Markdown.notMeasured(
                        "there is no pair of a counted and a remembered total")
                }
                let ratio = remembered.requestsPerSecond / counted.requestsPerSecond
                let time = memory.timeToLive.map { " for \(Numbers.short($0)) s" } ?? ""
                return
                    "With a COUNT of \(Numbers.exact(figures.posts)) rows for each page, the libraries give "
                    + "\(Numbers.rounded(counted.requestsPerSecond)) pages a second. With the total remembered\(time), "
                    + "\(Numbers.rounded(remembered.requestsPerSecond)): \(Numbers.rounded(ratio)) times as many, for "
                    + "\(Labels.count(remembered.counts, "COUNT", "COUNTs")) in \(Numbers.short(remembered.seconds)) s"
            }.capitalizedFirst.endingSentence
    }

    private var throughputLine: String {
        "**Throughput.** "
            + throughput.text { figures in
                let workloads: [ThroughputFigures.Workload] = [.firstPage, .randomCursors]
                return workloads.map(figures.sentence).joined(separator: " ")
            }.capitalizedFirst.endingSentence
    }
}

extension ThroughputFigures {
    /// With the most connections that were measured: then a server is busiest.
    fileprivate func sentence(_ workload: Workload) -> String {
        let rows = rows.filter { $0.workload == workload }
        let most = rows.filter { $0.server == .feedServer && $0.rounds.value != nil }.map(\.connections).max()
        guard let most, let mine = rows.first(where: { $0.server == .feedServer && $0.connections == most }),
            let cost = mine.spread(\.cpuPerRequest)
        else {
            return
                "\(workload.label.capitalizedFirst): \(Markdown.notMeasured("feed-server was not asked for it"))."
        }

        let head =
            "\(workload.label.capitalizedFirst), \(Labels.count(most, "connection", "connections")): a request costs "
            + "feed-server \(Numbers.time(cost.median)) of CPU time"
        let peer = rows.first { $0.server == .peer && $0.connections == most }
        guard let pair = pairs.first(where: { $0.workload == workload && $0.connections == most }),
            let other = peer?.spread(\.cpuPerRequest)
        else {
            return
                "\(head); the peer: \(Markdown.notMeasured(peer?.rounds.reason ?? "it was not asked for it"))."
        }
        return
            "\(head) and the peer \(Numbers.time(other.median)). Round by round, the peer's is "
            + "\(pair.ratio.text()) times as much (median, least and most)."
    }
}

extension DepthEnds {
    fileprivate var sentence: String {
        "\(Numbers.time(deep)) behind \(Numbers.exact(depth)) others, \(Numbers.time(shallow)) for the first page"
    }
}

extension DriftFigures.Total {
    /// "readers by cursor saw no post twice and missed none (12 000 shown)"
    fileprivate var phrase: String {
        let twice = shownTwice == 0 ? "no post" : Labels.count(shownTwice, "post", "posts")
        let missed = neverShown == 0 ? "none" : Numbers.exact(neverShown)
        return
            "readers by \(way.label) saw \(twice) twice and missed \(missed) (\(Numbers.exact(shown)) shown)"
    }
}
