import NIOCore

/// Counts the attempts of many keys against one rate, in bounded memory.
///
/// The Generic Cell Rate Algorithm (ITU-T I.371, virtual scheduling): a key has one number, the time at
/// which all its attempts will be back. An attempt puts that off by a period, and is refused where it
/// would lie more than `burst` periods ahead.
///
/// A heap keeps the keys in order of that time. Those that have passed it are as good as unknown, and
/// forgotten; when the table is full, the one that is closest to it goes. Each operation takes
/// O(log capacity).
struct AttemptTable<Key: Hashable & Sendable>: Sendable {
    /// Recovered keys forgotten with each attempt that is counted: one more than can come in with it.
    private static var forgottenAtOnce: Int { 2 }

    private struct Entry {
        let key: Key
        /// When the key has all its attempts again: the algorithm's theoretical arrival time.
        var recovery: NIODeadline
    }

    private let period: TimeAmount
    /// How far ahead the recovery may lie for one more attempt: the algorithm's tolerance.
    private let tolerance: TimeAmount
    private let capacity: Int
    /// A binary heap, the earliest recovery on top.
    private var heap: [Entry] = []
    /// Where each key stands in the heap.
    private var places: [Key: Int] = [:]

    /// - Precondition: `rate` has at least one attempt and a period above zero, `capacity` is at least 1.
    init(rate: AttemptRate, capacity: Int) {
        precondition(rate.burst >= 1 && rate.period > .zero && capacity >= 1, "a rate of nothing")
        period = TimeAmount(rate.period)
        tolerance = period * (rate.burst - 1)
        self.capacity = capacity
    }

    /// Keys that have attempts to get back.
    var count: Int { heap.count }

    /// How long `key` has to wait for its next attempt; zero or less: not at all. Nothing is counted.
    func wait(for key: Key, now: NIODeadline) -> TimeAmount {
        guard let place = places[key] else { return .zero }
        return heap[place].recovery - now - tolerance
    }

    /// Counts an attempt.
    mutating func take(_ key: Key, now: NIODeadline) {
        forgetRecovered(now: now)
        if let place = places[key] {
            heap[place].recovery = max(heap[place].recovery, now) + period
            sink(place)
        } else {
            if heap.count == capacity { remove(at: 0) }
            places[key] = heap.count
            heap.append(Entry(key: key, recovery: now + period))
            rise(heap.count - 1)
        }
    }

    /// Takes back an attempt that was counted.
    ///
    /// - Parameter parts: what is kept of it, as the number of parts of which one is; `nil`: nothing.
    mutating func giveBack(_ key: Key, keepingOneOf parts: Int64? = nil, now: NIODeadline) {
        guard let place = places[key] else { return }
        let kept = parts.map { .nanoseconds(period.nanoseconds / $0) } ?? TimeAmount.zero
        let recovery = heap[place].recovery - period + kept
        if recovery > now {
            heap[place].recovery = recovery
            rise(place)
        } else {
            remove(at: place)
        }
    }

    private mutating func forgetRecovered(now: NIODeadline) {
        for _ in 0..<Self.forgottenAtOnce {
            guard let top = heap.first, top.recovery <= now else { return }
            remove(at: 0)
        }
    }

    // MARK: Heap

    private mutating func remove(at place: Int) {
        let last = heap.count - 1
        if place != last { swap(place, last) }
        places[heap.removeLast().key] = nil
        if place != last {
            sink(place)
            rise(place)
        }
    }

    private mutating func rise(_ start: Int) {
        var place = start
        while place > 0, heap[place].recovery < heap[(place - 1) / 2].recovery {
            swap(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func sink(_ start: Int) {
        var place = start
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < heap.count && heap[child].recovery < heap[least].recovery {
                least = child
            }
            if least == place { return }
            swap(place, least)
            place = least
        }
    }

    private mutating func swap(_ first: Int, _ second: Int) {
        heap.swapAt(first, second)
        places[heap[first].key] = first
        places[heap[second].key] = second
    }
}
