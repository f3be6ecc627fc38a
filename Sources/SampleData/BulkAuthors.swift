/// Chooses who wrote a post: a few users write much, most of them little, and some nothing.
///
/// The choice follows Zipf's law in steps: every octave of user numbers (1, 2–3, 4–7, 8–15, …) gets about
/// the same share of posts. In integers alone, because a logarithm may differ in its last bit from one
/// platform to the next.
struct BulkAuthors: Sendable {
    /// Every so many users there is one who reads and never writes.
    static let readerInterval = 50

    private let users: Int
    private let octaves: Int
    private var random: SplitMix64

    /// - Precondition: `users` is at least 1.
    init(seed: UInt64, users: Int) {
        self.users = users
        octaves = Int.bitWidth - users.leadingZeroBitCount
        random = SplitMix64(seed: seed)
    }

    /// A user number in `1...users`.
    mutating func next() -> Int64 {
        while true {
            let first = 1 << random.below(octaves)
            let number = first + random.below(first)
            // User 1 always qualifies, so this ends.
            if number <= users, !number.isMultiple(of: Self.readerInterval) { return Int64(number) }
        }
    }
}
