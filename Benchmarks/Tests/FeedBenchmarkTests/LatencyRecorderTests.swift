import BenchmarkReport
import Testing

@testable import FeedBenchmark

struct LatencyRecorderTests {
    @Test func quantilesAreThoseOfWhatWasRecorded() throws {
        var recorder = LatencyRecorder()
        for microseconds in 1...2_000 { recorder.record(.microseconds(microseconds)) }

        let latency = try #require(recorder.latency.value)

        #expect(latency.samples == 2_000)
        #expect(abs(latency.median - 1_000) < 2)
        #expect(abs(try #require(latency.p90.value) - 1_800) < 3)
        #expect(abs(try #require(latency.p99.value) - 1_980) < 3)
        #expect(abs(try #require(latency.p999.value) - 1_998) < 3)
        #expect(abs(latency.maximum - 2_000) < 3)
    }

    @Test func aQuantileNeedsASampleBeyondIt() throws {
        var recorder = LatencyRecorder()
        for _ in 0..<99 { recorder.record(.milliseconds(1)) }

        let few = try #require(recorder.latency.value)
        recorder.record(.milliseconds(1))
        let enough = try #require(recorder.latency.value)

        #expect(few.p90.value != nil)
        #expect(few.p99 == .notMeasured("99 samples, 100 are needed"))
        #expect(enough.p99.value != nil)
        #expect(enough.p999 == .notMeasured("100 samples, 1000 are needed"))
    }

    @Test func nothingRecordedIsNotMeasured() {
        #expect(LatencyRecorder().latency == .notMeasured("no request was made"))
    }

    @Test func twoRecordersTogetherHoldTheSamplesOfBoth() throws {
        var first = LatencyRecorder()
        var second = LatencyRecorder()
        first.record(.milliseconds(1))
        second.record(.milliseconds(3))

        first.add(second)

        let latency = try #require(first.latency.value)
        #expect(latency.samples == 2)
        #expect(abs(latency.maximum - 3_000) < 5)
    }
}
