/// The times that a ``CountEngine`` keeps, in nanoseconds, and the chance that it draws from them.
struct CountRules: Sendable {
    /// From this age on a count is refreshed in the background…
    var softTimeToLive: Int64
    /// …and from this one on callers wait for a new one.
    var timeToLive: Int64
    /// The part of a time to live that is left to chance: 0…0.5.
    var jitter: Double
    /// How long a caller waits for a count before it gets a stale one or none.
    var wait: Int64
    /// The greatest age of a count that is given to anyone, marked stale.
    var maxStaleAge: Int64
    /// A count that took *t* is not repeated for this many times *t*: the inverse of the share of a core.
    var pauseFactor: Int64
    /// A count that takes longer is cancelled.
    var loadTimeLimit: Int64
    /// How long a lease lasts: longer than ``loadTimeLimit``, so that nobody else counts meanwhile.
    var leaseTime: Int64

    /// How soon another process's count is asked for again: it begins with the first and doubles up to the second.
    static let firstPollDelay: Int64 = 5_000_000
    static let maxPollDelay: Int64 = 100_000_000
    /// No flight takes off without a caller that waits while so many are under way: who asks without waiting, and
    /// for any number of keys, must not crowd out those who wait.
    static let maxBackgroundFlights = 64

    /// The time from the beginning of a count that took so long to the next one, as far as cost is concerned.
    func pause(after cost: Int64) -> Int64 {
        let (pause, overflow) = max(0, cost).multipliedReportingOverflow(by: pauseFactor)
        return overflow ? .max : pause
    }
}

/// A count as this process remembers it. Times are nanoseconds of the process's clock; the moment of counting may
/// lie before the clock's zero, when another process counted.
struct CountEntry: Sendable, Equatable {
    var value: Int
    /// When the counting began.
    var countedAt: Int64
    /// From this age on it is past its time to live.
    var hardAge: Int64
    /// From this age on it may be counted again: the soft time to live, or longer if counting is dear.
    var refreshAge: Int64

    /// - Parameters:
    ///   - cost: how long the counting took.
    ///   - random: keeps keys that were counted together, and processes, from being refreshed together. The soft
    ///     time is only made longer and the hard one only shorter, so that both hold as bounds.
    init(
        value: Int, countedAt: Int64, cost: Int64, rules: CountRules,
        random: inout some RandomNumberGenerator
    ) {
        self.value = value
        self.countedAt = countedAt
        func share(of time: Int64) -> Int64 {
            Int64(Double(time) * rules.jitter * Double.random(in: 0..<1, using: &random))
        }
        hardAge = rules.timeToLive - share(of: rules.timeToLive)
        let soft = min(rules.softTimeToLive + share(of: rules.softTimeToLive), hardAge)
        refreshAge = max(soft, rules.pause(after: cost))
    }

    /// Zero or more.
    func age(at now: Int64) -> Int64 {
        max(0, now.saturatingSubtract(countedAt))
    }

    /// Younger than the time to live.
    func isCurrent(at now: Int64) -> Bool {
        age(at: now) < hardAge
    }

    /// Old enough to be counted again.
    func isDue(at now: Int64) -> Bool {
        age(at: now) >= refreshAge
    }
}
