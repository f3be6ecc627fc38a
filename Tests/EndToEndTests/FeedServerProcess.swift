import Foundation
import TestSupport

/// The built `feed-server`, started as a user would.
///
/// `@unchecked Sendable`: a `Process` may be asked for its state and signalled from any thread; nothing
/// else is changed after the start.
final class FeedServerProcess: @unchecked Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// What a command that has ended left behind.
    struct Outcome: Sendable {
        var status: Int32
        var output: String
        var errors: String
    }

    let baseURL: String
    let process: Process

    private init(process: Process, baseURL: String) {
        self.process = process
        self.baseURL = baseURL
    }

    /// Starts `feed-server serve …` and returns once it has printed its address.
    static func start(arguments: [String]) async throws -> FeedServerProcess {
        let process = try make(arguments)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try ChildProcess.run(process)
        let line = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                // One line is all that a server prints.
                continuation.resume(returning: output.fileHandleForReading.availableData)
            }
        }
        let words = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard let address = words.last, address.hasPrefix("http://") else {
            process.terminate()
            throw Failure(description: "feed-server \(arguments) does not serve")
        }
        return FeedServerProcess(process: process, baseURL: String(address))
    }

    /// Runs a command to its end. One that fails is a failure of the test.
    static func run(arguments: [String]) async throws {
        let outcome = try await outcome(of: arguments)
        guard outcome.status == 0 else {
            throw Failure(description: "feed-server \(arguments): \(outcome.errors)")
        }
    }

    /// Runs a command to its end.
    static func outcome(
        of arguments: [String], input: String = "", environment: [String: String] = [:],
        folder: URL? = nil
    ) async throws -> Outcome {
        let process = try make(arguments)
        process.environment?.merge(environment) { $1 }
        process.currentDirectoryURL = folder
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        try ChildProcess.run(process)
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        async let output = readAll(stdout)
        async let errors = readAll(stderr)
        let texts = try await (output, errors)
        await ChildProcess.end(of: process)
        return Outcome(status: process.terminationStatus, output: texts.0, errors: texts.1)
    }

    /// Asks the server to stop and waits until it has.
    func stop() async {
        process.terminate()
        await ChildProcess.end(of: process)
    }

    private static func make(_ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = try ChildProcess.product("feed-server")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("FEED_") }
        return process
    }

    private static func readAll(_ pipe: Pipe) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        String(
                            decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
                    })
            }
        }
    }
}
