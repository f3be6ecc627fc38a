/// Decides whether to believe the clock: a value without a clock of its own.
///
/// Dates of posts only ever rise, so a clock that is ahead once leaves its mark for good, where one that is behind
/// does no harm. So a step ahead is believed only after a while, in which whoever has made it by mistake can undo it;
/// until then time goes on from where it was. A step back is believed at once. Steps are seen against a steady clock,
/// which nobody sets. What the clock says first has to be believed: there is nothing to compare it with. What is no later
/// than the dates that were given has left its mark already; so a clock that was set back can be set right at once.
struct PostClock: Sendable {
    /// A step of more than this is not believed at once. Daylight saving is none: the clock is UTC.
    static let largestStep = Duration.seconds(3_600)

    /// How long a step ahead has to stand to be believed: a machine that was asleep, or a virtual one that was stopped,
    /// comes back with one that is right.
    static let probation = Duration.seconds(3_600)

    /// What two clocks say at the same moment.
    struct Reading: Sendable {
        /// May be set by anybody, in any direction.
        var wall: Timestamp
        /// Goes on at an even pace, also while the machine sleeps.
        var steady: ContinuousClock.Instant
    }

    private var believed: Reading?
    /// When the step was first seen that is not believed yet.
    private var doubtedSince: ContinuousClock.Instant?

    /// The time to date with, and by how much the clock is ahead of that.
    ///
    /// - Parameter lastDate: the latest date that was ever given.
    mutating func read(_ reading: Reading, lastDate: Timestamp) -> (time: Timestamp, ahead: Duration) {
        let isTime = Timestamp.range.contains(reading.wall)
        guard let before = believed else {
            if isTime { believed = reading }
            return (reading.wall, .zero)
        }
        let expected = before.wall + (reading.steady - before.steady)
        let ahead = reading.wall.since(expected)
        if ahead > Self.largestStep, reading.wall.since(lastDate) > Self.largestStep {
            let since = doubtedSince ?? reading.steady
            doubtedSince = since
            // What is no time at all is never believed.
            if !isTime || reading.steady - since < Self.probation { return (expected, ahead) }
        }
        doubtedSince = nil
        if isTime { believed = reading }
        return (reading.wall, .zero)
    }
}

extension Timestamp {
    /// The duration from another time to this one; negative where that is later.
    func since(_ other: Timestamp) -> Duration {
        .microseconds(microseconds.subtractingReportingOverflow(other.microseconds).partialValue)
    }

    static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(
            microseconds: time.microseconds &+ seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000)
    }
}
