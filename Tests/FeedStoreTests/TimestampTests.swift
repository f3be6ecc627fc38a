import Testing

@testable import FeedStore

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"),
        (1, "1970-01-01T00:00:00.000001Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (1_754_490_600_123_456, "2025-08-06T14:30:00.123456Z"),
        (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ])
    func rfc3339(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).rfc3339 == text)
    }

    @Test func everyDayOfACenturyFollowsTheOneBefore() {
        let day: Int64 = 86_400_000_000
        var previous = Timestamp(microseconds: 0).utcComponents
        for number in 1...Int64(36_525) {
            let next = Timestamp(microseconds: number * day).utcComponents
            let isNextDay = next.month == previous.month && next.day == previous.day + 1
            let isNextMonth =
                next.day == 1 && previous.day >= 28
                && (next.month == previous.month + 1 || (next.month == 1 && next.year == previous.year + 1))
            #expect(isNextDay || isNextMonth)
            previous = next
        }
        #expect(previous.year == 2070 && previous.month == 1 && previous.day == 1)
    }
}
