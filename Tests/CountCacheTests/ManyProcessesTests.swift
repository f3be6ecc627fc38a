import Foundation
import TestSupport
import Testing

@testable import CountCache

/// Eight processes that share a Redis count as one does. Order, numbers and states are what is asked for here; how
/// much time lies between two counts is asked of the simulation, on its own clock.
@Suite(.serialized) struct ManyProcessesTests {
    private static let processCount = 8

    /// Starts the workers and waits until each has Redis in use.
    ///
    /// - Parameter change: makes the task of the worker with that number.
    private func start(
        _ task: CountWorkerTask, change: (Int, inout CountWorkerTask) -> Void = { _, _ in }
    ) async throws -> [CountWorkerProcess] {
        var workers: [CountWorkerProcess] = []
        for number in 0..<Self.processCount {
            var task = task
            change(number, &task)
            workers.append(try await .start(task))
        }
        for worker in workers { try await worker.wait(for: "state ok") }
        return workers
    }

    private func reports(_ workers: [CountWorkerProcess]) async throws -> [CountWorkerTask.Report] {
        var reports: [CountWorkerTask.Report] = []
        for worker in workers { reports.append(try await worker.report()) }
        return reports
    }

    private func countNumber(_ workers: [CountWorkerProcess]) -> Int {
        workers.reduce(0) { $0 + $1.countNumber }
    }

    /// Whether each count begins when the one before it has ended.
    private func areOneAtATime(_ counts: [(time: Double, isBeginning: Bool)]) -> Bool {
        let sorted = counts.enumerated().sorted {
            ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
        }
        return sorted.enumerated().allSatisfy {
            $0 % 2 == 0 ? $1.element.isBeginning : !$1.element.isBeginning
        }
    }

    /// 8 × 200 callers of a key that nobody knows.
    @Test func coldKeyIsCountedOnce() async throws {
        var task = CountWorkerTask(redis: try await RedisDatabase.shared().url)
        task.countTime = 300
        // However long it takes them all to begin.
        task.softTimeToLive = 3_600_000
        task.timeToLive = 7_200_000
        let workers = try await start(task)
        for worker in workers { try await worker.go() }
        let reports = try await reports(workers)
        #expect(countNumber(workers) == 1)
        #expect(reports.reduce(0) { $0 + $1.answered } == Self.processCount * task.callers)
        #expect(reports.allSatisfy { $0.failed == 0 && $0.none == 0 })
        // One process counted, and the others found it in Redis.
        #expect(reports.count { $0.store > 0 } == 1)
        #expect(reports.count { $0.redis > 0 } == Self.processCount - 1)
    }

    /// A key that is asked for all the time is counted again and again, by one process at a time.
    @Test func hotKeyIsCountedByOneAtATime() async throws {
        _ = try await hotKey { _, _ in }
    }

    /// The same with hosts whose clocks are an hour apart: only Redis's clock is used between them.
    @Test func hostClocksDoNotMatter() async throws {
        let reports = try await hotKey { number, task in
            task.clockOffset = number * 3_600_000 / (Self.processCount - 1)
        }
        let times = reports.map(\.clock).sorted()
        #expect(times[times.count - 1] - times[0] > 3_500_000)
    }

    private func hotKey(
        change: (Int, inout CountWorkerTask) -> Void
    ) async throws -> [CountWorkerTask.Report] {
        var task = CountWorkerTask(redis: try await RedisDatabase.shared().url)
        task.callers = 20
        task.softTimeToLive = 100
        task.timeToLive = 200
        task.countTime = 20
        // Longer than any hold-up: a lease that runs out lets another process count.
        task.loadTimeLimit = 600_000
        task.repeats = true
        let workers = try await start(task, change: change)
        for worker in workers { try await worker.go() }
        try await waitUntil("ten counts", last: { "\(countNumber(workers)) counts" }) {
            countNumber(workers) >= 10
        }
        for worker in workers { try await worker.stop() }
        let reports = try await reports(workers)
        #expect(areOneAtATime(workers.flatMap(\.counts)))
        #expect(reports.allSatisfy { $0.failed == 0 && $0.none == 0 && $0.answered > task.callers })
        // What is not marked stale is younger than that by the process's own clock, whatever clock that is.
        #expect(reports.allSatisfy { $0.oldest < Double(task.timeToLive) })
        #expect(reports.contains { $0.redis > 0 })
        return reports
    }

