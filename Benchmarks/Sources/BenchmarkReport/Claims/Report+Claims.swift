extension Report {
    /// What the report says, each sentence held against the figures of this run.
    ///
    /// A sentence whose figures are not all there is open, unless those that are there already speak
    /// against it.
    public var claims: [Claim] {
        [
            flatCursorClaim(.http),
            flatCursorClaim(.store),
            cursorStepsClaim,
            growingOffsetClaim,
            driftClaim,
            totalsClaim,
            microClaim,
        ]
    }

    /// Whether a claim fails, which fails the run.
    public var failsRun: Bool {
        claims.contains { $0.verdict == .fails }
    }
}

extension Claim {
    static func open(_ text: String, _ reason: String, evidence: String = "") -> Claim {
        Claim(text: text, evidence: evidence, verdict: .open(reason))
    }

    /// The verdict over several figures: one that speaks against the sentence decides, and then one that is
    /// missing.
    static func judged(_ text: String, evidence: [String], isContradicted: Bool, missing: [String]) -> Claim {
        let evidence = evidence.joined(separator: "; ")
        let verdict: Verdict =
            if isContradicted { .fails } else if missing.isEmpty { .holds } else {
                .open("not measured: \(missing.joined(separator: "; "))")
            }
        return Claim(text: text, evidence: evidence, verdict: verdict)
    }
}
