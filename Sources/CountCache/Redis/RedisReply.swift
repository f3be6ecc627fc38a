/// A reply of Redis in RESP2 (Redis serialization protocol specification).
indirect enum RedisReply: Sendable, Equatable {
    case status(String)
    /// Its first word is a code. The rest may repeat arguments: not for logs.
    case error(String)
    case integer(Int64)
    case bulk([UInt8])
    case array([RedisReply])
    case null

    /// The answer to `TIME` in microseconds since 1970: an array of seconds and microseconds, in digits.
    var time: Int64? {
        guard case .array(let parts) = self, parts.count == 2,
            case .bulk(let secondDigits) = parts[0], case .bulk(let microsecondDigits) = parts[1],
            let seconds = CountStamp.number(secondDigits[...]),
            let microseconds = CountStamp.number(microsecondDigits[...]),
            seconds <= Self.maxSeconds, microseconds < 1_000_000
        else { return nil }
        return seconds * 1_000_000 + microseconds
    }

    /// The year 9999: beyond that a clock is wrong, and sums of microseconds near overflowing.
    private static let maxSeconds: Int64 = 253_402_300_799
}
