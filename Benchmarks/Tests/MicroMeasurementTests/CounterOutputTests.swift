import BenchmarkReport
import Testing

@testable import MicroMeasurement

@Suite("what micro-counter writes")
struct CounterOutputTests {
    static let json = """
        {
          "steps": 10,
          "pairs": 2,
          "operations": [
            {"name": "encode", "allocations": [32, 62]},
            {"name": "decode", "allocations": [0, 0]}
          ],
          "timedOnly": [
            {"name": "in Redis", "whyNotCounted": "left to chance", "needsRedis": true}
          ]
        }
        """

    @Test("allocations that come with a round, not with a step, are not counted")
    func allocations() throws {
        let counter = try CounterOutput(json: Self.json)
        #expect(counter.operations.map(counter.allocations(of:)) == [.measured(3), .measured(0)])
    }

    @Test("a build that can't count says so")
    func uncounted() throws {
        let json = Self.json.replacing(", \"allocations\": [0, 0]", with: "")
        let counter = try CounterOutput(json: json)
        guard case .notMeasured = counter.allocations(of: counter.operations[1]) else {
            Issue.record("counted \(counter.operations[1])")
            return
        }
    }

    @Test(
        "what is no count is refused",
        arguments: [
            "", "{}", json.replacing("\"steps\": 10", with: "\"steps\": 0"),
            json.replacing("[0, 0]", with: "[0]"),
            json.replacing("\"pairs\": 2", with: "\"pairs\": 0"),
            #"{"steps": 10, "pairs": 2, "operations": [], "timedOnly": []}"#,
        ])
    func malformed(json: String) {
        #expect(throws: MicroMeasurementError.self) { try CounterOutput(json: json) }
    }
}
