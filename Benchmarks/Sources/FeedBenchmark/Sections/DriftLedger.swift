/// What there is to be seen, and what each reader was shown: from it follows who was shown a post twice and who missed
/// one.
struct DriftLedger {
    /// Published posts that were ever there, oldest first, which is the order of their dates.
    private var order: [Int64]
    private var places: [Int64: Int]
    private var deleted: Set<Int64> = []
    /// Those that are there, in no order: to draw one from.
    private var alive: [Int64]

    /// - Parameter ids: of the published posts, oldest first.
    init(ids: [Int64]) {
        order = ids
        alive = ids
        places = Dictionary(uniqueKeysWithValues: zip(ids, ids.indices))
    }

    mutating func insert(_ id: Int64) {
        places[id] = order.count
        order.append(id)
        alive.append(id)
    }

    /// Draws a post to delete; `nil` when none is left.
    mutating func delete(using generator: inout SeededGenerator) -> Int64? {
        guard !alive.isEmpty else { return nil }
        let index = Int.random(in: alive.indices, using: &generator)
        alive.swapAt(index, alive.count - 1)
        let id = alive.removeLast()
        deleted.insert(id)
        return id
    }

    /// Begins a walk from the newest post.
    func beginWalk() -> Walk {
        Walk(end: order.count)
    }

    /// One reader's walk.
    struct Walk {
        /// Posts from here on came later, and a reader who goes toward older ones need not see them.
        fileprivate let end: Int
        private(set) var shown = 0
        private(set) var shownTwice = 0
        fileprivate var seen: Set<Int64> = []

        fileprivate init(end: Int) {
            self.end = end
        }

        mutating func show(_ ids: [Int64]) {
            for id in ids {
                shown += 1
                if !seen.insert(id).inserted { shownTwice += 1 }
            }
        }
    }

    /// Posts that were there during the whole walk, between the newest at its beginning and the oldest that was shown,
    /// and were not shown. It has to be asked when the walk ends.
    func neverShown(in walk: Walk) -> Int {
        guard let oldest = walk.seen.compactMap({ places[$0] }).min(), oldest < walk.end else { return 0 }
        return order[oldest..<walk.end].count { !deleted.contains($0) && !walk.seen.contains($0) }
    }
}
