/// What Redis is asked to do for a lease, each in one step that nothing can come between. They run on Redis 5 and
/// later (scripts replicated by their effects).
///
/// A count's key holds `<count> <began> <cost>`: when its counting began, in microseconds of *Redis's* clock
/// (`TIME`), and how many microseconds it took. A lease's key holds `<token> <began>` and expires; the token `-`
/// bars everyone. Hosts' clocks do not enter into it, so they may disagree. All numbers are decimal digits in their
/// only spelling, at most 18 of them; what is not is as good as absent, and is replaced by the next count.
enum LeaseScripts {
    /// `KEYS`: count, lease. `ARGV`: token, lease time in ms, soft time to live in µs, pause factor.
    ///
    /// Returns `{now in µs, count or nil, right, remaining ms}` with a right of 0 (needless), 1 (granted), 2 (held),
    /// 3 (barred), or the error with which Redis refused to write: a full Redis or a replica still says what it
    /// holds. A lease without an expiry, or a key of another type, is nobody's: it is taken over. So is one of the
    /// same owner, the part of a token up to its hyphen: an owner asks for a key only while it does not count it, so
    /// it must have given up on the answer that gave it the lease.
    static let acquire = RedisScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local stamp = string.format('%.0f', now)
        local count = redis.pcall('GET', KEYS[1])
        if type(count) == 'string' and not string.find(count, '%f[%d]0%d') then
          local value, began, cost = string.match(count, '^(%d+) (%d+) (%d+)$')
          if value and #value <= 18 and #began <= 18 and #cost <= 18 then
            local age = now - began
            if age >= 0 and (age < tonumber(ARGV[3]) or age < cost * ARGV[4]) then
              return {stamp, count, 0, 0}
            end
          end
        end
        local lease = ARGV[1] .. ' ' .. stamp
        local granted = redis.pcall('SET', KEYS[2], lease, 'NX', 'PX', ARGV[2])
        if not granted then
          local holder = redis.pcall('GET', KEYS[2])
          local remaining = redis.call('PTTL', KEYS[2])
          local owner = string.match(ARGV[1], '^[^-]*-')
          local isOwn = type(holder) == 'string' and string.sub(holder, 1, #owner) == owner
          if type(holder) == 'string' and remaining >= 0 and not isOwn then
            if string.sub(holder, 1, 2) == '- ' then return {stamp, count, 3, remaining} end
            return {stamp, count, 2, remaining}
          end
          granted = redis.pcall('SET', KEYS[2], lease, 'PX', ARGV[2])
        end
        if granted.err then return {stamp, count, granted, 0} end
        return {stamp, count, 1, 0}
        """)

    /// `KEYS`: count, lease. `ARGV`: token, count, cost in µs, lifetime in ms. Returns 1, or 0 if the lease is not
    /// the token's any more; then nothing has changed. A full Redis still ends the lease, so that nobody waits for it.
    static let fill = RedisScript(
        """
        local lease = redis.pcall('GET', KEYS[2])
        if type(lease) ~= 'string' then return 0 end
        local token, began = string.match(lease, '^(%S+) (%d+)$')
        if token ~= ARGV[1] then return 0 end
        local stored = redis.pcall('SET', KEYS[1], ARGV[2] .. ' ' .. began .. ' ' .. ARGV[3], 'PX', ARGV[4])
        redis.call('DEL', KEYS[2])
        if stored.err then return stored end
        return 1
        """)

    /// `KEYS`: lease. `ARGV`: token, pause in ms. Returns 1, or 0 as above.
    static let release = RedisScript(
        """
        local lease = redis.pcall('GET', KEYS[1])
        if type(lease) ~= 'string' then return 0 end
        local token, began = string.match(lease, '^(%S+) (%d+)$')
        if token ~= ARGV[1] then return 0 end
        if tonumber(ARGV[2]) > 0 then
          redis.call('SET', KEYS[1], '- ' .. began, 'PX', ARGV[2])
        else
          redis.call('DEL', KEYS[1])
        end
        return 1
        """)
}
