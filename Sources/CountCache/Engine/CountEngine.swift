/// Decides about counts: who is answered with what, when to ask Redis, when to count. A value without a clock, a
/// lock, a task or a socket: ``CountCache`` tells it what happened, and carries out its ``Effect``s. So a test can
/// run many of them through days of trouble in no time, and twice the same.
///
/// Work for a key is a *flight*, one at a time within a process: Redis is asked; if it has no count that is young
/// enough, either this process gets the lease and counts, or another has it and Redis is asked again a little later.
/// Callers wait for a flight, each for its own time; a flight without callers is a refresh in the background.
///
/// What holds whatever happens:
/// - A key is counted once at a time, ``CountPolicy/exact`` apart, one that overran its time limit included. And as
///   long as the key is remembered, a count begins no sooner after the one before than the soft time to live, unless
///   that one failed, nor than the cost of that one times the pause factor, failed or not.
/// - A caller that waits is answered after ``CountRules/wait`` at the latest, or twice ``CountRules/loadTimeLimit``
///   with ``CountPolicy/exact``.
/// - A count marked `memory` or `redis` is younger than the time to live, a `stale` one not older than
///   ``CountRules/maxStaleAge``.
struct CountEngine<Loader: Sendable, Waiter: Sendable> {
    let rules: CountRules
    /// Whether there is a Redis to ask.
    let hasLeases: Bool
    /// Tells this engine's leases from every other's.
    let leaseOwner: String
    var random: any RandomNumberGenerator & Sendable
    var records: CountRecords
    var flights: [UInt64: Flight] = [:]
    var flightOfKey: [CountKey: UInt64] = [:]
    var exactFlightOfKey: [CountKey: UInt64] = [:]
    /// The process is about to end: what it breaks off is no fault of the count's, and others may count at once.
    var isClosing = false
    private var lastNumber: UInt64 = 0

    /// - Parameter capacity: keys that are remembered, above 0. The least recently used goes first.
    init(rules: CountRules, capacity: Int, hasLeases: Bool, random: any RandomNumberGenerator & Sendable) {
        self.rules = rules
        self.hasLeases = hasLeases
        self.random = random
        records = CountRecords(capacity: capacity, maxStaleAge: rules.maxStaleAge)
        leaseOwner = String(self.random.next(), radix: 36) + String(self.random.next(), radix: 36)
    }

    /// Keys that are remembered.
    var recordCount: Int { records.count }
    /// Flights that are under way.
    var flightCount: Int { flights.count }

    func isUnderWay(_ flight: UInt64) -> Bool { flights[flight] != nil }

    /// A number that has not been used before.
    mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    /// How many callers wait for a key.
    func waiterCount(for key: CountKey) -> Int {
        [flightOfKey[key], exactFlightOfKey[key]].compactMap { $0 }
            .reduce(0) { $0 + (flights[$1].map { $0.waiters.count + $0.next.count } ?? 0) }
    }

    // MARK: Callers

    /// How a caller asks.
    enum Patience {
        /// Gets what there is.
        case now
        /// Would wait, but is not ready to: is told ``Reply/wait`` if it has to, and nothing has changed.
        case wouldWait
        /// Waits, under a number of ``nextNumber()``.
        case waits(Waiter, number: UInt64)
    }

    enum Reply {
        case count(Count)
        case none
        /// Ask again with ``Patience/waits``.
        case wait
        /// An effect will answer.
        case waiting
    }

    mutating func ask(
        _ key: CountKey, _ policy: CountPolicy, _ patience: Patience, loader: Loader, now: Int64,
        effects: inout [Effect]
    ) -> Reply {
        switch policy {
        case .none:
            return .none
        case .exact:
            return askExactly(key, patience, loader: loader, now: now, effects: &effects)
        case .cached:
            return ask(key, patience, loader: loader, now: now, effects: &effects)
        case .capped(let cap):
            let cappedKey = Self.key(key, cappedAt: cap)
            if let entry = records[key].entry, entry.isCurrent(at: now) {
                return .count(records.count(entry, from: .memory, cap: cappedKey.cap, now: now))
            }
            return ask(cappedKey, patience, loader: loader, now: now, effects: &effects)
        }
    }

