/// The scripts' arguments from what the engine wants, and the strict reading of what comes back. Nanoseconds here,
/// milliseconds and microseconds there; every conversion rounds toward *older* and *longer*.
extension LeaseScripts {
    private static let nanosecondsPerMicrosecond: Int64 = 1_000
    private static let nanosecondsPerMillisecond: Int64 = 1_000_000
    /// About thirty years: what is longer is as good as for ever, and Redis refuses what overflows its clock.
    private static let maxMilliseconds: Int64 = 1_000_000_000_000

    /// As the scripts have it.
    private static let maxDigits = 18
    private static let maxNanoseconds = Int64.max / 4

    static func call(_ request: Lease.Request) -> RedisScriptCall {
        RedisScriptCall(
            script: acquire, keys: request.key.redisKeys,
            arguments: [
                request.token, milliseconds(request.time), microseconds(request.softTimeToLive),
                String(request.pauseFactor),
            ])
    }

    static func call(_ fill: Lease.Fill) -> RedisScriptCall {
        RedisScriptCall(
            script: Self.fill, keys: fill.key.redisKeys,
            arguments: [
                fill.token, String(fill.value), microseconds(fill.cost), milliseconds(fill.lifetime),
            ])
    }

    static func call(_ release: Lease.Release) -> RedisScriptCall {
        RedisScriptCall(
            script: Self.release, keys: [release.key.redisLeaseKey],
            arguments: [release.token, release.pause > 0 ? milliseconds(release.pause) : "0"])
    }

    /// Reads the answer to ``acquire``.
    ///
    /// - Returns: the answer, and what is wrong with it, if anything is. An answer that can't be used gives no
    ///   lease: whoever asked counts without.
    static func answer(_ reply: RedisReply) -> (answer: Lease.Answer, troubles: [CountCacheTrouble]) {
        let denied = Lease.Answer(found: nil, right: .denied)
        switch reply {
        case .error(let text):
            return (denied, [CountCacheTrouble(errorReply: text)])
        case .array(let parts) where parts.count == 4:
            guard case .bulk(let digits) = parts[0], let now = StrictDecimal.number(digits),
                case .integer(let milliseconds) = parts[3], milliseconds >= 0
            else { return (denied, [.protocol]) }
            let remaining = min(milliseconds, maxMilliseconds) * nanosecondsPerMillisecond
            let (found, foundTrouble) = found(parts[1], now: now)
            let troubles = foundTrouble.map { [$0] } ?? []
            switch parts[2] {
            case .integer(0) where found != nil: return (.init(found: found, right: .needless), troubles)
            case .integer(1): return (.init(found: found, right: .granted), troubles)
            case .integer(2): return (.init(found: found, right: .held(remaining: remaining)), troubles)
            case .integer(3): return (.init(found: found, right: .barred(remaining: remaining)), troubles)
            case .error(let text):
                return (
                    .init(found: found, right: .denied), troubles + [CountCacheTrouble(errorReply: text)]
                )
            default: return (denied, troubles + [.protocol])
            }
        default:
            return (denied, [.protocol])
        }
    }

    /// Whether a fill or a release found its lease; `nil` when Redis refused, and then why.
    static func wasHolder(_ reply: RedisReply) -> (wasHolder: Bool?, trouble: CountCacheTrouble?) {
        switch reply {
        case .integer(1): (true, nil)
        case .integer(0): (false, nil)
        case .error(let text): (nil, CountCacheTrouble(errorReply: text))
        default: (nil, .protocol)
        }
    }

    /// A count as Redis keeps it. What is stamped in the future is as bad as what can't be read.
    private static func found(
        _ reply: RedisReply, now: Int64
    ) -> (Lease.Found?, CountCacheTrouble?) {
        switch reply {
        case .null:
            return (nil, nil)
        case .error(let text):
            return (nil, CountCacheTrouble(errorReply: text))
        case .bulk(let bytes):
            let parts = bytes.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard parts.count == 3, parts.allSatisfy({ $0.count <= maxDigits }),
                let value = StrictDecimal.number(parts[0]),
                let began = StrictDecimal.number(parts[1]), let cost = StrictDecimal.number(parts[2]),
                began <= now
            else { return (nil, .value) }
            return (
                Lease.Found(value: Int(value), age: nanoseconds(now - began), cost: nanoseconds(cost)), nil
            )
        default:
            return (nil, .protocol)
        }
    }

    private static func nanoseconds(_ microseconds: Int64) -> Int64 {
        let (nanoseconds, overflow) = microseconds.multipliedReportingOverflow(by: nanosecondsPerMicrosecond)
        // Far from the bounds of `Int64`, so that times can be added to it.
        return overflow ? maxNanoseconds : min(nanoseconds, maxNanoseconds)
    }

    private static func microseconds(_ nanoseconds: Int64) -> String {
        String(quotient(nanoseconds, nanosecondsPerMicrosecond))
    }

    private static func milliseconds(_ nanoseconds: Int64) -> String {
        String(min(max(1, quotient(nanoseconds, nanosecondsPerMillisecond)), maxMilliseconds))
    }

    /// Rounded up.
    private static func quotient(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        return remainder > 0 ? quotient + 1 : quotient
    }
}
