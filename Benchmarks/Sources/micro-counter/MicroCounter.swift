import CMicroCounter
import Dispatch
import Foundation
import MicroMeasurement
import MicroOperations
import SystemPackage

/// Counts the blocks of memory that each operation allocates, and writes them to standard output as JSON.
///
/// Between two marks callgrind counts the instructions, when this runs under it: there is a mark before an
/// operation's first round, and one behind each. Rounds come in pairs, a short one and a long one. What a round does
/// besides its steps is in both, so that their difference is that of the steps alone; and what other threads do
/// meanwhile can only add to a round, so that the least of several is the true one.
///
/// `micro-counter --write-thresholds Thresholds/micro.json` runs itself in both ways, and writes what is then
/// allowed.
@main
struct MicroCounter {
    /// Steps of a short round; a long one has twice as many.
    private static let steps = 100

    /// Pairs of rounds.
    private static let pairs = 3

    /// So many steps fill the caches, and prepare the statements.
    private static let stepsBefore = 20

    /// Not `async`: what Swift makes of that parks the main thread in a way that makes valgrind crash.
    static func main() {
        // Detached, because the main thread waits.
        Task.detached {
            do {
                try await run(Array(CommandLine.arguments.dropFirst()))
                exit(EXIT_SUCCESS)
            } catch {
                FileHandle.standardError.write(Data("\(error)\n".utf8))
                exit(EXIT_FAILURE)
            }
        }
        DispatchSemaphore(value: 0).wait()
    }

    private static func run(_ arguments: [String]) async throws {
        switch arguments.count {
        case 0:
            try await countAll()
        case 2 where arguments[0] == "--write-thresholds":
            try await writeThresholds(to: arguments[1])
        default:
            throw UsageError()
        }
    }

    private static func countAll() async throws {
        var counts = Counts(steps: steps, pairs: pairs, operations: [], timedOnly: [])
        for operation in MicroOperation.all {
            let folder = FileManager.default.temporaryDirectory.appending(path: "micro-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer {
                // A folder that is left in a place for what is temporary hides no result.
                try? FileManager.default.removeItem(at: folder)
            }
            counts.operations.append(try await count(operation, folder: folder.path))
        }
        counts.timedOnly = TimedOperation.all.map { operation in
            .init(
                name: operation.name, whyNotCounted: operation.whyNotCounted, needsRedis: operation.needsRedis
            )
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try FileHandle.standardOutput.write(contentsOf: encoder.encode(counts) + Data("\n".utf8))
    }

    private static func count(_ operation: MicroOperation, folder: String) async throws -> Counts.Operation {
        let prepared = try await operation.prepare(folder: folder)
        var sum = try await prepared.repeated(stepsBefore)
        var allocations: [[Int]] = [[], []]
        micro_counter_stop_clocks(true)
        micro_counter_mark()
        for _ in 0..<pairs {
            for length in [1, 2] {
                let start = micro_counter_allocations()
                sum += try await prepared.repeated(length * steps)
                let end = micro_counter_allocations()
                micro_counter_mark()
                allocations[length - 1].append(Int(end - start))
            }
        }
        micro_counter_stop_clocks(false)
        precondition(sum != 0, "nothing was done")
        try await prepared.close()
        return Counts.Operation(
            name: operation.name,
            allocations: micro_counter_counts_allocations() ? allocations.compactMap { $0.min() } : nil)
    }

    private static func writeThresholds(to file: String) async throws {
        let executable = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
        let folder = FilePath(executable.resolvingSymlinksInPath().deletingLastPathComponent().path)
        let thresholds = try await measureMicroThresholds(executables: folder) { step in
            FileHandle.standardError.write(Data("\(step)\n".utf8))
        }
        try thresholds.json.write(to: URL(fileURLWithPath: file), options: .atomic)
    }
}

/// What is written.
private struct Counts: Encodable {
    struct Operation: Encodable {
        var name: String
        /// Of the short and of the long round; `nil` where this build can't count them.
        var allocations: [Int]?
    }

    struct TimedOnly: Encodable {
        var name: String
        var whyNotCounted: String
        var needsRedis: Bool
    }

    var steps: Int
    var pairs: Int
    var operations: [Operation]
    var timedOnly: [TimedOnly]
}

private struct UsageError: Error, CustomStringConvertible {
    let description = "usage: micro-counter [--write-thresholds <file>]"
}
