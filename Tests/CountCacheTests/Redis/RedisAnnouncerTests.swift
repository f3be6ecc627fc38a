import NIOCore
import Testing

@testable import CountCache

@Suite struct RedisAnnouncerTests {
    private var announcer = RedisAnnouncer()

    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

    @Test mutating func comingAndGoingIsSaid() {
        #expect(announcer.timePassed(now: at(0)) == nil)
        #expect(announcer.isInUse(now: at(0)) == .inUse)
        #expect(announcer.isAway(because: .closed, now: at(1)) == .away(because: .closed))
        #expect(announcer.isAway(because: .connect, now: at(2)) == nil)
        #expect(announcer.isInUse(now: at(3)) == .back)
        #expect(announcer.timePassed(now: at(100)) == nil)
    }

    @Test mutating func firstAppearanceAfterAbsenceIsAReturn() {
        #expect(announcer.isAway(because: .connect, now: at(0)) == .away(because: .connect))
        #expect(announcer.isInUse(now: at(1)) == .back)
    }

    @Test mutating func flappingDoesNotFlood() {
        var notices: [Int64] = []
        var warnings: [Int64] = []
        for second in Int64(0)..<600 {
            if announcer.isInUse(now: at(second)) != nil { notices.append(second) }
            if announcer.isAway(because: .closed, now: at(second)) != nil { warnings.append(second) }
        }
        #expect((10...12).contains(notices.count))
        #expect((10...12).contains(warnings.count))
        for times in [notices, warnings] {
            for (one, next) in zip(times.dropFirst(), times.dropFirst(2)) { #expect(next - one >= 60) }
        }
    }

    @Test mutating func whatWasKeptBackIsMadeUpFor() {
        _ = announcer.isInUse(now: at(0))
        _ = announcer.isAway(because: .closed, now: at(1))
        _ = announcer.isInUse(now: at(2))
        _ = announcer.isAway(because: .closed, now: at(3))
        // given a return and a departure that were kept back
        #expect(announcer.isInUse(now: at(4)) == nil)
        #expect(announcer.timePassed(now: at(61)) == nil)
        #expect(announcer.timePassed(now: at(62)) == .back)
        #expect(announcer.isAway(because: .timeout, now: at(62)) == nil)
        #expect(announcer.timePassed(now: at(63)) == .away(because: .timeout))
    }

    @Test mutating func whatIsOverIsNotMadeUpFor() {
        for second in Int64(0)..<3 {
            _ = announcer.isInUse(now: at(second))
            _ = announcer.isAway(because: .closed, now: at(second))
        }
        // given a log that believes Redis away, and a return that was kept back and over soon
        #expect(announcer.isInUse(now: at(3)) == nil)
        #expect(announcer.isAway(because: .closed, now: at(4)) == nil)
        #expect(announcer.timePassed(now: at(1000)) == nil)
    }
}
