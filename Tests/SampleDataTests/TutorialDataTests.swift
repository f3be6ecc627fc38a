import FeedStore
import SampleData
import Testing

@Suite struct TutorialDataTests {
    private let now = Timestamp(microseconds: 1_767_225_600_000_000)
    private let hour: Int64 = 3_600_000_000

    @Test func hasSixUsersWithUniqueNames() {
        let users = TutorialData.users
        #expect(users.map(\.author.id) == [1, 2, 3, 4, 5, 6])
        #expect(Set(users.map(\.author.username)).count == 6)
        #expect(Set(users.map(\.email)).count == 6)
        #expect(users.allSatisfy { isValidUsername($0.author.username) && $0.author.imageFile == nil })
        #expect(users.allSatisfy { $0.email.hasSuffix("@example.com") })
    }

    @Test func has44PublishedPostsWithinTheBounds() {
        let posts = TutorialData.posts(now: now)
        #expect(posts.map(\.id) == Array(1...44))
        #expect(posts.allSatisfy { $0.status == .published && $0.updatedAt == nil })
        #expect(posts.allSatisfy { (1...100).contains($0.title.count) })
        #expect(posts.allSatisfy { (1...50_000).contains($0.content.count) })
        #expect(Set(posts.map(\.title)).count == 44)
    }

    @Test func everyPostIsByOneOfTheUsersAndEveryUserWrites() {
        let posts = TutorialData.posts(now: now)
        #expect(Set(posts.map(\.author)) == Set(TutorialData.users.map(\.author)))
    }

    @Test func datesAreDistinctAndSpreadOverFiveMonths() throws {
        let dates = TutorialData.posts(now: now).map(\.datePosted)
        #expect(zip(dates, dates.dropFirst()).allSatisfy(<))
        let oldest = try #require(dates.first)
        let newest = try #require(dates.last)
        #expect(now.microseconds - newest.microseconds == 3 * hour)
        let days = (now.microseconds - oldest.microseconds) / (24 * hour)
        #expect((140...155).contains(days))
    }

    @Test func datesMoveWithTheGivenTimeAndNothingElseChanges() {
        let later = Timestamp(microseconds: now.microseconds + hour)
        var moved = TutorialData.posts(now: later)
        for index in moved.indices { moved[index].datePosted.microseconds -= hour }
        #expect(moved == TutorialData.posts(now: now))
    }

    @Test func hasTextThatIsEasyToGetWrong() {
        let posts = TutorialData.posts(now: now)
        #expect(posts.contains { $0.title.contains(#"<script>alert("hi")</script>"#) })
        #expect(posts.contains { $0.title.contains("\\") })
        #expect(posts.contains { $0.content.contains("\n\n") })
        #expect(posts.contains { $0.title.unicodeScalars.contains { $0.isIn(0x0590...0x05FF) } })  // Hebrew
        #expect(posts.contains { $0.title.unicodeScalars.contains { $0.isIn(0x0600...0x06FF) } })  // Arabic
        #expect(posts.contains { $0.title.unicodeScalars.contains { $0.isIn(0x1F300...0x1FAFF) } })  // emoji
    }
}

extension Unicode.Scalar {
    fileprivate func isIn(_ range: ClosedRange<UInt32>) -> Bool {
        range.contains(value)
    }
}
