/// How often something may be attempted: `burst` times at once, and once more each `period`.
struct AttemptRate: Hashable, Sendable {
    /// Attempts that may be made at once, when none has been made for long.
    var burst: Int
    /// In which one more becomes possible.
    var period: Duration

    init(burst: Int, period: Duration) {
        self.burst = burst
        self.period = period
    }

    /// - Parameter count: attempts that may be made at once, and again ten minutes later.
    init(perTenMinutes count: Int) {
        self.init(burst: count, period: .seconds(600) / count)
    }
}
