import Testing

@testable import FeedStore

/// When the clock is believed.
@Suite struct PostClockTests {
    private let start = ContinuousClock.now
    private static let hour: Int64 = 3_600
    private static let tenYears: Int64 = 10 * 365 * 24 * 3_600

    /// - Parameters: seconds since the start, and what the wall clock is ahead of them.
    private func reading(at seconds: Int64, ahead: Int64 = 0) -> PostClock.Reading {
        PostClock.Reading(
            wall: Timestamp(microseconds: (1_000_000 + seconds + ahead) * 1_000_000),
            steady: start + .seconds(seconds))
    }

    private func time(_ seconds: Int64) -> Timestamp {
        Timestamp(microseconds: (1_000_000 + seconds) * 1_000_000)
    }

    @Test func aStepAheadIsNotBelievedForAnHour() {
        var clock = PostClock()
        #expect(clock.read(reading(at: 0), lastDate: time(0)).time == time(0))
        for seconds in [10, 20, 10 + Self.hour - 1] {
            let (time, ahead) = clock.read(reading(at: seconds, ahead: Self.tenYears), lastDate: time(0))
            #expect(time == self.time(seconds) && ahead == .seconds(Self.tenYears), "\(seconds)")
        }
        // It has stood for an hour.
        let (time, ahead) = clock.read(reading(at: 10 + Self.hour, ahead: Self.tenYears), lastDate: time(0))
        #expect(time == self.time(10 + Self.hour + Self.tenYears) && ahead == .zero)
    }

    @Test func aStepThatIsUndoneLeavesNothing() {
        var clock = PostClock()
        _ = clock.read(reading(at: 0), lastDate: time(0))
        _ = clock.read(reading(at: 10, ahead: Self.tenYears), lastDate: time(0))
        #expect(clock.read(reading(at: 20), lastDate: time(0)).time == time(20))
        // The next one has an hour of its own.
        _ = clock.read(reading(at: Self.hour, ahead: Self.tenYears), lastDate: time(0))
        #expect(
            clock.read(reading(at: Self.hour + 20, ahead: Self.tenYears), lastDate: time(0)).time
                == time(Self.hour + 20))
    }

    @Test func smallStepsAndStepsBackAreBelievedAtOnce() {
        var clock = PostClock()
        _ = clock.read(reading(at: 0), lastDate: time(0))
        #expect(clock.read(reading(at: 1, ahead: Self.hour), lastDate: time(0)).time == time(1 + Self.hour))
        #expect(
            clock.read(reading(at: 2, ahead: -Self.tenYears), lastDate: time(0)).time
                == time(2 - Self.tenYears))
        // From there, the right time is a step ahead; but not of the dates that were given.
        #expect(clock.read(reading(at: 3), lastDate: time(0)).time == time(3))
    }

    /// The steady clock goes on while a machine sleeps, and a quiet feed is none that has jumped.
    @Test func timeThatHasReallyPassedIsNoStep() {
        var clock = PostClock()
        _ = clock.read(reading(at: 0), lastDate: time(0))
        let (time, ahead) = clock.read(reading(at: Self.tenYears), lastDate: time(0))
        #expect(time == self.time(Self.tenYears) && ahead == .zero)
    }

    @Test func whatIsOutOfAllBoundsIsNeverBelieved() {
        var clock = PostClock()
        #expect(clock.read(reading(at: 0), lastDate: time(0)).time == time(0))
        let year12000: Int64 = 316_000_000_000
        for seconds in [1, 2 * Self.hour] {
            let (time, ahead) = clock.read(reading(at: seconds, ahead: year12000), lastDate: self.time(0))
            #expect(time == self.time(seconds) && ahead == .seconds(year12000))
        }
        // One before 1970 is told as it is, and forgotten when it is set right.
        _ = clock.read(reading(at: 3 * Self.hour, ahead: -year12000), lastDate: time(0))
        #expect(
            clock.read(reading(at: 4 * Self.hour), lastDate: time(0)).time == time(4 * Self.hour))
    }

    /// There is nothing to compare it with.
    @Test func whatIsReadFirstIsBelieved() {
        var clock = PostClock()
        #expect(
            clock.read(reading(at: 0, ahead: Self.tenYears), lastDate: time(0)).time == time(Self.tenYears))
    }
}
