/// Nanoseconds since some moment: they never go back, and go on while the machine sleeps.
public struct MonotonicClock: Sendable {
    /// The time now, in nanoseconds.
    public let now: @Sendable () -> Int64

    /// - Parameter now: nanoseconds, never less than what it returned before.
    public init(now: @escaping @Sendable () -> Int64) {
        self.now = now
    }

    /// The system's clock. It counts suspended time, so that a value does not look fresh after a night's sleep.
    public static let system = MonotonicClock(origin: ContinuousClock.now)

    private init(origin: ContinuousClock.Instant) {
        self.init { origin.duration(to: .now).nanoseconds }
    }
}

extension Duration {
    /// Whole nanoseconds, at the bounds of `Int64` (292 years) rather than beyond.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carried) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        if carried { return seconds < 0 ? .min : .max }
        return sum
    }
}
