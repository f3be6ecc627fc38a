import Testing

@testable import MicroMeasurement

@Suite("callgrind's file")
struct CallgrindOutputTests {
    /// Two operations, each with a mark before the first round and one behind each of four.
    static let text =
        """
        # callgrind format
        version: 1
        creator: callgrind-3.19.0
        pid: 42
        cmd:  micro-counter
        part: 1


        desc: I1 cache:
        desc: Timerange: Basic block 0 - 4158102
        desc: Trigger: --dump-before=micro_counter_mark

        positions: line
        events: Ir
        summary: 21682198

        ob=(1) /lib/ld.so
        fn=(2) totals: 7
        0 21682198

        totals: 21682198

        """ + [2770, 5590, 2820, 5540, 99_999, 1010, 2015, 1010, 2015].map(part).joined() + """
            part: 11
            desc: Trigger: Program termination
            totals: 1962775

            """

    private static func part(_ count: Int) -> String {
        "part: 2\ndesc: Trigger: --dump-before=micro_counter_mark\nevents: Ir\n\ntotals: \(count)\n"
    }

    @Test("the difference of the rounds that nothing disturbed is that of the steps alone")
    func differences() throws {
        // Given a file where a long and a short round of the first operation have 50 more than they should
        let counter = try CounterOutput(json: CounterOutputTests.json)
        // When it is read
        let callgrind = CallgrindOutput(text: Self.text)
        // Then
        #expect(callgrind.untilMarks.count == 10)
        // 2770 more for 10 steps; 1005 more are 100.5 each.
        #expect(try callgrind.instructions(of: counter) == ["encode": 277, "decode": 101])
    }

    @Test(
        "a file that lacks a mark is refused",
        arguments: ["", text.replacing("totals: 99999", with: "totals:"), text + part(1)])
    func missing(text: String) throws {
        let counter = try CounterOutput(json: CounterOutputTests.json)
        let callgrind = CallgrindOutput(text: text)
        #expect(throws: MicroMeasurementError.self) { try callgrind.instructions(of: counter) }
    }
}
