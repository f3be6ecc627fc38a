import Synchronization
import Testing

@testable import SampleData

@Suite struct ProgressLineTests {
    private func line(_ done: Int, of total: Int, after elapsed: Duration) -> ProgressLine {
        ProgressLine(done: done, total: total, unit: "posts", elapsed: elapsed)
    }

    @Test func showsShareCountRateAndTimeLeft() {
        #expect(
            line(430_000, of: 1_000_000, after: .seconds(2)).bar
                == "[########............] 43 % 430 000 posts, 215 000/s, 3 s left")
    }

    @Test func promisesNothingBeforeTheFirstUnit() {
        #expect(line(0, of: 1000, after: .zero).bar == "[....................] 0 % 0 posts")
        #expect(line(0, of: 1000, after: .seconds(5)).bar == "[....................] 0 % 0 posts")
        #expect(line(10, of: 1000, after: .zero).bar == "[....................] 1 % 10 posts")
    }

    @Test func saysHowLongItTook() {
        #expect(
            line(1_000_000, of: 1_000_000, after: .seconds(5)).bar
                == "[####################] 100 % 1 000 000 posts, 200 000/s, 5 s in all")
    }

    @Test func isNotDoneBeforeTheLastUnit() {
        let line = line(999_999, of: 1_000_000, after: .seconds(1))
        #expect(line.percent == 99)
        #expect(line.bar.contains("#.]"))
    }

    @Test func anEmptyTaskIsDone() {
        #expect(line(0, of: 0, after: .zero).bar == "[####################] 100 % 0 posts")
    }

    @Test func takesNumbersOutsideForTheNearestInside() {
        #expect(line(-1, of: 10, after: .seconds(1)).done == 0)
        #expect(line(11, of: 10, after: .seconds(1)).percent == 100)
        #expect(line(0, of: -1, after: .seconds(1)).total == 0)
        #expect(line(.max, of: .max, after: .seconds(1)).percent == 100)
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1 000"), (12_345, "12 345"), (1_000_000, "1 000 000"),
        (-1000, "-1 000"),
    ])
    func groupsDigits(number: Int, text: String) {
        #expect(ProgressLine.grouped(number) == text)
    }

    @Test(arguments: [
        (0, "0 s"), (0.2, "1 s"), (59, "59 s"), (60, "1 min 0 s"), (125, "2 min 5 s"), (3725, "1 h 2 min"),
        (.infinity, "876600 h 0 min"),
    ])
    func saysTimesInTwoUnits(seconds: Double, text: String) {
        #expect(ProgressLine.time(seconds: seconds) == text)
    }
}

@Suite struct ProgressBarTests {
    private let clock = ManualClock()
    private let output = Output()

    private func makeBar(_ style: ProgressBar<ManualClock>.Style, total: Int) -> ProgressBar<ManualClock> {
        ProgressBar(total: total, unit: "posts", style: style, clock: clock) { [output] in output.append($0) }
    }

    @Test func redrawsATerminalAtMostTenTimesASecond() {
        let bar = makeBar(.terminal, total: 1000)
        for done in 0..<1000 {
            bar.update(done: done)
            clock.advance(by: .milliseconds(1))
        }
        #expect(output.texts.count == 10)
        #expect(output.texts.allSatisfy { $0.hasPrefix("\r[") && $0.hasSuffix("\u{1B}[K") })
    }

    @Test func endsTheLineOfATerminalOnce() {
        let bar = makeBar(.terminal, total: 10)
        clock.advance(by: .seconds(1))
        bar.update(done: 5)
        bar.finish(done: 10)
        bar.update(done: 10)
        bar.finish(done: 10)
        #expect(
            output.texts == [
                "\r[##########..........] 50 % 5 posts, 5/s, 1 s left\u{1B}[K",
                "\r[####################] 100 % 10 posts, 10/s, 1 s in all\u{1B}[K",
                "\n",
            ])
    }

    @Test func writesALineForEveryTenthIntoALog() {
        let bar = makeBar(.log, total: 1000)
        for done in 1...1000 {
            clock.advance(by: .milliseconds(1))
            bar.update(done: done)
        }
        bar.finish(done: 1000)
        #expect(output.texts.count == 10)
        #expect(output.texts.first == "10 % 100 posts, 1 000/s, 1 s left\n")
        #expect(output.texts.last == "100 % 1 000 posts, 1 000/s, 1 s in all\n")
    }

    @Test func skipsTenthsThatWentByAtOnce() {
        let bar = makeBar(.log, total: 100)
        clock.advance(by: .seconds(1))
        bar.update(done: 75)
        bar.update(done: 79)
        bar.finish(done: 100)
        #expect(output.texts.map { $0.prefix(5) } == ["75 % ", "100 %"])
    }

    @Test func aLogSaysWhereItWasGivenUp() {
        let bar = makeBar(.log, total: 100)
        clock.advance(by: .seconds(1))
        bar.update(done: 10)
        bar.finish(done: 15)
        #expect(output.texts.last == "15 % 15 posts, 15/s, 6 s left\n")
    }
}

/// A clock that stands still until it is told to go on.
private final class ManualClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration

        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.offset < rhs.offset }
    }

    private let time = Mutex(Instant(offset: .zero))

    var now: Instant { time.withLock { $0 } }
    var minimumResolution: Duration { .nanoseconds(1) }

    func advance(by duration: Duration) {
        time.withLock { $0 = $0.advanced(by: duration) }
    }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        fatalError("nothing here sleeps")
    }
}

/// What was written, in order.
private final class Output: Sendable {
    private let written = Mutex<[String]>([])

    var texts: [String] { written.withLock { $0 } }

    func append(_ text: String) {
        written.withLock { $0.append(text) }
    }
}
