import Synchronization

/// A count and when its counting began, on this process's clock. That moment may lie before the clock's zero,
/// when another process counted.
struct CountEntry: Sendable, Equatable {
    var value: Int
    /// Nanoseconds of the cache's ``MonotonicClock``.
    var countedAt: Int64

    /// Nanoseconds, zero or more.
    func age(at now: Int64) -> Int64 {
        max(0, now - countedAt)
    }
}

/// The counts that this process remembers: bounded, the least recently used goes first. A look-up and an insertion
/// take constant time; nothing in here waits for anything but the lock, which is held for that long only.
final class MemoryTier: Sendable {
    private let timeToLive: Int64
    private let entries: Mutex<RecencyTable<CountKey, CountEntry>>

    /// - Parameters:
    ///   - timeToLive: nanoseconds, above 0.
    ///   - capacity: keys, above 0.
    init(timeToLive: Int64, capacity: Int) {
        self.timeToLive = timeToLive
        entries = Mutex(RecencyTable(capacity: capacity))
    }

    /// The entry of a key, if it is younger than the time to live at `now`.
    func entry(for key: CountKey, at now: Int64) -> CountEntry? {
        entries.withLock { table in
            guard let entry = table.use(key), entry.age(at: now) < timeToLive else { return nil }
            return entry
        }
    }

    /// Remembers an entry, unless a younger one is there: a count that took long must not replace what was counted
    /// after it began.
    func insert(_ entry: CountEntry, for key: CountKey) {
        entries.withLock { table in
            if let present = table.use(key), present.countedAt > entry.countedAt { return }
            table.set(entry, for: key)
        }
    }

    /// How many keys are remembered, expired ones included.
    var count: Int { entries.withLock { $0.count } }
}
