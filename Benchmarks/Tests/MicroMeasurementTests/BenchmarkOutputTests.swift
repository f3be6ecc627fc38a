import Testing

@testable import MicroMeasurement

@Suite("what a benchmark writes")
struct BenchmarkOutputTests {
    static let text = """
        Debug results for cursor, encode:

        Time (wall clock):
               Value     Percentile TotalCount 1/(1-Percentile)

          718335.000 0.000000000000          1           1.00
         1306623.000 0.400000000000         91           1.67
         1344511.000 0.500000000000        113           2.00
         1373183.000 0.550000000000        125           2.22
         5533695.000 1.000000000000        226
        #[Mean    =  1246985.062, StdDeviation   =   391380.890]
        #[Max     =  5533695.000, Total count    =          226]
        #[Buckets =           20, SubBuckets     =         2048]


        Debug results for cursor, decode:

        Time (wall clock):
               Value     Percentile TotalCount 1/(1-Percentile)

          786431.000 1.000000000000          1
        #[Mean    =   786431.062, StdDeviation   =        0.000]

        """

    @Test("the median of a sample of a thousand calls is a thousand times that of one")
    func median() throws {
        let output = BenchmarkOutput(text: Self.text)
        #expect(try output.median(of: "cursor, encode") == 1344.511)
        // All of one sample's percentiles are the last one.
        #expect(try output.median(of: "cursor, decode") == 786.431)
    }

    @Test(
        "a benchmark that gave nothing is no fast one",
        arguments: [
            "", text.replacing("cursor, encode:", with: "cursor, encoded:"),
            String(text.prefix { $0 != "#" }).replacing("Time (wall clock)", with: "Memory"),
            "Debug results for cursor, encode:\n\nTime (wall clock):\n Value Percentile TotalCount\n\n#[Mean = 1]\n",
        ])
    func missing(text: String) {
        let output = BenchmarkOutput(text: text)
        #expect(throws: MicroMeasurementError.self) { try output.median(of: "cursor, encode") }
    }
}
