import ChildProcesses
import Foundation
import Subprocess
import SystemPackage

/// A server that was started for the benchmark, and is stopped when the block that uses it ends.
struct ServerProcess: Sendable {
    let name: String
    let pid: Int32
    let port: Int
    /// All of its processes when it began to serve.
    private let processes: ProcessTree

    /// How to start one.
    struct Command: Sendable {
        var name: String
        var executable: String
        var arguments: [String]
        var environment: [String: String] = [:]
        /// Where its standard output and error go.
        var log: URL
        /// The port it serves, as soon as it does: asked with its log so far, again and again.
        var readyPort: @Sendable (_ log: String) async -> Int?
    }

    /// Longest time until it serves.
    private static let startLimit = Duration.seconds(60)
    /// How often it is looked whether it does.
    private static let startPoll = Duration.milliseconds(20)
    /// Time to stop when it is asked to, before it is killed.
    private static let stopLimit = Duration.seconds(10)

    /// Starts a server, runs `body` with it, and stops it.
    ///
    /// It has a process group of its own: an interrupt from the keyboard reaches the benchmark alone, which then stops
    /// what it started.
    ///
    /// - Throws: what `body` throws, with the end of the server's log where the server has died.
    static func with<Value: Sendable>(
        _ command: Command, body: (ServerProcess) async throws -> Value
    ) async throws -> Value {
        let log = try FileDescriptor.open(
            FilePath(command.log.path), .writeOnly, options: [.create, .truncate],
            permissions: [.ownerReadWrite])
        var options = PlatformOptions()
        options.processGroupID = 0
        let teardown: [TeardownStep] = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: stopLimit)
        ]
        options.teardownSequence = teardown
        let result = try await Subprocess.run(
            .path(FilePath(command.executable)), arguments: Arguments(command.arguments),
            environment: .inherit.updating(
                Dictionary(
                    uniqueKeysWithValues: command.environment.map {
                        (Environment.Key(stringLiteral: $0.key), Optional($0.value))
                    }
                )),
            platformOptions: options, input: .none,
            output: .fileDescriptor(log, closeAfterSpawningProcess: true), error: .combinedWithOutput
        ) { execution in
            let pid = execution.processIdentifier.value
            let outcome: Swift.Result<Value, any Error>
            do {
                let port = try await waitUntilReady(command, pid: pid)
                let server = ServerProcess(
                    name: command.name, pid: pid, port: port, processes: try ProcessTree(root: pid))
                let value = try await body(server)
                try server.checkAlive()
                outcome = .success(value)
            } catch {
                let hasDied = (try? ProcessTree(root: pid)) == nil  // It throws when there is none.
                outcome = .failure(
                    hasDied && !(error is CancellationError) ? died(command, while: error) : error)
            }
            await execution.teardown(using: teardown)
            return outcome
        }
        // A worker may have outlived the process that began it.
        endProcessGroup(result.processIdentifier.value)
        return try result.closureResult.get()
    }

    /// - Throws: when it has ended, or a process of it has, also where another one has taken its place.
    func checkAlive() throws {
        do {
            _ = try ProcessTree(root: pid).microseconds(since: processes)
        } catch {
            throw BenchmarkFailure("\(name): \(error)")
        }
    }

    private static func waitUntilReady(_ command: Command, pid: Int32) async throws -> Int {
        let end = ContinuousClock.now + startLimit
        while ContinuousClock.now < end {
            let log = try String(contentsOf: command.log, encoding: .utf8)
            if let port = await command.readyPort(log) { return port }
            _ = try ProcessTree(root: pid)
            try await Task.sleep(for: startPoll)
        }
        throw BenchmarkFailure("\(command.name) does not serve after \(startLimit)")
    }

    private static func died(_ command: Command, while error: any Error) -> BenchmarkFailure {
        // Without its log there is less to say, and no other harm.
        let log = (try? String(contentsOf: command.log, encoding: .utf8)) ?? ""
        let end = log.split(separator: "\n").suffix(5).joined(separator: "\n")
        return BenchmarkFailure("\(command.name) has died: \(error)\n\(end)")
    }
}
