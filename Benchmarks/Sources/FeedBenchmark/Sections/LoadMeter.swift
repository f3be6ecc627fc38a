import BenchmarkReport
import Foundation

/// Puts a server under load and reads what that cost it.
struct LoadMeter: Sendable {
    /// What is asked for.
    struct Target: Equatable, Sendable {
        var path: String
        /// What has to be on the page, where it is known.
        var ids: [Int64]?
    }

    struct Reading: Equatable, Sendable {
        var load: LoadGenerator.Result
        var connections: Int
        /// CPU time of all of the server's processes until it is at rest again, in microseconds.
        var processorTime: Double
        /// In mebibytes, at the end.
        var resident: Double
        var anonymous: Double

        var requestsPerSecond: Double { Double(load.requests) / load.seconds }
        /// At the end each connection has one request under way, which costs the server as much as the others.
        var cpuPerRequest: Double { processorTime / Double(load.requests + connections) }
    }

    /// By how much the bytes of an answer may differ from those of a look before: wrk takes an empty answer or a
    /// redirection for a success.
    private static let sizeTolerance = 0.85...1.15
    /// Addresses looked at before.
    private static let looks = 20
    /// About what a head has, in bytes: wrk counts heads as well, a look sees bodies.
    private static let headBytes = 400.0
    /// So long a server does nothing when it is at rest.
    private static let rest = Duration.milliseconds(300)
    /// Longest wait for it.
    private static let restLimit = Duration.seconds(120)

    let generator: LoadGenerator
    /// Rows of a page.
    let pageSize: Int

    /// - Returns: why not, where too few requests would be answered in the time.
    /// - Throws: ``BenchmarkFailure`` when a request failed, when the answers are not the pages that are expected, and
    ///   when a process of the server has ended or been replaced.
    func run(
        _ targets: [Target], on server: ServerProcess, connections: Int, seconds: Double, seed: UInt64
    ) async throws -> Outcome<Reading> {
        try server.checkAlive()
        let look = try look(at: targets, on: server)
        let atATime = Double(min(connections, ProcessInfo.processInfo.activeProcessorCount))
        guard look.seconds * Double(connections) / atATime < seconds else {
            let each = Int(look.seconds * 1_000)
            return .notMeasured(
                "a request takes \(each) ms, too long for \(connections) at a time in \(seconds) s")
        }
        let before = try ProcessTree(root: server.pid)
        let load = LoadGenerator.Load(
            port: server.port, paths: targets.map(\.path), connections: connections, seconds: seconds,
            seed: seed)
        let result = try await generator.run(load)
        let bytes = Double(result.bytes) / Double(result.requests) - Self.headBytes
        guard Self.sizeTolerance.contains(bytes / look.bytes) else {
            throw BenchmarkFailure(
                "\(server.name) answered \(Int(bytes)) bytes a request under load, \(Int(look.bytes)) before")
        }
        let memory = try ProcessTree(root: server.pid).memory()
        let after = try await settled(server)
        return .measured(
            Reading(
                load: result, connections: connections, processorTime: try after.microseconds(since: before),
                resident: memory.resident, anonymous: memory.anonymous))
    }

    /// Waits until the server has finished what wrk has left under way: it would be in the way of the next turn.
    private func settled(_ server: ServerProcess) async throws -> ProcessTree {
        let end = ContinuousClock.now + Self.restLimit
        var last = try ProcessTree(root: server.pid)
        while .now < end {
            try await Task.sleep(for: Self.rest)
            let now = try ProcessTree(root: server.pid)
            // A tick or two are its timers.
            if try now.microseconds(since: last) < 30_000 { return now }
            last = now
        }
        throw BenchmarkFailure("\(server.name) is still busy \(Self.restLimit) after its turn")
    }

    /// - Returns: the mean size of a body, and the mean time of a request.
    private func look(at targets: [Target], on server: ServerProcess) throws -> (
        bytes: Double, seconds: Double
    ) {
        let connection = try HTTPConnection(port: server.port)
        var bytes = 0
        let targets = targets.prefix(Self.looks)
        let start = ContinuousClock.now
        for target in targets {
            let body = try connection.get(target.path)
            let ids = try FeedPage(json: body).ids
            guard ids.count == pageSize, target.ids == nil || target.ids == ids else {
                throw BenchmarkFailure("\(target.path) was answered with other posts than there are: \(ids)")
            }
            bytes += body.count
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return (Double(bytes) / Double(targets.count), seconds / Double(targets.count))
    }
}
