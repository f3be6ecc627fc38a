@testable import FeedStore

/// What must hold in every simulation of ``GroupCommitEngine``. Remembers the first thing that does not.
struct GroupCommitBounds {
    enum Promise: String, CaseIterable {
        case acknowledgedIsCommitted = "a write that is told that it is done is on the disk"
        case failureIsTheCommits = "a commit that fails fails those in it, and no other"
        case answeredOnce = "a write is answered once"
        case carriedOutOnce = "a write is taken up by one commit"
        case cancelledNeverWrites = "a write that was cancelled before a commit took it up is not carried out"
        case begunIsCarriedOut = "a write that a commit has taken up is not cancelled"
        case nobodyIsLeft = "in the end nobody waits, neither a write nor who closes"
        case closedIsLast = "who closes is told when all that was accepted has ended"
        case closedRefuses = "what comes after the end is refused, and what was accepted before it is not"
        case commitIsBounded = "a commit holds what waits, up to its bound, and never nothing"
        case waitingIsBounded = "a write is refused as overloaded where as many wait as may, and only there"
        case oneAtATime = "one commit is under way at a time"
        case datesAscend = "writes are committed in the order of their acceptance, and of their dates"
    }

    private(set) var broken: Promise?

    mutating func check(_ promise: Promise, _ holds: Bool) {
        if !holds, broken == nil { broken = promise }
    }
}
