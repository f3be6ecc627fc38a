import Foundation
import Testing

@testable import FeedBenchmark

struct ProcessTreeTests {
    private var ownPID: Int32 { ProcessInfo.processInfo.processIdentifier }

    @Test func knowsTheTimeAndTheMemoryOfAProcess() throws {
        let before = try ProcessTree(root: ownPID)
        var sum = 0
        // Time of a core and not of a clock: a busy machine may give it none for long.
        let end = clock() + CLOCKS_PER_SEC / 10
        while clock() < end { sum &+= 1 }
        let after = try ProcessTree(root: ownPID)

        // Other tests use time of this process as well.
        #expect(sum > 0)
        #expect(after.members[ownPID].map(\.ticks) ?? 0 > before.members[ownPID].map(\.ticks) ?? 0)
        // Without what other tests have started, and which may be gone by now.
        let memory = try ProcessTree(members: after.members.filter { $0.key == ownPID }).memory()
        #expect(memory.resident > 1 && memory.resident >= memory.anonymous)
    }

    @Test func aProcessThatIsNotThereIsAFailure() {
        #expect(throws: BenchmarkFailure.self) { try ProcessTree(root: .max) }
    }

    @Test func aProcessThatCameOrWentIsAFailure() throws {
        var before = try ProcessTree(root: ownPID)
        let after = before
        before.forget(ownPID)

        #expect(throws: BenchmarkFailure.self) { try after.microseconds(since: before) }
    }
}

extension ProcessTree {
    fileprivate mutating func forget(_ pid: Int32) {
        self = ProcessTree(members: members.filter { $0.key != pid })
    }
}
