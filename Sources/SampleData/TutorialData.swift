public import FeedStore

/// The sample data of the tutorial: six users and 44 published posts.
///
/// Small enough to read, varied enough to see what a page does with long, short, right-to-left and
/// hostile text. The same on every call, but for the dates, which are relative to a given time.
public enum TutorialData {
    /// The time between the newest post and `now`: 3 hours, in microseconds.
    static let newestAge: Int64 = 3 * 3_600_000_000
    /// The mean time between two posts: 82 hours, in microseconds. 44 posts span about five months.
    static let meanGap: Int64 = 82 * 3_600_000_000
    /// By how much a post may be older than its regular place: less than `meanGap`, so that no two posts
    /// change places.
    static let largestShift: Int64 = 70 * 3_600_000_000

    /// The users, with ids 1…6. None has a picture of their own.
    public static let users: [User] = Writer.allCases.map(\.user)

    /// The posts, oldest first, with ids 1…44.
    ///
    /// - Parameter now: the newest post is 3 hours older, the oldest about five months. All dates are
    ///   distinct.
    public static func posts(now: Timestamp) -> [Post] {
        let entries = olderEntries + newerEntries
        var shifts = SplitMix64(seed: 44)
        return entries.enumerated().map { index, entry in
            let newerPosts = Int64(entries.count - 1 - index)
            let shift = newerPosts == 0 ? 0 : Int64(shifts.below(Int(largestShift)))
            let age = newestAge + newerPosts * meanGap + shift
            return Post(
                id: Int64(index + 1), author: entry.writer.user.author, title: entry.title,
                content: entry.content, status: .published,
                datePosted: Timestamp(microseconds: now.microseconds - age), updatedAt: nil)
        }
    }
}

extension TutorialData {
    /// What is written down of a post.
    struct Entry: Sendable {
        let writer: Writer
        let title: String
        let content: String

        init(_ writer: Writer, _ title: String, _ content: String) {
            self.writer = writer
            self.title = title
            self.content = content
        }
    }

    /// Who wrote a post; the raw value is the user's id.
    enum Writer: Int64, CaseIterable, Sendable {
        case mara = 1
        case tomas, yael, priya, jonas, leila

        var user: User {
            let username = self.username
            return User(
                author: Author(id: rawValue, username: username, imageFile: nil),
                email: "\(username)@example.com")
        }

        private var username: String {
            switch self {
            case .mara: "mara_lindqvist"
            case .tomas: "tomas.okafor"
            case .yael: "yael-benami"
            case .priya: "priya_cooks"
            case .jonas: "jonas_weir"
            case .leila: "leila.haddad"
            }
        }
    }
}
