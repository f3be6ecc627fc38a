public import FeedStore

/// Makes the posts of a bulk data set one by one, in ascending order of (`datePosted`, `id`), in memory
/// that does not grow with their number.
///
/// The data has what makes paging hard: dates that several posts share, ids that do not follow the dates
/// everywhere, drafts in between, authors with a tenth of all posts and authors with none, and text that
/// has to be escaped.
public struct BulkPostGenerator: Sendable {
    /// Posts in 1 000 that are drafts.
    static let draftsPerMille = 50
    /// Posts in 1 000 that were edited.
    static let editedPerMille = 100
    /// How long after its publication a post is edited at the most: 30 days, in microseconds.
    static let latestEdit = 30 * 86_400_000_000

    private let now: Timestamp
    private var schedule: BulkSchedule
    private var authors: BulkAuthors
    private var text: BulkText
    private var random: SplitMix64

    /// - Parameters:
    ///   - seed: any number; another one gives other posts.
    ///   - posts: 0…`BulkData.maximumPosts`.
    ///   - users: 1…`BulkData.maximumUsers`.
    ///   - now: no post is dated or edited later. To be reproducible this is a fixed time, such as
    ///     `BulkData.epoch`, and not the clock's.
    public init(seed: UInt64, posts: Int, users: Int, now: Timestamp = BulkData.epoch) {
        precondition((0...BulkData.maximumPosts).contains(posts), "too many or too few posts")
        precondition((1...BulkData.maximumUsers).contains(users), "too many or too few users")
        self.now = now
        // One stream of random numbers for each concern, so that a change to one leaves the others alone.
        var seeds = SplitMix64(seed: seed)
        schedule = BulkSchedule(seed: seeds.next(), posts: posts, now: now)
        authors = BulkAuthors(seed: seeds.next(), users: users)
        text = BulkText(seed: seeds.next())
        random = SplitMix64(seed: seeds.next())
    }

    /// Makes the next post and lends it to `body`.
    ///
    /// - Returns: false, without a call of `body`, when there are no more posts.
    public mutating func next(_ body: (borrowing BulkPost) throws -> Void) rethrows -> Bool {
        guard let place = schedule.next() else { return false }
        text.compose()
        let post = BulkPost(
            id: place.id,
            userID: authors.next(),
            status: random.happens(perMille: Self.draftsPerMille) ? .draft : .published,
            datePosted: place.datePosted,
            updatedAt: edit(of: place.datePosted),
            title: text.title.span,
            content: text.content.span)
        try body(post)
        return true
    }

    private mutating func edit(of datePosted: Timestamp) -> Timestamp? {
        guard random.happens(perMille: Self.editedPerMille) else { return nil }
        let delay = Int64(1 + random.below(Self.latestEdit))
        // A post is always older than `now`, so this is later than the post in any case.
        return Timestamp(microseconds: min(datePosted.microseconds + delay, now.microseconds))
    }
}