    private mutating func ask(
        _ key: CountKey, _ patience: Patience, loader: Loader, now: Int64, effects: inout [Effect]
    ) -> Reply {
        let record = records[key]
        let isBarred = now < record.notBefore
        if let entry = record.entry, entry.isCurrent(at: now) {
            if entry.isDue(at: now), !isBarred { refresh(key, record, loader, now: now, effects: &effects) }
            return .count(records.count(entry, from: .memory, cap: key.cap, now: now))
        }
        effects.append(.note(.miss))
        let isPaused = isBarred || record.entry.map { !$0.isDue(at: now) } ?? false
        if isPaused {
            effects.append(.note(.deferred))
            return fallbackReply(for: key, now: now)
        }
        switch patience {
        case .now:
            refresh(key, record, loader, now: now, effects: &effects)
            return fallbackReply(for: key, now: now)
        case .wouldWait:
            effects.removeLast()
            return .wait
        case .waits(let waiter, let number):
            let caller = Caller(number: number, waiter: waiter, loader: loader, deadline: now + rules.wait)
            if let flight = flightOfKey[key] {
                effects.append(.note(.joined))
                flights[flight]?.waiters.append(caller)
                setWake(flight, effects: &effects)
            } else {
                var flight = off(key, loader)
                flight.waiters = [caller]
                take(flight, now: now, effects: &effects)
            }
            return .waiting
        }
    }

    /// Begins a flight in the background, unless there is one, or no place for one.
    private mutating func refresh(
        _ key: CountKey, _ record: CountRecords.Record, _ loader: Loader, now: Int64, effects: inout [Effect]
    ) {
        guard now >= record.quietUntil, flightOfKey[key] == nil else { return }
        guard flights.count < CountRules.maxBackgroundFlights else {
            effects.append(.note(.deferred))
            return
        }
        take(off(key, loader), now: now, effects: &effects)
    }

    private mutating func fallbackReply(for key: CountKey, now: Int64) -> Reply {
        records.fallback(for: key, now: now).map(Reply.count) ?? .none
    }

    private mutating func askExactly(
        _ key: CountKey, _ patience: Patience, loader: Loader, now: Int64, effects: inout [Effect]
    ) -> Reply {
        let waiter: Waiter
        let number: UInt64
        switch patience {
        case .now: return .none
        case .wouldWait: return .wait
        case .waits(let ownWaiter, let ownNumber): (waiter, number) = (ownWaiter, ownNumber)
        }
        // The count that runs, and one's own: each is over or cancelled after its time limit.
        let deadline = now + 2 * rules.loadTimeLimit
        let caller = Caller(number: number, waiter: waiter, loader: loader, deadline: deadline)
        if let flight = exactFlightOfKey[key] {
            effects.append(.note(.joined))
            flights[flight]?.next.append(caller)
            setWake(flight, effects: &effects)
        } else {
            var flight = Flight(number: nextNumber(), key: key, isExact: true, loader: loader)
            flight.waiters = [caller]
            exactFlightOfKey[key] = flight.number
            load(flight, lease: nil, now: now, effects: &effects)
        }
        return .waiting
    }

    /// Takes a caller away that waits for a key.
    ///
    /// - Returns: the caller, if it has not been answered.
    mutating func leave(_ key: CountKey, _ policy: CountPolicy, number: UInt64) -> Waiter? {
        let flight: UInt64? =
            switch policy {
            case .none: nil
            case .exact: exactFlightOfKey[key]
            case .cached: flightOfKey[key]
            case .capped(let cap): flightOfKey[Self.key(key, cappedAt: cap)]
            }
        guard let flight else { return nil }
        return flights[flight]?.removeCaller(number)
    }

    /// A cap below 0 can't be kept: none is.
    private static func key(_ key: CountKey, cappedAt cap: Int) -> CountKey {
        key.capped(at: max(0, cap))
    }
}
