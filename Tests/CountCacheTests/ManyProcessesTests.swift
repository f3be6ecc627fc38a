import Foundation
import TestSupport
import Testing

@testable import CountCache

/// Eight processes that share a Redis count as one does.
@Suite(.timeLimit(.minutes(10)), .serialized) struct ManyProcessesTests {
    private static let processCount = 8

    /// Starts the workers and waits until each has Redis in use.
    private func start(
        _ task: CountWorkerTask, environment: (Int) -> [String: String] = { _ in [:] }
    ) async throws -> [CountWorkerProcess] {
        let workers = try (0..<Self.processCount).map { number in
            try CountWorkerProcess(task, environment: environment(number))
        }
        for worker in workers { await worker.wait(for: "state ok") }
        return workers
    }

    private func run(_ workers: [CountWorkerProcess]) async throws -> [CountWorkerTask.Report] {
        for worker in workers { try worker.go() }
        var reports: [CountWorkerTask.Report] = []
        for worker in workers { reports.append(try await worker.report()) }
        return reports
    }

    private func counts(_ workers: [CountWorkerProcess]) -> Int {
        workers.reduce(0) { $0 + $1.counts.count }
    }

    /// 8 × 200 callers of a key that nobody knows.
    @Test func coldKeyIsCountedOnce() async throws {
        let server = try await RedisServer.start()
        var task = CountWorkerTask(redis: server.url)
        task.countTime = 300
        let workers = try await start(task)
        let reports = try await run(workers)
        #expect(counts(workers) == 1)
        #expect(reports.reduce(0) { $0 + $1.answered } == Self.processCount * task.callers)
        #expect(reports.allSatisfy { $0.failed == 0 && $0.none == 0 })
        // One process counted, and the others found it in Redis.
        #expect(reports.count { $0.store > 0 } == 1)
        #expect(reports.count { $0.redis > 0 } == Self.processCount - 1)
    }

    /// A key that is asked for all the time, for ten times to live.
    @Test func hotKeyIsCountedOnceInASoftTimeToLive() async throws {
        _ = try await hotKey { _ in [:] }
    }

    /// The same with hosts whose clocks are an hour apart: only Redis's clock is used between them.
    @Test func hostClocksDoNotMatter() async throws {
        let library = "/usr/lib/\(Self.architecture)-linux-gnu/faketime/libfaketimeMT.so.1"
        #expect(FileManager.default.fileExists(atPath: library), "the package faketime is missing")
        let reports = try await hotKey { number in
            [
                "LD_PRELOAD": library, "FAKETIME": "+\(number * 3_600 / (Self.processCount - 1))s",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            ]
        }
        let times = reports.map(\.hostTime).sorted()
        #expect(times[times.count - 1] - times[0] > 3_500)
    }

    private static let architecture: String = {
        #if arch(x86_64)
            "x86_64"
        #else
            "aarch64"
        #endif
    }()

    private func hotKey(
        environment: (Int) -> [String: String]
    ) async throws -> [CountWorkerTask.Report] {
        let server = try await RedisServer.start()
        var task = CountWorkerTask(redis: server.url)
        task.callers = 20
        task.softTimeToLive = 200
        task.timeToLive = 300
        task.countTime = 20
        task.duration = 3_000
        let workers = try await start(task, environment: environment)
        let began = ContinuousClock.now
        let reports = try await run(workers)
        let elapsed = (ContinuousClock.now - began) / .milliseconds(1)
        let softTimesToLive = elapsed / Double(task.softTimeToLive)
        #expect(Double(counts(workers)) <= 1 + softTimesToLive)
        // It would be no test if the value had not been refreshed all the time.
        #expect(counts(workers) >= 5)
        #expect(reports.allSatisfy { $0.failed == 0 && $0.none == 0 })
        #expect(reports.allSatisfy { $0.oldest < Double(task.timeToLive) })
        return reports
    }

    /// Redis is killed while everybody asks, and comes back empty.
    @Test func killedRedisCostsOneCountForEachProcess() async throws {
        let server = try await RedisServer.start()
        var task = CountWorkerTask(redis: server.url)
        task.callers = 50
        task.softTimeToLive = 400
        task.timeToLive = 600
        task.countTime = 20
        task.duration = 6_000
        let workers = try await start(task)
        let began = ContinuousClock.now
        for worker in workers { try worker.go() }
        server.kill()
        for worker in workers { await worker.wait(for: "state away") }
        for worker in workers { await worker.wait(for: "began", count: 2) }
        try await server.restart()
        for worker in workers { await worker.wait(for: "state ok", count: 2) }
        for worker in workers {
            let report = try await worker.report()
            #expect(report.failed == 0 && report.none == 0)
            // With Redis or without: in every process, the soft time to live lies between two counts.
            let elapsed = (ContinuousClock.now - began) / .milliseconds(1)
            #expect(Double(worker.counts.count) <= 1 + elapsed / Double(task.softTimeToLive))
        }
    }

    /// Redis accepts and never answers: each process waits for it once.
    @Test func frozenRedisIsWaitedForOnce() async throws {
        let server = try await RedisServer.start()
        var task = CountWorkerTask(redis: server.url)
        task.callers = 20
        task.softTimeToLive = 300
        task.timeToLive = 400
        task.commandTimeout = 150
        task.countTime = 5
        task.duration = 5_000
        let workers = try await start(task)
        for worker in workers { try worker.go() }
        // Whoever counted first.
        await withTaskGroup(of: Void.self) { group in
            for worker in workers { group.addTask { await worker.wait(for: "began") } }
            await group.next()
            server.freeze()
            for worker in workers { await worker.wait(for: "state away") }
        }
        for worker in workers { await worker.wait(for: "began", count: 3) }
        server.thaw()
        for worker in workers { await worker.wait(for: "state ok", count: 2) }
        for worker in workers {
            let report = try await worker.report()
            #expect(report.failed == 0 && report.none == 0)
            // By a call or by a greeting, once for each connection.
            #expect((1...report.connects).contains(report.timeouts))
        }
    }

    /// The process that holds the lease is killed in its count: the others take one more between them.
    @Test func killedHolderCostsOneMoreCount() async throws {
        let server = try await RedisServer.start()
        var task = CountWorkerTask(redis: server.url)
        task.callers = 1
        task.countTime = 60_000
        task.loadTimeLimit = 1_000
        task.commandTimeout = 2_000
        let holder = try CountWorkerProcess(task)
        await holder.wait(for: "state ok")
        task.callers = 50
        task.countTime = 50
        let workers = try await start(task)
        try holder.go()
        await holder.wait(for: "began")
        holder.kill()
        let reports = try await run(workers)
        #expect(holder.counts.count == 1)
        #expect(counts(workers) == 1)
        // Not before the lease has ended: the time limit, a second, and two command timeouts.
        let first = try #require(holder.counts.first)
        let second = try #require(workers.flatMap(\.counts).first)
        let leaseTime = Double(task.loadTimeLimit + 1_000 + 2 * task.commandTimeout)
        // The first was written down a little after its lease had begun.
        #expect(second - first > leaseTime - 1_000)
        #expect(reports.allSatisfy { $0.answered == task.callers })
    }
}
