/// What a process knows about counts: bounded, the least recently used goes first.
struct CountRecords: Sendable {
    /// What is known about a key.
    struct Record: Sendable {
        var entry: CountEntry?
        /// Nothing is looked up or counted before: what was counted last, or was to be, has used up its share.
        var notBefore = Int64.min
        /// No refresh in the background before: another process has been seen counting.
        var quietUntil = Int64.min
    }

    private let maxStaleAge: Int64
    private var table: RecencyTable<CountKey, Record>

    /// - Parameters:
    ///   - capacity: keys, above 0.
    ///   - maxStaleAge: nanoseconds; the greatest age of a count that is given to anyone.
    init(capacity: Int, maxStaleAge: Int64) {
        self.maxStaleAge = maxStaleAge
        table = RecencyTable(capacity: capacity)
    }

    /// Keys that are known.
    var count: Int { table.count }

    /// What is known about a key, which becomes the most recently used.
    subscript(key: CountKey) -> Record {
        mutating get { table.use(key) ?? Record() }
    }

    /// Remembers a count, unless a younger one is known: what took long must not replace what was counted after it
    /// had begun.
    ///
    /// - Returns: whether it is remembered.
    @discardableResult
    mutating func remember(_ entry: CountEntry, for key: CountKey) -> Bool {
        if let present = self[key].entry, present.countedAt > entry.countedAt { return false }
        update(key) { $0.entry = entry }
        return true
    }

    /// Has nothing looked up or counted before a time.
    mutating func bar(_ key: CountKey, until time: Int64) {
        update(key) { $0.notBefore = max($0.notBefore, time) }
    }

    /// Has nothing refreshed in the background for a poll delay: another process counts.
    mutating func quiet(_ key: CountKey, now: Int64) {
        update(key) { $0.quietUntil = now + CountRules.maxPollDelay }
    }

    /// A count as callers get it, cut down to the key's cap.
    func count(_ entry: CountEntry, from source: CountSource, cap: Int?, now: Int64) -> Count {
        Count(
            value: min(entry.value, cap ?? .max), isLowerBound: entry.value > (cap ?? .max),
            age: .nanoseconds(entry.age(at: now)), source: source)
    }

    /// What is given to a caller whose patience, or whose count's budget, has ended.
    mutating func fallback(for key: CountKey, now: Int64) -> Count? {
        guard let entry = self[key].entry else { return nil }
        if entry.isCurrent(at: now) { return count(entry, from: .memory, cap: key.cap, now: now) }
        guard entry.age(at: now) <= maxStaleAge else { return nil }
        return count(entry, from: .stale, cap: key.cap, now: now)
    }

    private mutating func update(_ key: CountKey, _ change: (inout Record) -> Void) {
        var record = self[key]
        change(&record)
        table.set(record, for: key)
    }
}
