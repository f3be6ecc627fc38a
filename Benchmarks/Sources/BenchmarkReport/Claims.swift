/// A sentence that the report makes, held against the figures beside it.
public struct Claim: Equatable, Sendable {
    public enum Verdict: Equatable, Sendable {
        case holds
        case fails
        /// The figures that it needs are not there; the reason.
        case open(String)
    }

    /// A whole sentence.
    public var text: String
    /// The figures that it was held against: "cursor p50 101.2 µs at depth 0, 102.0 µs at 900 000: 1.008 times".
    public var evidence: String
    public var verdict: Verdict

    public init(text: String, evidence: String, verdict: Verdict) {
        self.text = text
        self.evidence = evidence
        self.verdict = verdict
    }
}
