import TestSupport

@testable import FeedStore

/// What a seed stands for.
struct GroupCommitPlan {
    typealias Engine = GroupCommitEngine<SimulatedWrite, Int>

    var seed: UInt64
    var rules: Engine.Rules
    /// Writers that come; half of the seeds end the store before all have.
    var writers: Int
    /// Chances, of each write: to be cancelled, and to fail by itself.
    var cancelled: Double
    var failing: Double
    /// Of each commit: that it fails, in the middle of its writes or at its end.
    var broken: Double
    /// How much sooner writers come than the writer's thread gets on.
    var pressure: Double
    /// After how many writers the store is closed.
    var end: Int

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func pick<Element>(_ elements: [Element]) -> Element {
            elements[Int.random(in: 0..<elements.count, using: &random)]
        }
        self.seed = seed
        rules = Engine.Rules(maximumBatch: pick([1, 2, 3, 8]), maximumWaiting: pick([1, 3, 10, 1_000]))
        writers = pick([1, 5, 40, 120])
        cancelled = pick([0, 0.1, 0.5, 1])
        failing = pick([0, 0.1, 0.5])
        broken = pick([0, 0.1, 0.5])
        pressure = pick([0.1, 0.5, 0.9])
        end = Bool.random(using: &random) ? writers : Int.random(in: 0...writers, using: &random)
    }
}

/// A writer, and what has become of its write.
final class SimulatedWrite: Sendable {
    let number: UInt64

    init(_ number: UInt64) {
        self.number = number
    }
}

/// Why a write or a commit failed.
enum SimulatedFailure: Error, Equatable {
    case write(UInt64)
    case commit(Int)
}
