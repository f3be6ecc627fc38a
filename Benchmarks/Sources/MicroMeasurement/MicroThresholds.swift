import BenchmarkReport
public import Foundation
public import SystemPackage

/// The most that each operation may take. They are committed; a run that needs more fails.
///
/// Instructions belong to where they were counted, and are held against nothing elsewhere.
public struct MicroThresholds: Codable, Equatable, Sendable {
    /// Of one operation.
    public struct Threshold: Codable, Equatable, Sendable {
        public var instructions: Int
        public var allocations: Int

        public init(instructions: Int, allocations: Int) {
            self.instructions = instructions
            self.allocations = allocations
        }
    }

    /// How much more than was counted is allowed, in percent: updates of what the system brings, as SQLite and
    /// Foundation, stay below. Allocations are allowed as they were counted.
    static let percentMore = 5

    /// Where the instructions were counted.
    public var place: CountingPlace
    /// By the operation's name.
    public var operations: [String: Threshold]

    public init(place: CountingPlace, operations: [String: Threshold]) {
        self.place = place
        self.operations = operations
    }

    /// - Throws: ``MicroMeasurementError/thresholds(_:)`` where there is no such file, or something else in it.
    public init(contentsOf file: FilePath) throws {
        do {
            let json = try Data(contentsOf: URL(fileURLWithPath: file.string))
            self = try JSONDecoder().decode(MicroThresholds.self, from: json)
        } catch {
            throw MicroMeasurementError.thresholds("\(file) can't be read: \(error)")
        }
    }

    /// What is written into the file.
    public var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self) + Data("\n".utf8)
        }
    }

    /// Allows what was counted, and of instructions a little more.
    init(allowing counts: MicroCounts, at place: CountingPlace) throws {
        self.place = place
        operations = [:]
        for operation in counts.counter.operations {
            switch (counts.instructions, counts.counter.allocations(of: operation)) {
            case (.measured(let instructions), .measured(let allocations)):
                guard let counted = instructions[operation.name] else {
                    throw MicroMeasurementError.unreadable("callgrind has not counted \"\(operation.name)\"")
                }
                operations[operation.name] = Threshold(
                    instructions: (counted * (100 + Self.percentMore) + 99) / 100, allocations: allocations)
            case (.notMeasured(let reason), _), (_, .notMeasured(let reason)):
                throw MicroMeasurementError.uncounted(reason)
            }
        }
    }
}
