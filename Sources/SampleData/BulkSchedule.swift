import FeedStore

/// Gives out the dates and ids of posts, in ascending order of (date, id).
///
/// The posts are spread evenly over `BulkData.span`, each at a random point of a time slot of its own.
/// Some dates are shared by a run of posts, and some ids have changed places with a neighbour's, as
/// happens when a post waits as a draft. It plans a block of posts at a time; runs and exchanged ids
/// do not reach from one block into the next.
struct BulkSchedule: Sendable {
    /// Posts that are planned together.
    static let blockSize = 1024
    /// In how many draws of 1 000 a run of posts with one date begins.
    static let runsPerMille = 9
    /// Posts in a usual run.
    static let runLengths = 2...20
    /// A run is a burst instead, as an import makes it, once in so many draws.
    static let drawsPerBurst = 50_000
    /// Posts in a burst.
    static let burstLengths = 200...500
    /// In how many of 1 000 places the id is exchanged with that of a later place.
    static let exchangesPerMille = 30
    /// How many places away that later place is at the most.
    static let exchangeDistance = 24

    private let posts: Int
    /// The beginning of the first time slot, in microseconds since 1970.
    private let start: Int64
    /// The length of a time slot, in microseconds.
    private let slot: Int64
    private var random: SplitMix64

    /// How many posts are in the blocks up to and including the current one.
    private var planned = 0
    /// The current block, and how much of it has been given out.
    private var ids: [Int64] = []
    private var dates: [Int64] = []
    private var position = 0

    /// - Parameter now: all dates are earlier.
    init(seed: UInt64, posts: Int, now: Timestamp) {
        self.posts = posts
        slot = BulkData.span / Int64(max(posts, 1))
        start = now.microseconds - slot * Int64(posts)
        random = SplitMix64(seed: seed)
        ids.reserveCapacity(Self.blockSize)
        dates.reserveCapacity(Self.blockSize)
    }

    /// The place of the next post, `nil` after the last one.
    mutating func next() -> (id: Int64, datePosted: Timestamp)? {
        if position == ids.count {
            guard planned < posts else { return nil }
            planBlock()
        }
        defer { position += 1 }
        return (ids[position], Timestamp(microseconds: dates[position]))
    }

    private mutating func planBlock() {
        let count = min(Self.blockSize, posts - planned)
        ids.removeAll(keepingCapacity: true)
        dates.removeAll(keepingCapacity: true)
        position = 0

        for offset in 1...count {
            ids.append(Int64(planned + offset))
        }
        exchangeIDs()
        while dates.count < count {
            let run = dates.count..<min(dates.count + runLength(), count)
            let date = start + slot * Int64(planned + run.lowerBound) + Int64(random.below(Int(slot)))
            dates.append(contentsOf: repeatElement(date, count: run.count))
            if run.count > 1 { ids[run].sort() }
        }
        planned += count
    }

    private mutating func exchangeIDs() {
        for place in ids.indices where random.happens(perMille: Self.exchangesPerMille) {
            let other = place + 1 + random.below(Self.exchangeDistance)
            if other < ids.count { ids.swapAt(place, other) }
        }
    }

    /// How many posts share the next date: mostly one.
    private mutating func runLength() -> Int {
        if random.below(Self.drawsPerBurst) == 0 {
            return length(in: Self.burstLengths)
        }
        guard random.happens(perMille: Self.runsPerMille) else { return 1 }
        // The smaller of two draws: short runs are more frequent than long ones.
        return min(length(in: Self.runLengths), length(in: Self.runLengths))
    }

    private mutating func length(in bounds: ClosedRange<Int>) -> Int {
        bounds.lowerBound + random.below(bounds.count)
    }
}
