extension Report {
    var claimsBlocks: [String] {
        var table = Table(columns: [.words("Claim"), .words("Verdict"), .words("Evidence")])
        for claim in claims {
            table.rows.append([
                .text(Markdown.escaped(claim.text)), .text(claim.verdict.text),
                .text(Markdown.escaped(claim.evidence)),
            ])
        }
        return [
            "## Claims", "Each is checked against the figures of this run. One that fails, fails the run.",
            table.markdown(),
        ]
    }
}

extension Claim.Verdict {
    fileprivate var text: String {
        switch self {
        case .holds: "holds"
        case .fails: "**fails**"
        case .open(let reason): "open: \(Markdown.escaped(reason))"
        }
    }
}
