import Testing

@testable import FeedBenchmark

struct LoadGeneratorTests {
    private func output(
        requests: Int = 1_000, connect: Int = 0, read: Int = 0, status: Int = 0, timeout: Int = 0
    ) -> String {
        """
        Running 2s test @ http://127.0.0.1:1
        RESULT {"requests":\(requests),"us":2000000,"bytes":7000000,"connect":\(connect),"read":\(read),"write":0,\
        "status":\(status),"timeout":\(timeout),"p50":400,"p99":900}
        """
    }

    @Test func readsWhatTheScriptPrints() throws {
        let result = try LoadGenerator.parse(output())

        #expect(result.requests == 1_000)
        #expect(result.seconds == 2)
        #expect(result.bytes == 7_000_000)
        #expect(result.median == 400)
        #expect(result.p99 == 900)
    }

    @Test func oneRequestThatFailedFailsTheRun() {
        for text in [output(connect: 1), output(read: 1), output(status: 1), output(timeout: 1)] {
            #expect(throws: BenchmarkFailure.self) { try LoadGenerator.parse(text) }
        }
    }

    @Test func nothingAnsweredFailsTheRun() {
        #expect(throws: BenchmarkFailure.self) { try LoadGenerator.parse(output(requests: 0)) }
        #expect(throws: BenchmarkFailure.self) { try LoadGenerator.parse("unable to connect") }
    }
}
