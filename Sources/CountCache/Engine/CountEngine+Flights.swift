extension CountEngine {
    // MARK: What happened

    /// Redis has answered; `nil` if it could not be had.
    mutating func acquired(
        flight number: UInt64, answer: Lease.Answer?, now: Int64, effects: inout [Effect]
    ) {
        guard let flight = flights[number], case .asking(let asked, let token) = flight.stage else { return }
        if isClosing {
            if answer?.right == .granted {
                effects.append(.release(Lease.Release(key: flight.key, token: token, pause: 0)))
            }
            return end(flight, with: fallback(for: flight.key, now: now), now: now, effects: &effects)
        }
        var source = CountSource.memory
        if let found = answer?.found {
            let entry = CountEntry(
                value: found.value, countedAt: asked.saturatingSubtract(found.age), cost: found.cost,
                rules: rules, random: &random)
            // An `exact` count may have become known meanwhile.
            if records.remember(entry, for: flight.key) { source = .redis }
        }
        let entry = records[flight.key].entry
        let isCurrent = entry?.isCurrent(at: now) ?? false
        switch answer?.right {
        case .needless where isCurrent || entry?.isDue(at: now) == false:
            settle(flight, from: source, now: now, effects: &effects)
        case .needless:
            // It has grown too old on its way here.
            hold(flight, now: now, effects: &effects)
        case .granted:
            effects.append(.note(.leaseWon))
            load(flight, lease: token, known: source, now: now, effects: &effects)
        case .held:
            effects.append(.note(.leaseLost))
            if isCurrent {
                settle(flight, from: source, now: now, effects: &effects)
            } else {
                hold(flight, now: now, effects: &effects)
            }
        case .barred(let remaining):
            records.bar(flight.key, until: now.saturatingAdd(remaining))
            settle(flight, from: source, now: now, effects: &effects)
        case .denied, nil:
            load(flight, lease: nil, known: source, now: now, effects: &effects)
        }
    }

    /// The closure that counts has returned or failed.
    mutating func loaded(
        flight number: UInt64, result: Result<Int, any Error>, now: Int64, effects: inout [Effect]
    ) {
        guard let flight = flights[number] else { return }
        let began: Int64
        let lease: String?
        switch flight.stage {
        case .loading(let time, let token): (began, lease) = (time, token)
        case .overdue(let time): (began, lease) = (time, nil)
        case .asking, .holding: return
        }
        let cost = now - began
        effects.append(.note(.loadEnded(after: cost)))
        let pauseEnd = began.saturatingAdd(rules.pause(after: cost))
        // Its cost is remembered beside its count, which an `exact` one that was cheaper may replace.
        if !flight.isExact { records.bar(flight.key, until: pauseEnd) }
        do {
            let value = try Self.checked(result, for: flight.key)
            let entry = CountEntry(
                value: value, countedAt: began, cost: cost, rules: rules, random: &random)
            records.remember(entry, for: flight.key)
            if let lease {
                // Kept for as long as it could be of use to anyone, which its age decides.
                let lifetime = max(rules.maxStaleAge, rules.timeToLive, entry.refreshAge) - cost
                effects.append(
                    .fill(
                        Lease.Fill(
                            key: flight.key, token: lease, value: value, cost: cost,
                            lifetime: max(1_000_000, lifetime))))
            }
            let count = records.count(entry, from: .store, cap: flight.key.cap, now: now)
            end(flight, with: .count(count), now: now, effects: &effects)
        } catch {
            // Overdue has been reported already.
            if case .loading = flight.stage, !isClosing {
                effects.append(.report(.load, flight.key, error))
            }
            if let lease {
                let pause = isClosing ? 0 : max(0, pauseEnd.saturatingSubtract(now))
                effects.append(.release(Lease.Release(key: flight.key, token: lease, pause: pause)))
            }
            if flight.isExact {
                end(flight, with: .failure(error), now: now, effects: &effects)
            } else {
                var outcome = fallback(for: flight.key, now: now)
                if case .none = outcome { outcome = .failure(error) }
                end(flight, with: outcome, now: now, effects: &effects)
            }
        }
    }

    /// Time has passed.
    mutating func wake(flight number: UInt64, now: Int64, effects: inout [Effect]) {
        guard var flight = flights[number] else { return }
        flight.wakeCame()
        let late = flight.removeCallers(until: now)
        flights[number] = flight
        if !late.isEmpty {
            effects.append(.answer(late, flight.isExact ? .none : fallback(for: flight.key, now: now)))
        }
        switch flight.stage {
        case .holding(let until) where until <= now:
            if flight.waiters.isEmpty {
                remove(flight)
            } else {
                take(flight, now: now, effects: &effects)
            }
        case .loading(let began, let lease) where began + rules.loadTimeLimit <= now:
            overrun(flight, began: began, lease: lease, now: now, effects: &effects)
        default:
            setWake(number, effects: &effects)
        }
    }

    // MARK: Flights

    /// A flight that has not taken off.
    mutating func off(_ key: CountKey, _ loader: Loader) -> Flight {
        let flight = Flight(number: nextNumber(), key: key, isExact: false, loader: loader)
        flightOfKey[key] = flight.number
        return flight
    }

    /// Asks Redis, or counts where there is none.
    mutating func take(_ flight: Flight, now: Int64, effects: inout [Effect]) {
        guard hasLeases else {
            load(flight, lease: nil, now: now, effects: &effects)
            return
        }
        var flight = flight
        let token = "\(leaseOwner)-\(nextNumber())"
        flight.stage = .asking(since: now, token: token)
        flights[flight.number] = flight
        effects.append(
            .acquire(
                flight: flight.number,
                Lease.Request(
                    key: flight.key, token: token, time: rules.leaseTime,
                    softTimeToLive: rules.softTimeToLive, pauseFactor: rules.pauseFactor)))
        setWake(flight.number, effects: &effects)
    }

    /// Counts, unless that has become needless meanwhile. Callers who can be answered already are.
    ///
    /// - Parameter source: where a count would come from that is known already.
    mutating func load(
        _ flight: Flight, lease: String?, known source: CountSource = .memory, now: Int64,
        effects: inout [Effect]
    ) {
        var flight = flight
        if !flight.isExact, let entry = records[flight.key].entry {
            // An `exact` count has come in between, or chance lets Redis's count last longer here than there.
            if !entry.isDue(at: now) {
                if let lease {
                    effects.append(.release(Lease.Release(key: flight.key, token: lease, pause: 0)))
                }
                return settle(flight, from: source, now: now, effects: &effects)
            }
            if entry.isCurrent(at: now), !flight.waiters.isEmpty {
                let count = records.count(entry, from: source, cap: flight.key.cap, now: now)
                effects.append(.answer(flight.waiters.map(\.waiter), .count(count)))
                flight.waiters = []
            }
        }
        flight.stage = .loading(began: now, lease: lease)
        flights[flight.number] = flight
        effects.append(.note(.loadBegan))
        effects.append(
            .load(flight: flight.number, flight.loader, limit: Self.limit(of: flight.key)))
        setWake(flight.number, effects: &effects)
    }

    /// Waits for another process, if anybody waits for it here.
    private mutating func hold(_ flight: Flight, now: Int64, effects: inout [Effect]) {
        var flight = flight
        let delay = flight.nextPollDelay(random: &random)
        guard !flight.waiters.isEmpty else {
            records.quiet(flight.key, now: now)
            remove(flight)
            return
        }
        flight.stage = .holding(until: now + delay)
        flights[flight.number] = flight
        setWake(flight.number, effects: &effects)
    }

    /// Ends a flight with what is known.
    private mutating func settle(
        _ flight: Flight, from source: CountSource, now: Int64, effects: inout [Effect]
    ) {
        if let entry = records[flight.key].entry, entry.isCurrent(at: now) {
            // Due, but another process counts.
            if entry.isDue(at: now) {
                records.quiet(flight.key, now: now)
            }
            let count = records.count(entry, from: source, cap: flight.key.cap, now: now)
            end(flight, with: .count(count), now: now, effects: &effects)
        } else {
            end(flight, with: fallback(for: flight.key, now: now), now: now, effects: &effects)
        }
    }

    /// Gives up on a count that takes too long. It occupies the key until it returns, so that no second one begins
    /// beside it.
    private mutating func overrun(
        _ flight: Flight, began: Int64, lease: String?, now: Int64, effects: inout [Effect]
    ) {
        var flight = flight
        let pauseEnd = began.saturatingAdd(rules.pause(after: now - began))
        effects += [.report(.overdue, flight.key, nil), .cancelLoad(flight: flight.number)]
        if let lease {
            let pause = max(0, pauseEnd.saturatingSubtract(now))
            effects.append(.release(Lease.Release(key: flight.key, token: lease, pause: pause)))
        }
        let waiters = flight.waiters.map(\.waiter)
        flight.waiters = []
        flight.stage = .overdue(began: began)
        flights[flight.number] = flight
        if !flight.isExact {
            records.bar(flight.key, until: pauseEnd)
        }
        if !waiters.isEmpty {
            effects.append(.answer(waiters, flight.isExact ? .none : fallback(for: flight.key, now: now)))
        }
        setWake(flight.number, effects: &effects)
    }

    private mutating func end(
        _ flight: Flight, with outcome: Outcome, now: Int64, effects: inout [Effect]
    ) {
        if !flight.waiters.isEmpty {
            effects.append(.answer(flight.waiters.map(\.waiter), outcome))
        }
        remove(flight)
        guard let first = flight.next.first else { return }
        var following = Flight(number: nextNumber(), key: flight.key, isExact: true, loader: first.loader)
        following.waiters = flight.next
        exactFlightOfKey[flight.key] = following.number
        load(following, lease: nil, now: now, effects: &effects)
    }

    private mutating func remove(_ flight: Flight) {
        flights[flight.number] = nil
        if flight.isExact { exactFlightOfKey[flight.key] = nil } else { flightOfKey[flight.key] = nil }
    }

    /// Has a flight woken for what comes first: the end of a caller's patience, or of its own.
    mutating func setWake(_ number: UInt64, effects: inout [Effect]) {
        let rules = rules
        guard let time = flights[number]?.missingWake(rules: rules) else { return }
        effects.append(.wake(flight: number, at: time))
    }

    private mutating func fallback(for key: CountKey, now: Int64) -> Outcome {
        records.fallback(for: key, now: now).map(Outcome.count) ?? .none
    }

    private static func checked(_ result: Result<Int, any Error>, for key: CountKey) throws -> Int {
        let value = try result.get()
        guard value >= 0 else { throw CountCacheTrouble.load }
        return limit(of: key).map { min(value, $0) } ?? value
    }

    /// One row more than the cap tells whether there are more.
    private static func limit(of key: CountKey) -> Int? {
        key.cap.map { $0 == .max ? .max : $0 + 1 }
    }
}

extension Int64 {
    func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    func saturatingSubtract(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}
