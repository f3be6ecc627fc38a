import CountCache
import Foundation
import Logging
import Metrics
import Synchronization
import TestSupport

/// A process that asks a count cache, as many do at once. It reads a ``CountWorkerTask``, a line of JSON, and prints
/// a line for each thing that happens: `state ok` when Redis is in use and `state away` when it is not,
/// `began` and `ended` with the system's monotonic time in milliseconds for each count, `done` with a report. Its
/// callers begin when it reads `go`, and those that repeat end when it reads `stop`.
@main
struct CountWorker {
    static func main() async throws {
        let input = InputLines()
        let task = try JSONDecoder().decode(
            CountWorkerTask.self, from: Data(try await input.next("a task").utf8))
        let counters = Counters()
        let memoryBefore = try memory("VmRSS")
        let offset = Int64(task.clockOffset) * 1_000_000
        let clock = MonotonicClock { MonotonicClock.system.now() + offset }
        let cache = try CountCache(
            configuration: configuration(task),
            logger: Logger(label: "count-worker") { _ in SwiftLogNoOpLogHandler() },
            metricsFactory: counters, clock: clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await cache.run() }
            group.addTask { await watch(cache) }
            _ = try await input.next("go")
            var report = await report(of: task, cache, until: input)
            report.memoryGrowth = try memory("VmHWM") - memoryBefore
            report.timeouts = counters.count(of: .timeout)
            report.protocolErrors = counters.count(of: .protocol)
            report.connects = counters.connects
            report.clock = Double(clock.now()) / 1e6
            let text = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
            say("done \(text)")
            group.cancelAll()
        }
    }

    private static func configuration(_ task: CountWorkerTask) throws -> CountCacheConfiguration {
        var redis = RedisConfiguration(address: try RedisAddress(task.redis))
        redis.commandTimeout = .milliseconds(task.commandTimeout)
        redis.connectTimeout = .seconds(60)
        var configuration = CountCacheConfiguration(redis: redis)
        configuration.softTimeToLive = .milliseconds(task.softTimeToLive)
        configuration.timeToLive = .milliseconds(task.timeToLive)
        configuration.wait = .milliseconds(task.wait)
        configuration.loadTimeLimit = .milliseconds(task.loadTimeLimit)
        // What is tested here is the time to live.
        configuration.share = 1
        return configuration
    }

    /// Tells of Redis's going and coming.
    private static func watch(_ cache: CountCache) async {
        var last = ""
        while !Task.isCancelled {
            let state = cache.redisState.rawValue
            if state != last { say("state \(state)") }
            last = state
            // Ends the loop at once when cancelled, which is all that it can fail with.
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private static func report(
        of task: CountWorkerTask, _ cache: CountCache, until input: InputLines
    ) async -> CountWorkerTask.Report {
        await withTaskGroup(of: CountWorkerTask.Report.self) { group in
            for _ in 0..<task.callers { group.addTask { await ask(task, cache, until: input) } }
            return await group.reduce(into: CountWorkerTask.Report()) { sum, part in
                sum.memory += part.memory
                sum.redis += part.redis
                sum.store += part.store
                sum.stale += part.stale
                sum.none += part.none
                sum.failed += part.failed
                sum.oldest = max(sum.oldest, part.oldest)
            }
        }
    }

    private static func ask(
        _ task: CountWorkerTask, _ cache: CountCache, until input: InputLines
    ) async -> CountWorkerTask.Report {
        var report = CountWorkerTask.Report()
        repeat {
            do {
                let key = try CountKey(collection: task.key)
                let count = try await cache.count(for: key) { _ in
                    say("began \(milliseconds())")
                    // Also where it is cancelled, by the worker's end: then another may count.
                    defer { say("ended \(milliseconds())") }
                    try await Task.sleep(for: .milliseconds(task.countTime))
                    return 42
                }
                note(count, in: &report)
            } catch {
                report.failed += 1
            }
            if task.repeats {
                // Nothing cancels it.
                try? await Task.sleep(for: .milliseconds(task.pause))
            }
        } while task.repeats && !input.isToStop
        return report
    }

    /// A figure of proc(5) `status`, in bytes.
    private static func memory(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
        let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        guard let kilobytes else { throw CocoaError(.fileReadCorruptFile) }
        return kilobytes * 1_024
    }

    private static func note(_ count: Count?, in report: inout CountWorkerTask.Report) {
        guard let count else {
            report.none += 1
            return
        }
        switch count.source {
        case .memory: report.memory += 1
        case .redis: report.redis += 1
        case .store: report.store += 1
        case .stale: report.stale += 1
        }
        if count.source == .memory || count.source == .redis {
            report.oldest = max(report.oldest, count.age / .milliseconds(1))
        }
        if count.value != 42 { report.failed += 1 }
    }

    /// The same for all processes of a machine.
    private static func milliseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }

    /// One write call for each line: a line is there whole or not at all.
    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
}

/// The lines of standard input, read by a thread of their own.
private final class InputLines: Sendable {
    private let lines = Watched<[String]>([])
    private let next = Mutex(0)

    init() {
        Thread.detachNewThread { [lines] in
            while let line = readLine() { lines.update { $0.append(line) } }
        }
    }

    func next(_ what: String) async throws -> String {
        let number = next.withLock { next in
            next += 1
            return next
        }
        // The test that started the worker has its own patience, and kills it.
        return try await lines.wait(for: what, patience: .seconds(3_600)) { $0.count >= number }[number - 1]
    }

    var isToStop: Bool { lines.value.last == "stop" }
}

/// Counts troubles and connections, and nothing else.
private final class Counters: MetricsFactory {
    private final class Handler: CounterHandler {
        let value = Atomic(0)
        func increment(by amount: Int64) { value.wrappingAdd(Int(amount), ordering: .relaxed) }
        func reset() {}
    }

    private let troubleHandlers = Dictionary(
        uniqueKeysWithValues: CountCacheTrouble.allCases.map { ($0.rawValue, Handler()) })
    private let connectHandler = Handler()

    func count(of trouble: CountCacheTrouble) -> Int {
        troubleHandlers[trouble.rawValue]?.value.load(ordering: .relaxed) ?? 0
    }
    var connects: Int { connectHandler.value.load(ordering: .relaxed) }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        if let kind = dimensions.first(where: { $0.0 == "kind" })?.1, let handler = troubleHandlers[kind] {
            return handler
        }
        return label == "count_cache_redis_connects_total" ? connectHandler : NOOPMetricsHandler.instance
    }
    func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler { NOOPMetricsHandler.instance }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        NOOPMetricsHandler.instance
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
