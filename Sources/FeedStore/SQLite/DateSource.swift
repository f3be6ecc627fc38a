import Logging
import Synchronization

/// Where posts get their dates from: the clock, as far as it is to be believed, and never a date that was given before.
///
/// `docs/configuration.md` says what an operator does about a clock that was wrong.
final class DateSource: Sendable {
    /// How far the newest post may be ahead of the clock before that is worth a word: clocks are set back by as much
    /// now and then.
    static let tolerance = Duration.seconds(60)

    private struct State {
        var clock = PostClock()
        var lastDate: Timestamp
        /// What the log was told last.
        var told = StoreStatus.Clock.ok
    }

    private let wall: @Sendable () -> Timestamp
    private let steady: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameters:
    ///   - lastDate: the latest date that was ever given.
    ///   - wall: the clock that dates.
    ///   - steady: the one that it is compared with.
    init(
        lastDate: Timestamp, wall: @escaping @Sendable () -> Timestamp,
        steady: @escaping @Sendable () -> ContinuousClock.Instant, logger: Logger
    ) {
        self.wall = wall
        self.steady = steady
        self.logger = logger
        state = Mutex(State(lastDate: lastDate))
        _ = status
    }

    /// The time to date with now.
    ///
    /// - Throws: ``StoreError/Code/unavailable`` where no date can be made of it.
    func now() throws(StoreError) -> Timestamp {
        let time = look().time
        guard Timestamp.range.contains(time) else {
            throw StoreError(
                .unavailable,
                "the clock is out of all bounds: \(time.microseconds) µs since 1970; set it right")
        }
        return time
    }

    /// A date is about to be given to a post. To be called before anybody can see it.
    ///
    /// - Throws: ``StoreError/Code/unavailable`` where it is none, because there is no later one than the last.
    func give(_ date: Timestamp) throws(StoreError) {
        guard Timestamp.range.contains(date) else {
            throw StoreError(
                .unavailable, "no date is left behind that of the newest post; see feed-server redate")
        }
        state.withLock { $0.lastDate = max($0.lastDate, date) }
    }

    /// Whether a date can have been given: none is later than the last.
    func hasGiven(_ date: Timestamp) -> Bool {
        state.withLock { date <= $0.lastDate }
    }

    var status: (clock: StoreStatus.Clock, clockLead: Duration, dateLead: Duration) {
        let (_, status, ahead, lead) = look()
        return (status, ahead, lead)
    }

    /// Reads the clock, and tells the log what has changed with it.
    private func look() -> (time: Timestamp, status: StoreStatus.Clock, ahead: Duration, lead: Duration) {
        let reading = PostClock.Reading(wall: wall(), steady: steady())
        let (time, status, ahead, lead, hasChanged) = state.withLock { state in
            let (time, ahead) = state.clock.read(reading, lastDate: state.lastDate)
            let lead = max(.zero, state.lastDate.since(time))
            let status: StoreStatus.Clock =
                if !Timestamp.range.contains(time) || state.lastDate >= Timestamp.range.upperBound {
                    .unusable
                } else if ahead > .zero {
                    .ahead
                } else {
                    lead > Self.tolerance ? .behind : .ok
                }
            defer { state.told = status }
            return (time, status, ahead, lead, status != state.told)
        }
        if hasChanged { tell(status, reading.wall, ahead, lead) }
        return (time, status, ahead, lead)
    }

    private func tell(
        _ status: StoreStatus.Clock, _ wall: Timestamp, _ ahead: Duration, _ lead: Duration
    ) {
        switch status {
        case .ok:
            logger.notice("store: the clock dates posts again")
        case .ahead:
            logger.warning(
                """
                store: the clock has gone ahead by \(ahead.components.seconds) s at once, and is not believed for an \
                hour. Set it right; or restart the server, if it is right
                """)
        case .behind:
            logger.warning(
                """
                store: the clock is \(lead.components.seconds) s behind the newest post, and posts are dated just \
                behind that one. Set it right; if it is, see feed-server redate
                """)
        case .unusable:
            logger.error(
                "store: no post can be dated (\(wall.microseconds) µs since 1970). Set the clock right; see feed-server redate"
            )
        }
    }
}
