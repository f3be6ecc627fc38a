@testable import CountCache

/// Redis as far as the scripts of `LeaseScripts` use it: each method does in one step what the script of its name
/// does, with the script's units and roundings. Stamps are microseconds of its own clock, expiries milliseconds of
/// the same clock, and a key lives through the millisecond of its expiry, as in Redis.
struct ModelLeases {
    enum Refusal: CaseIterable {
        /// `OOM`: takes nothing, but deletes.
        case full
        /// `READONLY`: neither.
        case readOnly
    }

    private struct StoredCount {
        let value: Int
        let began: Int64
        let cost: Int64
        let expires: Int64
    }

    private struct StoredLease {
        /// `nil` bars everyone.
        let token: String?
        let began: Int64
        let expires: Int64

        func belongs(toOwnerOf other: String) -> Bool {
            guard let owner = token?.split(separator: "-").first else { return false }
            return owner == other.split(separator: "-").first
        }
    }

    /// Nanoseconds by which its clock is ahead of the simulation's.
    var clockOffset: Int64
    var refusal: Refusal?
    private var counts: [CountKey: StoredCount] = [:]
    private var leases: [CountKey: StoredLease] = [:]

    init(clockOffset: Int64) {
        self.clockOffset = clockOffset
    }

    mutating func loseEverything() {
        counts = [:]
        leases = [:]
    }

    mutating func acquire(_ request: Lease.Request, at time: Int64) -> Lease.Answer {
        let now = microseconds(at: time)
        var found: Lease.Found?
        if let count = count(of: request.key, at: time), count.began <= now {
            let age = now - count.began
            found = Lease.Found(value: count.value, age: age * 1_000, cost: count.cost * 1_000)
            let (budget, overflow) = count.cost.multipliedReportingOverflow(by: request.pauseFactor)
            if overflow || age < budget || age < Self.quotient(request.softTimeToLive, 1_000) {
                return Lease.Answer(found: found, right: .needless)
            }
        }
        if refusal != nil { return Lease.Answer(found: found, right: .denied) }
        if let lease = lease(of: request.key, at: time), !lease.belongs(toOwnerOf: request.token) {
            let remaining = (lease.expires - now / 1_000) * 1_000_000
            return Lease.Answer(
                found: found,
                right: lease.token == nil ? .barred(remaining: remaining) : .held(remaining: remaining))
        }
        leases[request.key] = StoredLease(
            token: request.token, began: now, expires: expiry(after: request.time, at: time))
        return Lease.Answer(found: found, right: .granted)
    }

    /// Whether the lease was the token's; `nil` when the writing is refused.
    mutating func fill(_ fill: Lease.Fill, at time: Int64) -> Bool? {
        guard let lease = lease(of: fill.key, at: time), lease.token == fill.token else { return false }
        switch refusal {
        case .readOnly: return nil
        case .full:
            leases[fill.key] = nil
            return nil
        case nil: break
        }
        counts[fill.key] = StoredCount(
            value: fill.value, began: lease.began, cost: Self.quotient(fill.cost, 1_000),
            expires: expiry(after: fill.lifetime, at: time))
        leases[fill.key] = nil
        return true
    }

    /// As ``fill(_:at:)``.
    mutating func release(_ release: Lease.Release, at time: Int64) -> Bool? {
        guard let lease = lease(of: release.key, at: time), lease.token == release.token else { return false }
        if release.pause > 0 {
            if refusal != nil { return nil }
            leases[release.key] = StoredLease(
                token: nil, began: lease.began, expires: expiry(after: release.pause, at: time))
        } else {
            if refusal == .readOnly { return nil }
            leases[release.key] = nil
        }
        return true
    }

    private func count(of key: CountKey, at time: Int64) -> StoredCount? {
        counts[key].flatMap { microseconds(at: time) / 1_000 <= $0.expires ? $0 : nil }
    }

    private func lease(of key: CountKey, at time: Int64) -> StoredLease? {
        leases[key].flatMap { microseconds(at: time) / 1_000 <= $0.expires ? $0 : nil }
    }

    private func microseconds(at time: Int64) -> Int64 {
        (time + clockOffset) / 1_000
    }

    private func expiry(after duration: Int64, at time: Int64) -> Int64 {
        microseconds(at: time) / 1_000
            + min(max(1, Self.quotient(duration, 1_000_000)), 1_000_000_000_000)
    }

    /// Rounded up.
    private static func quotient(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        return remainder > 0 ? quotient + 1 : quotient
    }
}
