/// In which order contenders are measured, so that a machine that becomes slower or faster meanwhile hurts all alike.
///
/// Everything is done in blocks. In each, the groups have their turns in an order drawn anew, and within a group its
/// contenders, one request each, again and again. A group is what would be at work together, like all readers by
/// cursor: with a group between any two of its requests, each would find the caches full of what the other group read.
/// A contender with few samples takes part in fewer blocks, spread evenly over all of them.
struct Turns: Sequence {
    private static let blocks = 20

    private let order: [Int]

    /// - Parameters:
    ///   - samples: how often each contender has its turn.
    ///   - groups: the group of each contender.
    ///   - seed: the same seed gives the same order.
    init(samples: [Int], groups: [String], seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let members = Dictionary(grouping: samples.indices) { groups[$0] }
        order = (0..<Self.blocks).flatMap { block in
            members.keys.sorted().shuffled(using: &generator).flatMap { group in
                Self.rounds(of: members[group] ?? [], using: &generator) { contender in
                    let wanted = samples[contender]
                    return (block + 1) * wanted / Self.blocks - block * wanted / Self.blocks
                }
            }
        }
    }

    /// Each contender as often as it wants, no one long before the others are done.
    private static func rounds(
        of contenders: [Int], using generator: inout SeededGenerator, wanted: (Int) -> Int
    ) -> [Int] {
        let counts = contenders.map(wanted)
        return (0..<(counts.max() ?? 0)).flatMap { round in
            zip(contenders, counts).filter { round < $1 }.map(\.0).shuffled(using: &generator)
        }
    }

    /// Indices of contenders, in the order of their turns.
    func makeIterator() -> some IteratorProtocol<Int> {
        order.makeIterator()
    }
}
