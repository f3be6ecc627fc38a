public import FeedStore

/// The sample data of the tutorial: six users and their 44 posts.
///
/// Small enough to read, varied enough to see what a page does with long, short, right-to-left and
/// hostile text, and what an upload does with every format of picture. What a client has to send: ids
/// and file names are given by the server.
public enum TutorialData {
    /// The password of every user, so that a reader of the tutorial can log in as any of them. Not a
    /// secret: sample data doesn't belong on a server that others can reach.
    public static let password = "feed-server-sample"

    /// The time between the newest post and `now`: 3 hours, in microseconds.
    static let newestAge: Int64 = 3 * 3_600_000_000
    /// The mean time between two posts: 82 hours, in microseconds. 44 posts span about five months.
    static let meanGap: Int64 = 82 * 3_600_000_000
    /// By how much a post may be older than its regular place: less than `meanGap`, so that no two posts
    /// change places.
    static let largestShift: Int64 = 70 * 3_600_000_000

    /// The posts, oldest first.
    public static let entries: [Entry] = olderEntries + newerEntries

    /// When the posts were published: one date for each of `entries`, in the same order.
    ///
    /// - Parameter now: the newest post is 3 hours older, the oldest about five months. All dates are
    ///   distinct and ascend. They are the same on every call, but for `now`.
    public static func dates(now: Timestamp) -> [Timestamp] {
        var shifts = SplitMix64(seed: 44)
        return entries.indices.map { index in
            let newerPosts = Int64(entries.count - 1 - index)
            let shift = newerPosts == 0 ? 0 : Int64(shifts.below(Int(largestShift)))
            return Timestamp(microseconds: now.microseconds - newestAge - newerPosts * meanGap - shift)
        }
    }
}

extension TutorialData {
    /// What is written down of a post.
    public struct Entry: Sendable {
        public let writer: Writer
        public let title: String
        public let content: String

        init(_ writer: Writer, _ title: String, _ content: String) {
            self.writer = writer
            self.title = title
            self.content = content
        }
    }
}
