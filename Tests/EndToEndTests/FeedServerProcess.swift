import Foundation
import LoopbackClient
import NIOCore
import TestSupport

/// The built `feed-server`, started as a user would.
final class FeedServerProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// How long an answer may take.
    static let requestTimeout = TimeAmount.seconds(Patience.standard.components.seconds)

    /// Settings of every server: on a busy machine, none of its deadlines ends what a test has begun.
    private static let patience = [
        "--head-timeout", "600", "--body-timeout", "600", "--write-timeout", "600", "--read-deadline", "600",
        "--count-wait", "60", "--shutdown-timeout", "120",
    ]

    let baseURL: String
    private let child: ChildProcess

    private init(child: ChildProcess, baseURL: String) {
        self.child = child
        self.baseURL = baseURL
    }

    /// Starts `feed-server serve …` and returns once it has printed its address.
    ///
    /// - Throws: what it wrote to standard error, where it does not serve.
    static func start(
        arguments: [String], environment: [String: String] = [:]
    ) async throws -> FeedServerProcess {
        let child = try await ChildProcess.start(
            ChildProcess.product("feed-server"), arguments + patience,
            environment: Self.environment.merging(environment) { $1 })
        let report = try await child.wait(for: "its address") { address(in: $0) != nil }
        guard let baseURL = address(in: report) else {
            throw Failure(description: "feed-server \(arguments) does not serve")
        }
        return FeedServerProcess(child: child, baseURL: baseURL)
    }

    /// Starts `feed-server serve …`, and returns it once it has printed its address, or else how it has ended.
    static func attempt(
        arguments: [String], environment: [String: String]
    ) async throws -> (server: FeedServerProcess?, report: ChildProcess.Report) {
        let child = try await ChildProcess.start(
            ChildProcess.product("feed-server"), arguments + patience,
            environment: Self.environment.merging(environment) { $1 })
        let report = try await child.wait(for: "its address, or its end") {
            address(in: $0) != nil || $0.isComplete
        }
        return (address(in: report).map { FeedServerProcess(child: child, baseURL: $0) }, report)
    }

    /// Runs `body` with a server, and ends that whatever comes of it.
    ///
    /// - Returns: how the server ended after `body`, asked to.
    @discardableResult
    static func serve(
        arguments: [String], environment: [String: String] = [:],
        _ body: (FeedServerProcess) async throws -> Void
    ) async throws -> ChildProcess.End? {
        let server = try await start(arguments: arguments, environment: environment)
        do {
            try await body(server)
            return try await server.stop()
        } catch {
            await server.abandon()
            throw error
        }
    }

    /// Runs a command to its end. One that fails is a failure of the test.
    static func run(arguments: [String]) async throws {
        let outcome = try await outcome(of: arguments)
        guard outcome.end == .exited(0) else {
            throw Failure(description: "feed-server \(arguments): \(outcome.errors)")
        }
    }

    /// Runs a command to its end.
    static func outcome(
        of arguments: [String], input: String = "", environment: [String: String] = [:],
        folder: URL? = nil
    ) async throws -> ChildProcess.Report {
        try await ChildProcess.run(
            ChildProcess.product("feed-server"), arguments,
            environment: Self.environment.merging(environment) { $1 }, folder: folder, input: input)
    }

    /// Sends a signal, unless it has ended.
    func signal(_ number: Int32) {
        child.signal(number)
    }

    /// Returns how it ended by itself, when it has.
    func ended() async throws -> ChildProcess.End? {
        try await child.ended().end
    }

    /// Asks it to stop, and returns how it ended.
    @discardableResult
    func stop() async throws -> ChildProcess.End? {
        signal(SIGTERM)
        return try await ended()
    }

    /// Kills it, and returns when it is gone: also where the test's task is cancelled, which ends every wait.
    func abandon() async {
        // What the test has failed with tells more.
        _ = try? await Task { [child] in try await child.killed() }.value
    }

    /// This process's own, without what would configure a server, and with passwords that cost little: a populated
    /// database has a dozen hashes, which at the standard cost take longer than the test.
    static var environment: [String: String] {
        ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("FEED_") }
            .merging(["FEED_SCRYPT_COST": "10"]) { $1 }
    }

    /// Where a server listens, once it has said so.
    static func address(in report: ChildProcess.Report) -> String? {
        let greeting = "Listening on "
        let line = report.lines.first { $0.hasPrefix("\(greeting)http://") }
        return line.map { String($0.dropFirst(greeting.count)) }
    }
}

extension ChildProcess.Report {
    /// It has ended by itself, and its status says that something was wrong.
    var hasFailed: Bool {
        guard case .exited(let status) = end else { return false }
        return status != 0
    }
}
