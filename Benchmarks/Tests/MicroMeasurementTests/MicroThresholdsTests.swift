import BenchmarkReport
import Foundation
import SystemPackage
import Testing

@testable import MicroMeasurement

@Suite("thresholds")
struct MicroThresholdsTests {
    private let here = CountingPlace(swift: "6.3.1", valgrind: "valgrind-3.19.0", architecture: "x86_64")
    private let counts: MicroCounts
    private let times: [String: Outcome<Double>] = [
        "encode": .measured(700.5), "decode": .measured(800), "in Redis": .notMeasured("there is no Redis"),
    ]

    init() throws {
        counts = MicroCounts(
            counter: try CounterOutput(json: CounterOutputTests.json),
            instructions: .measured(["encode": 277, "decode": 101]))
    }

    @Test("allow a twentieth more instructions, and no allocation more")
    func allowing() throws {
        let thresholds = try MicroThresholds(allowing: counts, at: here)
        // 290.85 and 106.05, rounded up.
        #expect(
            thresholds.operations == [
                "encode": .init(instructions: 291, allocations: 3),
                "decode": .init(instructions: 107, allocations: 0),
            ])
    }

    @Test("are read as they were written")
    func file() throws {
        let thresholds = try MicroThresholds(allowing: counts, at: here)
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try thresholds.json.write(to: file)
        #expect(try MicroThresholds(contentsOf: FilePath(file.path)) == thresholds)
    }

    @Test("that can't be read are an error")
    func missing() {
        #expect(throws: MicroMeasurementError.self) { try MicroThresholds(contentsOf: "/nowhere/micro.json") }
    }

    @Test("are not made of what was not measured")
    func unmeasured() {
        let counts = MicroCounts(
            counter: counts.counter, instructions: .notMeasured("valgrind is not installed"))
        #expect(throws: MicroMeasurementError.uncounted("valgrind is not installed")) {
            try MicroThresholds(allowing: counts, at: here)
        }
    }

    @Test("stand beside the figures, also where these are above them")
    func merging() throws {
        // Given thresholds that one operation no longer keeps
        let thresholds = MicroThresholds(
            place: here,
            operations: [
                "encode": .init(instructions: 276, allocations: 3),
                "decode": .init(instructions: 107, allocations: 0),
            ])
        // When
        let figures = try MicroFigures(times: times, counts: counts, thresholds: thresholds, at: here)
        // Then
        #expect(
            figures.rows == [
                .init(
                    name: "encode", nanoseconds: .measured(700.5), instructions: .measured(277),
                    allocations: .measured(3), instructionsThreshold: 276, allocationsThreshold: 3),
                .init(
                    name: "decode", nanoseconds: .measured(800), instructions: .measured(101),
                    allocations: .measured(0), instructionsThreshold: 107, allocationsThreshold: 0),
                .init(
                    name: "in Redis", nanoseconds: .notMeasured("there is no Redis"),
                    instructions: .notMeasured("left to chance"), allocations: .notMeasured("left to chance"),
                    instructionsThreshold: nil, allocationsThreshold: nil),
            ])
    }

    @Test("of instructions hold only where they were counted")
    func elsewhere() throws {
        let thresholds = try MicroThresholds(allowing: counts, at: here)
        var elsewhere = here
        elsewhere.swift = "6.4"
        let figures = try MicroFigures(times: times, counts: counts, thresholds: thresholds, at: elsewhere)
        #expect(figures.instructionsNote?.contains("Swift 6.4") == true)
        #expect(figures.rows[0].instructionsThreshold == nil)
        #expect(figures.rows[0].allocationsThreshold == 3)
        #expect(
            try MicroFigures(times: times, counts: counts, thresholds: thresholds, at: here)
                .instructionsNote == nil)
    }

    @Test("stay where valgrind is missing")
    func withoutValgrind() throws {
        let counts = MicroCounts(
            counter: counts.counter, instructions: .notMeasured("valgrind is not installed"))
        let thresholds = try MicroThresholds(allowing: self.counts, at: here)
        let rows = try MicroFigures(times: times, counts: counts, thresholds: thresholds, at: here).rows
        #expect(rows[0].instructions == .notMeasured("valgrind is not installed"))
        #expect(rows[0].instructionsThreshold == 291)
        #expect(rows[0].allocations == .measured(3))
    }

    @Test("that lack an operation, or know one that is gone, are an error", arguments: ["encode", "other"])
    func mismatch(name: String) throws {
        var thresholds = try MicroThresholds(allowing: counts, at: here)
        let threshold = MicroThresholds.Threshold(instructions: 1, allocations: 1)
        thresholds.operations[name] = thresholds.operations[name] == nil ? threshold : nil
        #expect(throws: MicroMeasurementError.self) {
            try MicroFigures(times: times, counts: counts, thresholds: thresholds, at: here)
        }
    }
}
