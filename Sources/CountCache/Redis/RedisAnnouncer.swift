import NIOCore

/// What the log is to hear of Redis's going and coming. A Redis that flaps must not fill a disk: beyond the first
/// line of each kind there is at most one a minute. What was kept back is made up for, if it is still so then, and
/// the metrics tell the rest.
struct RedisAnnouncer {
    /// Time between two lines of one kind.
    static let quietTime = TimeAmount.minutes(1)

    enum Line: Equatable {
        case inUse
        case back
        case away(because: CountCacheTrouble)
    }

    private enum Situation: Equatable {
        case unknown
        case inUse
        case away(because: CountCacheTrouble)

        var isAway: Bool {
            if case .away = self { true } else { false }
        }
    }

    /// How often one kind of line was written, and when it may be again.
    private struct Ration {
        private var count = 0
        private var next = NIODeadline.distantPast

        mutating func take(now: NIODeadline) -> Bool {
            guard now >= next else { return false }
            if count > 0 { next = now + RedisAnnouncer.quietTime }
            count += 1
            return true
        }
    }

    private var situation = Situation.unknown
    /// What the log believes.
    private var announced = Situation.unknown
    private var wasAway = false
    private var notices = Ration()
    private var warnings = Ration()

    /// Redis is in use, as far as we know for the first time or again.
    mutating func isInUse(now: NIODeadline) -> Line? {
        situation = .inUse
        return timePassed(now: now)
    }

    /// Redis is not in use any more, or could not be taken into use.
    mutating func isAway(because trouble: CountCacheTrouble, now: NIODeadline) -> Line? {
        // The first reason is the one that matters: what comes after is that it is still away.
        if !situation.isAway { situation = .away(because: trouble) }
        wasAway = true
        return timePassed(now: now)
    }

    /// Makes up for what was kept back.
    mutating func timePassed(now: NIODeadline) -> Line? {
        switch situation {
        case .unknown:
            return nil
        case .inUse:
            guard announced != .inUse, notices.take(now: now) else { return nil }
            announced = .inUse
            return wasAway ? .back : .inUse
        case .away(let trouble):
            guard !announced.isAway, warnings.take(now: now) else { return nil }
            announced = situation
            return .away(because: trouble)
        }
    }
}
