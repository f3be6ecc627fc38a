import Testing

@testable import FeedBenchmark

struct PrometheusSampleTests {
    @Test func addsUpTheLabelsOfOneCounterAlone() throws {
        let text = """
            # TYPE loads_total counter
            loads_total{outcome="done"} 3
            loads_total{outcome="failed"} 2
            loads_total_more 100
            """

        #expect(try PrometheusSample.sum(of: "loads_total", in: text) == 5)
    }

    @Test func aCounterThatIsNotThereIsAFailure() {
        #expect(throws: BenchmarkFailure.self) { try PrometheusSample.sum(of: "hits_total", in: "hits 1") }
    }

    @Test func aValueThatIsNoNumberIsAFailure() {
        #expect(throws: BenchmarkFailure.self) { try PrometheusSample.sum(of: "a", in: "a many") }
    }
}
