import FeedStore
import SampleData
import Testing

@Suite struct TutorialDataTests {
    private let now = Timestamp(microseconds: 1_767_225_600_000_000)
    private let hour: Int64 = 3_600_000_000

    @Test func hasSixUsersWithUniqueNames() {
        let writers = TutorialData.Writer.allCases
        #expect(writers.count == 6)
        #expect(Set(writers.map(\.username)).count == 6)
        #expect(Set(writers.map(\.email)).count == 6)
        #expect(writers.allSatisfy { isValidUsername($0.username) })
        #expect(writers.allSatisfy { $0.email.hasSuffix("@example.com") && $0.email.count <= 120 })
    }

    @Test func hasAPasswordWithinTheBounds() {
        #expect((8...128).contains(TutorialData.password.unicodeScalars.count))
    }

    @Test func has44PostsWithinTheBounds() {
        let entries = TutorialData.entries
        #expect(entries.count == 44)
        #expect(entries.allSatisfy { (1...100).contains($0.title.unicodeScalars.count) })
        #expect(entries.allSatisfy { (1...50_000).contains($0.content.unicodeScalars.count) })
        #expect(entries.allSatisfy { !"\($0.title)\($0.content)".unicodeScalars.contains("\0") })
        #expect(Set(entries.map(\.title)).count == 44)
    }

    @Test func everyUserWrites() {
        #expect(Set(TutorialData.entries.map(\.writer)) == Set(TutorialData.Writer.allCases))
    }

    @Test func datesAreDistinctAndSpreadOverFiveMonths() throws {
        let dates = TutorialData.dates(now: now)
        #expect(dates.count == TutorialData.entries.count)
        #expect(zip(dates, dates.dropFirst()).allSatisfy(<))
        let oldest = try #require(dates.first)
        let newest = try #require(dates.last)
        #expect(now.microseconds - newest.microseconds == 3 * hour)
        let days = (now.microseconds - oldest.microseconds) / (24 * hour)
        #expect((140...155).contains(days))
    }

    @Test func datesMoveWithTheGivenTime() {
        let later = Timestamp(microseconds: now.microseconds + hour)
        let moved = TutorialData.dates(now: later).map { Timestamp(microseconds: $0.microseconds - hour) }
        #expect(moved == TutorialData.dates(now: now))
    }

    @Test func hasTextThatIsEasyToGetWrong() {
        let titles = TutorialData.entries.map(\.title)
        #expect(titles.contains { $0.contains(#"<script>alert("hi")</script>"#) })
        #expect(titles.contains { $0.contains("\\") })
        #expect(TutorialData.entries.contains { $0.content.contains("\n\n") })
        #expect(titles.contains { $0.unicodeScalars.contains { $0.isIn(0x0590...0x05FF) } })  // Hebrew
        #expect(titles.contains { $0.unicodeScalars.contains { $0.isIn(0x0600...0x06FF) } })  // Arabic
        #expect(titles.contains { $0.unicodeScalars.contains { $0.isIn(0x1F300...0x1FAFF) } })  // emoji
    }
}

extension Unicode.Scalar {
    fileprivate func isIn(_ range: ClosedRange<UInt32>) -> Bool {
        range.contains(value)
    }
}
