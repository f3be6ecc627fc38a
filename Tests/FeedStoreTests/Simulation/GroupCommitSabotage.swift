@testable import FeedStore

/// Faults that an engine could have, put between it and the rest: each has to be noticed, or the simulation shows
/// nothing. Others were put into the engine's own code, by hand: see ``GroupCommitSimulationTests``.
enum GroupCommitSabotage: CaseIterable {
    case takesAFailureForSuccess, losesAnAnswer, answersTwice, keepsTheCancelled, reversesABatch,
        doublesABatch
    case losesASummon, closesAtOnce

    /// What of it is seen.
    var breaks: GroupCommitBounds.Promise {
        switch self {
        case .takesAFailureForSuccess: .acknowledgedIsCommitted
        case .losesAnAnswer, .losesASummon: .nobodyIsLeft
        case .answersTwice: .answeredOnce
        case .keepsTheCancelled: .cancelledNeverWrites
        case .reversesABatch: .datesAscend
        case .doublesABatch: .commitIsBounded
        case .closesAtOnce: .closedIsLast
        }
    }

    func change(_ actions: [GroupCommitPlan.Engine.Action]) -> [GroupCommitPlan.Engine.Action] {
        switch self {
        case .takesAFailureForSuccess, .keepsTheCancelled, .closesAtOnce: return actions
        case .losesAnAnswer:
            guard actions.count > 1, case .answer = actions.first else { return actions }
            return Array(actions.dropFirst())
        case .answersTwice:
            guard let first = actions.first, case .answer = first else { return actions }
            return [first] + actions
        case .reversesABatch:
            guard case .commit(let batch) = actions.first else { return actions }
            return [.commit(batch.reversed())]
        case .doublesABatch:
            guard case .commit(let batch) = actions.first else { return actions }
            return [.commit(batch + batch)]
        case .losesASummon:
            // The one that follows a commit.
            guard actions.count > 1, case .summon = actions.last else { return actions }
            return Array(actions.dropLast())
        }
    }
}