    /// Redis is killed while everybody asks, and comes back empty: no call fails, each process counts for itself
    /// meanwhile, and uses Redis again.
    @Test func killedRedisFailsNothing() async throws {
        let server = try await RedisServer.start()
        var task = CountWorkerTask(redis: server.url)
        task.callers = 50
        task.softTimeToLive = 200
        task.timeToLive = 300
        task.countTime = 20
        task.repeats = true
        let workers = try await start(task)
        for worker in workers { try await worker.go() }
        try await waitUntil("the first count") { countNumber(workers) > 0 }
        try await server.kill()
        for worker in workers { try await worker.wait(for: "state away") }
        for worker in workers { try await worker.wait(for: "began", count: 2) }
        try await server.restart()
        for worker in workers { try await worker.wait(for: "state ok", count: 2) }
        for worker in workers { try await worker.stop() }
        for worker in workers {
            let report = try await worker.report()
            #expect(report.failed == 0 && report.none == 0)
            // With Redis or without: in a process, one count of a key at a time.
            #expect(areOneAtATime(worker.counts))
        }
    }

    /// Redis accepts and never answers: each process waits for it once.
    @Test func frozenRedisIsWaitedForOnce() async throws {
        let server = try await RedisServer.start()
        var task = CountWorkerTask(redis: server.url)
        task.callers = 20
        task.softTimeToLive = 200
        task.timeToLive = 300
        task.commandTimeout = 2_000
        task.countTime = 5
        task.repeats = true
        let workers = try await start(task)
        for worker in workers { try await worker.go() }
        try await waitUntil("the first count") { countNumber(workers) > 0 }
        server.freeze()
        for worker in workers { try await worker.wait(for: "state away") }
        for worker in workers { try await worker.wait(for: "began", count: 3) }
        server.thaw()
        for worker in workers { try await worker.wait(for: "state ok", count: 2) }
        for worker in workers { try await worker.stop() }
        for worker in workers {
            let report = try await worker.report()
            #expect(report.failed == 0 && report.none == 0)
            // By a call or by a greeting, once for each connection.
            #expect((1...report.connects).contains(report.timeouts))
        }
    }

    /// The process that holds the lease is killed in its count: while the lease stands nobody counts, and when it
    /// ends the others take one more between them.
    @Test func killedHolderCostsOneMoreCount() async throws {
        let server = try await RedisServer.start()
        let leaseKey = try CountKey(collection: "posts").redisLeaseKey
        var task = CountWorkerTask(redis: server.url)
        task.callers = 1
        task.softTimeToLive = 3_600_000
        task.timeToLive = 7_200_000
        task.countTime = 3_600_000
        task.loadTimeLimit = 3_600_000
        let holder = try await CountWorkerProcess.start(task)
        try await holder.wait(for: "state ok")
        task.callers = 50
        task.countTime = 50
        let workers = try await start(task)
        try await holder.go()
        try await holder.wait(for: "began")
        let lease = try await server.database.command("get", leaseKey)
        try await holder.kill()
        // when all the others have asked, and ask again and again
        for worker in workers { try await worker.go() }
        try await server.database.wait(for: "client", "list") { list in
            list.split(separator: "\n").count { $0.contains(" cmd=eval") } >= Self.processCount
        }
        // then: the lease is the dead one's, after nobody had counted
        let before = countNumber(workers)
        #expect(try await server.database.command("get", leaseKey) == lease)
        #expect(before == 0)
        // when it is over
        #expect(try await server.database.command("pexpire", leaseKey, "1") == "1")
        let reports = try await reports(workers)
        #expect(holder.countNumber == 1)
        #expect(countNumber(workers) == 1)
        #expect(reports.allSatisfy { $0.answered == task.callers })
    }
}
