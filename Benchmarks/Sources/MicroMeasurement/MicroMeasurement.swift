public import BenchmarkReport
import ChildProcesses
import Foundation
import Subprocess
public import SystemPackage

/// Measures single steps of a request's way: their time, their instructions and their allocations.
///
/// Takes about forty seconds, or a quarter of that. Cancelling the task ends whatever is running.
///
/// - Parameters:
///   - executables: the folder with `MicroBenchmarks` and `micro-counter`, built for release.
///   - thresholds: the file with the most that is committed to, see ``MicroThresholds``.
///   - redis: the address of a Redis for the one operation that needs it: `redis://127.0.0.1:6379`.
///   - isQuick: whether a shorter time has to do. Only times become less exact by it.
///   - progress: hears of each thing that is begun.
/// - Throws: `ChildFailure` when an operation fails, ``MicroMeasurementError`` when operations and thresholds don't match.
public func measureMicro(
    executables: FilePath, thresholds: FilePath, redis: String?, isQuick: Bool, progress: (String) -> Void
) async throws -> MicroFigures {
    // Read first: a mistake in it is found at once.
    let thresholds = try MicroThresholds(contentsOf: thresholds)
    let counts = try await countMicro(executables: executables, progress: progress)
    var times: [String: Outcome<Double>] = [:]
    for name in counts.counter.operations.map(\.name) + counts.counter.timedOnly.map(\.name) {
        if redis == nil, counts.counter.timedOnly.contains(where: { $0.name == name && $0.needsRedis }) {
            times[name] = .notMeasured("there is no Redis")
            continue
        }
        progress("\(name): time")
        times[name] = .measured(
            try await medianTime(of: name, executables: executables, redis: redis, isQuick: isQuick))
    }
    return try await MicroFigures(times: times, counts: counts, thresholds: thresholds, at: .current())
}

/// Counts the instructions and allocations of each operation, and allows a little more of the former.
///
/// - Parameter executables: the folder with `micro-counter`, built for release.
/// - Throws: ``MicroMeasurementError/uncounted(_:)`` when something can't be counted here.
public func measureMicroThresholds(
    executables: FilePath, progress: (String) -> Void
) async throws -> MicroThresholds {
    let counts = try await countMicro(executables: executables, progress: progress)
    return try await MicroThresholds(allowing: counts, at: .current())
}

// MARK: Parts

/// What `micro-counter` and callgrind have counted.
struct MicroCounts: Equatable {
    var counter: CounterOutput
    /// Of one step, by the operation's name.
    var instructions: Outcome<[String: Int]>
}

/// How long a child may take at the most beyond what it was told to: far more than it needs, for slow machines.
private let patience = Duration.seconds(120)

/// Seconds that each benchmark is repeated.
private let fullTime = 3.0
private let quickTime = 0.5

/// Gives the same order of Swift's sets and dictionaries, and so the same work, each time.
private let sameHashes: [Environment.Key: String?] = ["SWIFT_DETERMINISTIC_HASHING": "1"]

private func countMicro(executables: FilePath, progress: (String) -> Void) async throws -> MicroCounts {
    let executable = executables.appending("micro-counter")
    progress("counting allocations")
    let output = try await runChild(.path(executable), environment: sameHashes, limit: patience)
    let counter = try CounterOutput(json: output)
    progress("counting instructions")
    return MicroCounts(counter: counter, instructions: try await instructions(executable, counter))
}

/// Valgrind knows fewer processors and machines than Swift does: where it is missing or fails, nothing is wrong
/// with what was to be counted.
private func instructions(
    _ executable: FilePath, _ counter: CounterOutput
) async throws -> Outcome<[String: Int]> {
    let folder = FileManager.default.temporaryDirectory.appending(path: "callgrind-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer {
        // A folder that is left in a place for what is temporary hides no result.
        try? FileManager.default.removeItem(at: folder)
    }
    let file = folder.appending(path: "out")
    do {
        _ = try await runChild(
            .name("valgrind"),
            arguments: [
                "--tool=callgrind", "--dump-before=\(CallgrindOutput.mark)", "--combine-dumps=yes",
                "--dump-line=no", "--callgrind-out-file=\(file.path)", executable.string,
            ], environment: sameHashes, limit: patience)
    } catch let error as SubprocessError where error.code == .executableNotFound {
        return .notMeasured("valgrind is not installed")
    } catch let failure as ChildFailure {
        // What follows the first line is about valgrind's own insides.
        return .notMeasured("valgrind failed: \(failure.reason.prefix { !$0.isNewline })")
    }
    let callgrind = CallgrindOutput(text: try String(contentsOf: file, encoding: .utf8))
    return .measured(try callgrind.instructions(of: counter))
}

/// Each benchmark runs in a process of its own, as the plugin of ordo-one/benchmark runs it. Without that, nothing
/// has to be built again with other settings, nor does a package have to be at hand.
private func medianTime(
    of name: String, executables: FilePath, redis: String?, isQuick: Bool
) async throws -> Double {
    let seconds = isQuick ? quickTime : fullTime
    let output = try await runChild(
        .path(executables.appending("MicroBenchmarks")),
        arguments: ["--quiet", "true", "--filter", NSRegularExpression.escapedPattern(for: name)],
        environment: ["BENCHMARK_SECONDS": "\(seconds)", "BENCHMARK_REDIS": redis],
        limit: .seconds(seconds) + patience)
    return try BenchmarkOutput(text: output).median(of: name)
}
