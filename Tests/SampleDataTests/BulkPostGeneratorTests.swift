import FeedStore
import SampleData
import Testing

@Suite struct BulkPostGeneratorTests {
    /// Enough that a share is within a tenth of what it should be.
    private static let posts = copyPosts(seed: 7, posts: 120_000, users: 1000)
    private var posts: [CopiedPost] { Self.posts }

    /// The share of posts that satisfy a condition.
    private func share(_ condition: (CopiedPost) -> Bool) -> Double {
        Double(posts.count(where: condition)) / Double(posts.count)
    }

    // MARK: Reproducibility

    /// If this fails, databases that were filled by an earlier release cannot be filled again. Change the
    /// number only for a change of the data that is meant, and say so in the changelog.
    @Test func theFirstTenThousandPostsNeverChange() {
        var generator = BulkPostGenerator(seed: 1, posts: 1_000_000, users: 1000)
        var hash = FNV1a()
        for _ in 0..<10_000 {
            _ = generator.next { borrowed in
                let post = CopiedPost(borrowed)
                hash.combine(post.id)
                hash.combine(post.userID)
                hash.combine(post.status.rawValue.utf8)
                hash.combine(post.datePosted.microseconds)
                hash.combine(post.updatedAt?.microseconds ?? 0)
                hash.combine(post.title)
                hash.combine(post.content)
            }
        }
        #expect(hash.digest == 0xFFEC_B10B_354D_08E6)
    }

    @Test func theSameSeedGivesTheSamePosts() {
        let first = copyPosts(seed: 3, posts: 5000, users: 50)
        #expect(first == copyPosts(seed: 3, posts: 5000, users: 50))
        #expect(first != copyPosts(seed: 4, posts: 5000, users: 50))
    }

    @Test func aLaterEndMovesTheDatesAndNothingElse() {
        let day: Int64 = 86_400_000_000
        let later = Timestamp(microseconds: BulkData.epoch.microseconds + day)
        let moved = copyPosts(seed: 3, posts: 500, users: 50, now: later)
        let posts = copyPosts(seed: 3, posts: 500, users: 50)
        #expect(moved.map(\.datePosted.microseconds) == posts.map { $0.datePosted.microseconds + day })
        #expect(moved.map(\.content) == posts.map(\.content))
    }

    // MARK: Order

    @Test(arguments: [0, 1, 2, 1023, 1024, 1025, 5000])
    func makesAsManyPostsAsAskedFor(count: Int) {
        let ids = copyPosts(seed: 1, posts: count, users: 3).map(\.id)
        #expect(ids.sorted() == (0..<count).map { Int64($0 + 1) })
    }

    @Test func saysSoEachTimeAfterTheLastPost() {
        var generator = BulkPostGenerator(seed: 1, posts: 1, users: 1)
        #expect(generator.next { _ in })
        #expect(!generator.next { _ in Issue.record("there is no second post") })
        #expect(!generator.next { _ in Issue.record("there is no third post") })
    }

    @Test func idsAreAPermutation() {
        #expect(posts.map(\.id).sorted() == (1...120_000).map { Int64($0) })
    }

    @Test func postsAscendByDateAndThenByID() {
        let isAscending = zip(posts, posts.dropFirst()).allSatisfy {
            ($0.datePosted, $0.id) < ($1.datePosted, $1.id)
        }
        #expect(isAscending)
    }

    @Test func idsMostlyButNotAlwaysFollowTheDates() {
        let displaced = zip(posts, 1...).count { $0.id != $1 }
        let share = Double(displaced) / Double(posts.count)
        #expect((0.02...0.10).contains(share), "\(share)")
    }

    // MARK: Dates

    @Test func datesCoverTheSpanAndEndBeforeTheEpoch() throws {
        let oldest = try #require(posts.first).datePosted.microseconds
        let newest = try #require(posts.last).datePosted.microseconds
        let hour: Int64 = 3_600_000_000
        #expect(newest < BulkData.epoch.microseconds)
        #expect(BulkData.epoch.microseconds - newest < hour)
        #expect(newest - oldest > BulkData.span - hour)
        #expect(newest - oldest < BulkData.span)
    }

    @Test func someDatesAreSharedByRunsOfPosts() {
        let runs = posts.chunked { $0.datePosted == $1.datePosted }.map(\.count).filter { $0 > 1 }
        let share = Double(runs.reduce(0, +)) / Double(posts.count)
        #expect((0.05...0.10).contains(share), "\(share)")
        let usual = runs.filter { $0 <= 20 }
        // The longest are rare: each takes two draws that agree.
        #expect(Set(usual).isSuperset(of: 2...16))
        // Larger ones are bursts, and blocks of the schedule cut them short.
        let bursts = runs.filter { $0 > 20 }
        #expect(!bursts.isEmpty && bursts.allSatisfy { $0 <= 500 })
    }

    @Test func aTenthIsEditedLaterThanPosted() {
        let edited = share { $0.updatedAt != nil }
        #expect((0.09...0.11).contains(edited), "\(edited)")
        for post in posts {
            guard let updatedAt = post.updatedAt else { continue }
            #expect(updatedAt > post.datePosted && updatedAt <= BulkData.epoch)
        }
    }

    // MARK: Drafts and authors

    @Test func aTwentiethIsDrafts() {
        let drafts = share { $0.status == .draft }
        #expect((0.045...0.055).contains(drafts), "\(drafts)")
    }

    @Test func authorsExistAndAreSkewed() {
        let counts = Dictionary(grouping: posts, by: \.userID).mapValues(\.count)
        #expect(counts.keys.allSatisfy { (1...1000).contains($0) })
        #expect((0.09...0.12).contains(share { $0.userID == 1 }))
        // Every fiftieth user writes nothing; with this many posts, hardly anyone else does so by chance.
        #expect((900...980).contains(counts.count), "\(counts.count)")
        #expect((1...20).allSatisfy { counts[$0 * 50] == nil })
    }

    @Test(arguments: [1, 2, 3, 51, 10_000_000])
    func anyNumberOfUsersWorks(users: Int) {
        let ids = Set(copyPosts(seed: 1, posts: 2000, users: users).map(\.userID))
        #expect(ids.allSatisfy { (1...Int64(users)).contains($0) })
        #expect(ids.contains(1))
    }
}

extension Array {
    /// The longest pieces in which every two neighbours belong together.
    fileprivate func chunked(_ belongTogether: (Element, Element) -> Bool) -> [ArraySlice<Element>] {
        var chunks: [ArraySlice<Element>] = []
        var start = startIndex
        for index in indices where index > start && !belongTogether(self[index - 1], self[index]) {
            chunks.append(self[start..<index])
            start = index
        }
        if start < endIndex { chunks.append(self[start...]) }
        return chunks
    }
}
