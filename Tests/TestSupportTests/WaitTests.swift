import TestSupport
import Testing

/// Every wait ends, and says what it waited for.
@Suite struct WaitTests {
    private static let short = Duration.milliseconds(20)

    private func failure(_ body: () async throws -> Void) async throws -> WaitFailure {
        let failure = await #expect(throws: WaitFailure.self) { try await body() }
        return try #require(failure)
    }

    @Test func whatDoesNotComeIsNamed() async throws {
        let watched = Watched(3)
        let polled = try await failure {
            try await waitUntil("the cows", patience: Self.short, last: { "an empty meadow" }) { false }
        }
        #expect("\(polled)" == "the cows: not within 0.02 seconds; last seen: an empty meadow")
        let told = try await failure {
            try await watched.wait(for: "four", patience: Self.short) { $0 == 4 }
        }
        #expect("\(told)" == "four: not within 0.02 seconds; last seen: 3")
    }

    @Test func aCancelledWaitEnds() async throws {
        let gate = Gate("the gate")
        let waits: [@Sendable () async throws -> Void] = [
            { try await gate.pass() },
            { try await waitUntil("the gate") { false } },
            { try await Slots(0).withSlot {} },
        ]
        for wait in waits {
            let task = Task { try await wait() }
            task.cancel()
            let failure = try await failure { try await task.value }
            guard case .cancelled = failure.reason else {
                Issue.record("\(failure)")
                continue
            }
        }
    }

    /// Waits that many tasks begin while others change the value: none is forgotten.
    @Test func everyWaiterIsWoken() async throws {
        let watched = Watched(0)
        let count = 200
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...count {
                group.addTask { try await watched.wait(for: "\(number)") { $0 >= number } }
                group.addTask { watched.update { $0 += 1 } }
            }
            try await group.waitForAll()
        }
        #expect(watched.value == count)
    }

    @Test func aTurnIsTakenByOneAtATime() async throws {
        let slots = Slots(2)
        let inside = Watched((now: 0, most: 0)) { "\($0.now) inside" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await slots.withSlot {
                        inside.update {
                            $0.now += 1
                            $0.most = max($0.most, $0.now)
                        }
                        await Task.yield()
                        inside.update { $0.now -= 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.value.now == 0 && inside.value.most == 2)
    }

    @Test func aThreadThatIsHeldUpGoesOnWhenReleased() async throws {
        let hold = ThreadHold()
        let ended = Watched(false)
        async let held: Void = onThread("a hold") {
            hold.hold()
            ended.update { $0 = true }
        }
        try await hold.arrived()
        #expect(!ended.value)
        hold.release()
        try await held
        #expect(ended.value)
    }
}
