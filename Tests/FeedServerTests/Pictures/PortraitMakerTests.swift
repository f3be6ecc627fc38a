import Synchronization
import TestSupport
import Testing

@testable import FeedServer

@Suite struct PortraitMakerTests {
    /// More pictures than any test makes.
    private static let plenty = 100

    @Test func makesPortraits() async throws {
        let maker = try PortraitMaker.built()
        let file = try pictureFixture("wide.jpg")

        let jpeg = try await maker.portrait(from: file)

        #expect(try jpeg == portrait(from: file))
        try await maker.close()
    }

    @Test func passesRefusalsOn() async throws {
        let maker = try PortraitMaker.built()

        await #expect(throws: PictureError.notAnImage) { try await maker.portrait(from: []) }
        try await maker.close()
    }

    @Test func refusesMoreThanMayWait() async throws {
        let hold = ThreadHold()
        let maker = PortraitMaker { file in
            hold.hold()
            return file
        }

        let results = await withTaskGroup { group in
            for number in 0...PortraitMaker.maximumWaiting {
                group.addTask {
                    await Swift.Result {
                        try await maker.portrait(from: [UInt8(number)], for: .numbered(number))
                    }
                }
            }
            // Only one that is refused can come back while the thread is held up.
            let first = await group.next()
            hold.release(Self.plenty)
            var others: [Swift.Result<[UInt8], any Error>] = []
            for await result in group { others.append(result) }
            return (first: first, others: others)
        }

        #expect(throws: PictureError.busy) { try #require(results.first).get() }
        #expect(results.others.count == PortraitMaker.maximumWaiting)
        for result in results.others { #expect(throws: Never.self) { try result.get() } }
        _ = try await maker.portrait(from: [])
        try await maker.close()
    }

    /// Runs a maker that is held up by the first picture of an address, whose others wait.
    private func run(
        waiting count: Int,
        _ body: (PortraitMaker, ThreadHold, [Task<[UInt8], any Error>]) async throws -> Void
    ) async throws -> [UInt8] {
        let hold = ThreadHold()
        let made = Mutex<[UInt8]>([])
        let maker = PortraitMaker { file in
            hold.hold()
            made.withLock { $0 += file }
            return file
        }
        var tasks: [Task<[UInt8], any Error>] = []
        do {
            defer { hold.release(Self.plenty) }
            for number in 0...count {
                tasks.append(
                    Task { try await maker.portrait(from: [UInt8(number)], for: .numbered(1)) })
                if number == 0 { try await hold.arrived() }
                try await waitUntil("\(number) that wait") { maker.waitingCount == number }
            }
            try await body(maker, hold, tasks)
        }
        for task in tasks { _ = await task.result }
        try await maker.close()
        return made.withLock { $0 }
    }

    @Test func oneAddressTakesAPartOfThePlaces() async throws {
        _ = try await run(waiting: PortraitMaker.maximumWaitingForClient) { maker, _, _ in
            await #expect(throws: PictureError.busy) {
                try await maker.portrait(from: [9], for: .numbered(1))
            }
        }
    }

    @Test func anAddressWaitsForOnePictureOfAnotherAtMost() async throws {
        let other = Mutex<Task<[UInt8], any Error>?>(nil)
        let made = try await run(waiting: 2) { maker, _, _ in
            let task = Task { try await maker.portrait(from: [9], for: .numbered(2)) }
            other.withLock { $0 = task }
            try await waitUntil("three that wait") { maker.waitingCount == 3 }
        }
        _ = try await other.withLock { $0 }?.value
        #expect(made == [0, 1, 9, 2])
    }

    @Test func whoHasTheMostGivesWay() async throws {
        let others = Mutex<[Task<[UInt8], any Error>]>([])
        let most = PortraitMaker.maximumWaitingForClient
        _ = try await run(waiting: most) { maker, _, tasks in
            for number in most..<PortraitMaker.maximumWaiting {
                let task = Task { try await maker.portrait(from: [9], for: .numbered(number)) }
                others.withLock { $0.append(task) }
                let waiting = min(number + 1, PortraitMaker.maximumWaiting - 1)
                try await waitUntil("\(waiting) that wait") { maker.waitingCount == waiting }
            }
            await #expect(throws: PictureError.busy) { try await tasks.last?.value }
        }
        for task in others.withLock({ $0 }) { #expect(try await task.value == [9]) }
    }

    @Test func givesUpWhatWaitsWhenItIsCancelled() async throws {
        let hold = ThreadHold()
        let made = Mutex<[[UInt8]]>([])
        let maker = PortraitMaker { file in
            hold.hold()
            made.withLock { $0.append(file) }
            return file
        }

        async let first = maker.portrait(from: [1])
        // Before the first is waited for, also where the wait fails.
        defer { hold.release(Self.plenty) }
        try await hold.arrived()
        let second = Task { try await maker.portrait(from: [2]) }
        second.cancel()
        hold.release(Self.plenty)

        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(try await first == [1])
        #expect(made.withLock { $0 } == [[1]])
        try await maker.close()
    }

    @Test func givesUpWhatWasCancelledBefore() async throws {
        let made = Mutex(0)
        let maker = PortraitMaker { file in
            made.withLock { $0 += 1 }
            return file
        }
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await maker.portrait(from: [1])
        }

        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(made.withLock { $0 } == 0)
        try await maker.close()
    }

    @Test func refusesAfterItsEnd() async throws {
        let maker = PortraitMaker { $0 }
        try await maker.close()

        await #expect(throws: PictureError.busy) { try await maker.portrait(from: [1]) }
    }
}

extension Swift.Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
