import ChildProcesses
import Foundation
import Subprocess
import SystemPackage

/// wrk (https://github.com/wg/wrk), which asks for paths without a pause over a number of connections.
struct LoadGenerator: Sendable {
    /// What one run did.
    struct Result: Equatable, Sendable {
        var requests: Int
        var seconds: Double
        /// Of heads and bodies.
        var bytes: Int
        /// In microseconds.
        var median: Double
        var p99: Double
    }

    /// Longest time of a request, in seconds: a busy server may let one wait for longer than a turn.
    private static let timeout = 60
    /// What it may take beyond the time that it was given.
    private static let patience = Duration.seconds(60)

    /// A folder for the script and the paths.
    let folder: URL
    private let script: URL

    init(folder: URL) throws {
        self.folder = folder
        script = folder.appending(path: "paths.lua")
        try Data(PackageResources.paths_lua).write(to: script)
    }

    /// Whether wrk is there to be used.
    static func isInstalled() async -> Bool {
        do {
            _ = try await runChild(.name("wrk"), arguments: ["-v"], limit: .seconds(60))
            return true
        } catch is ChildFailure {
            // It tells its version and ends with 1.
            return true
        } catch {
            return false
        }
    }

    /// Asks for random ones of the paths.
    ///
    /// - Parameter load: what is asked for; as many threads as connections, two at the most.
    /// - Throws: ``BenchmarkFailure`` when any answer was not a 2xx, and at any error or timeout of a connection: a
    ///   request that failed must not count as a fast one.
    func run(_ load: Load) async throws -> Result {
        let paths = folder.appending(path: "paths-\(UUID().uuidString).txt")
        try Data(load.paths.joined(separator: "\n").utf8).write(to: paths)
        defer { try? FileManager.default.removeItem(at: paths) }  // In a folder that goes with the run.
        let threads = min(2, load.connections)
        let seconds = Int(load.seconds.rounded())
        let output = try await runChild(
            .name("wrk"),
            arguments: [
                "--threads", "\(threads)", "--connections", "\(load.connections)", "--duration",
                "\(seconds)s",
                "--timeout", "\(Self.timeout)s", "--latency", "--script", script.path,
                "http://127.0.0.1:\(load.port)", "--", paths.path, "\(load.seed)",
            ], limit: .seconds(load.seconds) + Self.patience)
        return try Self.parse(output)
    }

    struct Load: Sendable {
        var port: Int
        var paths: [String]
        var connections: Int
        /// At least 1; fractions are rounded.
        var seconds: Double
        var seed: UInt64
    }

    /// Reads the line that the script prints at the end.
    static func parse(_ output: String) throws -> Result {
        struct Line: Decodable {
            var requests: Int
            var us: Double
            var bytes: Int
            var connect: Int
            var read: Int
            var write: Int
            var status: Int
            var timeout: Int
            var p50: Double
            var p99: Double
        }
        guard let text = output.split(separator: "\n").first(where: { $0.hasPrefix("RESULT ") }) else {
            throw BenchmarkFailure("wrk ended without a result: \(output)")
        }
        let line = try JSONDecoder().decode(Line.self, from: Data(text.dropFirst("RESULT ".count).utf8))
        guard line.connect + line.read + line.write + line.status + line.timeout == 0 else {
            throw BenchmarkFailure(
                "of \(line.requests) requests \(line.status) were answered with an error and \(line.timeout) not "
                    + "in time; connections failed \(line.connect + line.read + line.write) times")
        }
        guard line.requests > 0, line.us > 0 else { throw BenchmarkFailure("not one request was answered") }
        return Result(
            requests: line.requests, seconds: line.us / 1_000_000, bytes: line.bytes, median: line.p50,
            p99: line.p99)
    }
}
