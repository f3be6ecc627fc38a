import Foundation
import Synchronization
import TestSupport
import Testing

@testable import FeedStore

/// Event loops read with it: nothing of it waits there.
@Suite struct ReaderPoolTests {
    private static let query = PageQuery(collection: .posts, order: .newest, start: .first, pageSize: 10)

    /// However many read at once, none opens a connection where it reads.
    @Test func noReaderIsOpenedWhereABoundedReadRuns() async throws {
        let fixture = try StoreFixture(dates: [1])
        let opened = Mutex<[UInt]>([])
        let path = fixture.store.path
        let pool = try ReaderPool(deadline: Patience.standard) {
            opened.withLock { $0.append(Self.thread) }
            return try Reader(path: path)
        }
        opened.withLock { $0.removeAll() }
        let depth = 20
        let (thread, done) = try await onThread("reads within reads") {
            func read(_ depth: Int) throws -> Int {
                guard depth > 0 else { return 0 }
                return try pool.immediate { _, _ in try read(depth - 1) + 1 } ?? 0
            }
            return (Self.thread, try read(depth))
        }
        // The first one is there from the beginning; those behind it are, or are handed on.
        #expect(1...depth ~= done)
        // What is handed on finds a reader, or opens it where it may wait.
        #expect(
            try await pool.waiting(isBounded: true) { reader, db in try reader.count(db, .posts, limit: nil) }
                == 1)
        try await pool.close()
        let threads = opened.withLock(\.self)
        #expect(!threads.contains(thread))
    }

    /// The next one that reads at the same time finds a reader.
    @Test func oneReaderMoreThanIsNeededIsKept() async throws {
        let fixture = try StoreFixture(dates: [1])
        let pool = fixture.store.readers
        _ = try pool.immediate { _, _ in }
        try await waitUntil("a reader more", last: { "\(pool.idleCount)" }) { pool.idleCount == 2 }
        let both = try pool.immediate { _, _ in try pool.immediate { _, _ in true } }
        #expect(both == true)
        try await waitUntil("a reader more", last: { "\(pool.idleCount)" }) { pool.idleCount == 3 }
        _ = try pool.immediate { _, _ in }
        #expect(pool.idleCount == 3, "no more than that")
    }

    /// The writer ends the snapshots of idle readers; while one of these hangs, the others are read with.
    @Test func endingSnapshotsHoldsUpNobodyElse() async throws {
        // given: one reader with a snapshot, which hangs, and one without
        let fixture = try StoreFixture(dates: [1, 2])
        let readers = Mutex<[Reader]>([])
        let path = fixture.store.path
        let pool = try ReaderPool(deadline: Patience.standard) {
            let reader = try Reader(path: path)
            readers.withLock { $0.append(reader) }
            return reader
        }
        let read: @Sendable () throws -> Int? = {
            try pool.immediate { reader, db in
                var rows = RowCollector()
                return try reader.page(db, Self.query, visitor: &rows).count
            }
        }
        #expect(try read() == 2)
        try await waitUntil("a second reader", last: { "\(pool.idleCount)" }) { pool.idleCount == 2 }
        let opened = readers.withLock(\.self)
        let first = try #require(opened.first)
        let hold = ThreadHold()
        async let hanging: Void = onThread("a reader that hangs") {
            first.withConnection { _ in hold.hold() }
        }
        try await hold.arrived()
        // when
        async let renewed: Void = onThread("the end of the snapshots") { pool.renewSnapshots() }
        try await waitUntil("a reader that is waited for", last: { "\(pool.idleCount)" }) {
            pool.idleCount == 1
        }
        let rows = try await onThread("a page") { try read() }
        // then
        #expect(rows == 2)
        hold.release()
        try await hanging
        try await renewed
        try await pool.close()
    }

    // MARK: Closed against cancelled

    @Test func aReadThatAClosedPoolHasRefusedSaysSoAlsoWhereItIsCancelledLater() async throws {
        // given: a read that waits for a thread, in a task that goes on when the test says so
        let fixture = try StoreFixture(dates: [1])
        let pool = fixture.store.readers
        let hold = ThreadHold()
        let holding = (0..<ReaderPool.slowThreads).map { _ in
            Task { try await pool.waiting { _, _ in hold.hold() } }
        }
        try await hold.arrived(ReaderPool.slowThreads)
        let executor = SteppedExecutor()
        let reading = Task(executorPreference: executor) {
            try await pool.waiting { reader, db in try reader.count(db, .posts, limit: nil) }
        }
        try await executor.step()
        // when: it is refused first, and cancelled before it can tell
        let closing = Task { try await pool.close() }
        try await executor.waitForStep()
        reading.cancel()
        hold.release(ReaderPool.slowThreads)
        let stepping = Task { while !Task.isCancelled { try await executor.step() } }
        let outcome = await reading.result
        stepping.cancel()
        // then
        #expect(throws: StoreError.self) { try outcome.get() }
        for read in holding { _ = await read.result }
        try await closing.value
    }

    @Test func aReadThatIsCancelledBeforeItHasAThreadSaysSo() async throws {
        // given
        let fixture = try StoreFixture(dates: [1])
        let pool = fixture.store.readers
        let hold = ThreadHold()
        let holding = (0..<ReaderPool.slowThreads).map { _ in
            Task { try await pool.waiting { _, _ in hold.hold() } }
        }
        try await hold.arrived(ReaderPool.slowThreads)
        let reading = Task {
            try await pool.waiting { reader, db in try reader.count(db, .posts, limit: nil) }
        }
        // when
        reading.cancel()
        hold.release(ReaderPool.slowThreads)
        let outcome = await reading.result
        // then
        #expect(throws: CancellationError.self) { try outcome.get() }
        for read in holding { _ = await read.result }
    }

    private static var thread: UInt { UInt(pthread_self()) }
}

/// Runs what a task does when it is told to.
private final class SteppedExecutor: TaskExecutor {
    private let jobs = Watched<[UnownedJob]>([]) { "\($0.count) jobs" }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.update { $0.append(job) }
    }

    func waitForStep() async throws {
        try await jobs.wait(for: "a task that can go on") { !$0.isEmpty }
    }

    func step() async throws {
        let job = try await jobs.take("a task that can go on") { $0.isEmpty ? nil : $0.removeFirst() }
        job.runSynchronously(on: asUnownedTaskExecutor())
    }
}
