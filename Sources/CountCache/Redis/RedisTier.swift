import Logging

/// Counts in Redis: the commands, the strict reading of what comes back, and the conversion between Redis's clock
/// and this process's.
struct RedisTier: Sendable {
    private static let nanosecondsPerMicrosecond: Int64 = 1000
    private static let nanosecondsPerMillisecond: Int64 = 1_000_000

    /// What a look-up learnt.
    struct Lookup: Sendable, Equatable {
        /// The count, if Redis has one that is young enough.
        var entry: CountEntry?
        /// Redis's clock, in microseconds since 1970…
        var redisTime: Int64
        /// …at this moment of our own clock or before, in nanoseconds.
        var at: Int64
    }

    let client: RedisClient
    /// Nanoseconds.
    let timeToLive: Int64
    let troubles: TroubleReporter
    let clock: MonotonicClock

    /// Asks Redis for a count; `nil` when it is away or in trouble, which has been reported then.
    func look(up key: CountKey) async -> Lookup? {
        // GET before TIME, so that what is found was stamped before the clock was read.
        let commands = [RedisCommand("GET", key.redisKey), RedisCommand("TIME")]
        let asked = clock.now()
        guard let replies = await client.execute(commands) else { return nil }
        guard replies.count == 2, let redisTime = replies[1].time else {
            report(replies.last, key: key)
            return nil
        }
        let entry = entry(in: replies[0], redisTime: redisTime, asked: asked, key: key)
        return Lookup(entry: entry, redisTime: redisTime, at: clock.now())
    }

    /// Tells Redis what was counted after it had been asked for in vain. A count that is too old to be of use to
    /// anyone is not sent.
    func store(_ entry: CountEntry, for key: CountKey, after lookup: Lookup) async {
        let sinceLookup = entry.countedAt - lookup.at
        let remaining = timeToLive - entry.age(at: clock.now())
        guard entry.value >= 0, sinceLookup >= 0, remaining > 0 else { return }
        let stamp = CountStamp(
            value: entry.value,
            countedAt: lookup.redisTime + sinceLookup / Self.nanosecondsPerMicrosecond
        )
        let milliseconds = max(1, remaining / Self.nanosecondsPerMillisecond)
        let command = RedisCommand("SET", key.redisKey, stamp.text, "PX", "\(milliseconds)")
        guard let replies = await client.execute([command]) else { return }
        if replies != [.status("OK")] { report(replies.first, key: key) }
    }

    private func entry(in reply: RedisReply, redisTime: Int64, asked: Int64, key: CountKey) -> CountEntry? {
        switch reply {
        case .null:
            return nil
        case .bulk(let bytes):
            guard let stamp = CountStamp(bytes), stamp.countedAt <= redisTime else {
                troubles.report(.value, key: key, "Redis holds a value that is no count; counting again")
                return nil
            }
            let (age, overflow) = (redisTime - stamp.countedAt)
                .multipliedReportingOverflow(by: Self.nanosecondsPerMicrosecond)
            // Another process may have been told a longer time to live than this one.
            guard !overflow, age < timeToLive else { return nil }
            let entry = CountEntry(value: stamp.value, countedAt: asked - age)
            return entry.age(at: clock.now()) < timeToLive ? entry : nil
        default:
            report(reply, key: key)
            return nil
        }
    }

    private func report(_ reply: RedisReply?, key: CountKey) {
        if case .error(let text) = reply {
            troubles.report(CountCacheTrouble(errorReply: text), key: key, "Redis refuses a command")
        } else {
            troubles.report(.protocol, key: key, "Redis answers in another shape than the command's")
        }
    }
}
