import BenchmarkReport
import Foundation

/// What `micro-counter` writes: see there.
struct CounterOutput: Equatable, Decodable {
    struct Operation: Equatable, Decodable {
        var name: String
        /// Of the short round and of the long one, which has twice as many steps.
        var allocations: [Int]?
    }

    struct TimedOnly: Equatable, Decodable {
        var name: String
        var whyNotCounted: String
        var needsRedis: Bool
    }

    /// Steps of the short round.
    var steps: Int
    /// How often both rounds were done.
    var pairs: Int
    var operations: [Operation]
    var timedOnly: [TimedOnly]

    init(json: String) throws {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
        } catch {
            throw MicroMeasurementError.unreadable("micro-counter wrote something else than counts: \(error)")
        }
        guard steps > 0, pairs > 0, !operations.isEmpty,
            operations.allSatisfy({ $0.allocations.map { $0.count == 2 } ?? true })
        else { throw MicroMeasurementError.unreadable("micro-counter has counted nothing") }
    }

    /// Blocks that one step allocates. Whatever a round does besides its steps is in both rounds.
    func allocations(of operation: Operation) -> Outcome<Int> {
        guard let rounds = operation.allocations else {
            return .notMeasured("allocations are counted where the C library is glibc")
        }
        return .measured(perStep(rounds[0], rounds[1]))
    }

    /// What one step takes, by what the rounds took.
    func perStep(_ short: Int, _ long: Int) -> Int {
        Int((Double(long - short) / Double(steps)).rounded())
    }
}
