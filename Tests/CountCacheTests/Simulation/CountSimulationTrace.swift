/// What happens in a simulation: enough to follow a failing seed by, and counted, so that a simulation in which
/// something never happens is noticed.
enum Happening: String, CaseIterable {
    case asked, joined, left, missed, deferred
    case answeredMemory, answeredRedis, answeredStore, answeredStale, answeredNone, answeredFailure
    case answeredLowerBound
    case loadBegan, loadEnded, loadFailed, loadNegative, loadBeyondLimit, loadOverdue, loadIgnoresCancelling
    case loadLeased, loadWithoutLease, loadExact
    case leaseWon, leaseLost, leaseExpired, leaseBarred, leaseOrphaned, leaseReleasedUnused, needless, denied
    case filled, released, writeRefused
    case requestLost, replyLost, requestFrozen, redisAway
    case redisKilled, redisStarted, redisFrozen, redisThawed, redisRefuses, redisAccepts, redisClockStepped
    case processKilled, processKilledCounting, processStarted, processCutOff
    case spuriousWake, recordsFull
}

struct SimulationTrace {
    private struct Item {
        let time: Int64
        let happening: Happening
        let process: Int
        let number: Int64
    }

    private static let kept = 60

    private var items: [Item] = []
    private(set) var tally = [Int](repeating: 0, count: Happening.allCases.count)
    /// Of everything that has happened, in its order: FNV-1a (Fowler, Noll, Vo), a word at a time.
    private(set) var digest: UInt64 = 0xcbf2_9ce4_8422_2325

    /// - Parameter number: tells what it happened to: a flight, a caller, a key.
    mutating func note(_ happening: Happening, at time: Int64, process: Int = -1, number: Int64 = 0) {
        let place = Self.places[happening] ?? 0
        tally[place] += 1
        for word in [
            UInt64(bitPattern: time), UInt64(place), UInt64(bitPattern: number &* 64 &+ Int64(process)),
        ] {
            digest = (digest ^ word) &* 0x100_0000_01b3
        }
        if items.count >= 2 * Self.kept { items.removeFirst(Self.kept) }
        items.append(Item(time: time, happening: happening, process: process, number: number))
    }

    /// How often something has happened.
    subscript(happening: Happening) -> Int { tally[Self.places[happening] ?? 0] }

    /// The last of what happened, a line each.
    var text: String {
        items.suffix(Self.kept)
            .map { item in
                let milliseconds = Double(item.time / 1_000) / 1_000
                let process = item.process < 0 ? "redis" : "process \(item.process)"
                return "\(milliseconds) ms \(process): \(item.happening.rawValue) \(item.number)"
            }
            .joined(separator: "\n")
    }

    private static let places = Dictionary(
        uniqueKeysWithValues: Happening.allCases.enumerated().map { ($1, $0) })
}

/// Events in the order of their times, and of their coming where these are equal: a binary heap.
struct EventQueue<Event> {
    private var heap: [(time: Int64, order: Int, event: Event)] = []
    private var lastOrder = 0

    var isEmpty: Bool { heap.isEmpty }
    var nextTime: Int64? { heap.first?.time }

    mutating func add(_ event: Event, at time: Int64) {
        lastOrder += 1
        heap.append((time, lastOrder, event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(child, parent) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> (time: Int64, event: Event)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return (first.time, first.event) }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(child, least) {
                least = child
            }
            if least == parent { break }
            heap.swapAt(least, parent)
            parent = least
        }
        return (first.time, first.event)
    }

    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        (heap[one].time, heap[one].order) < (heap[other].time, heap[other].order)
    }
}
