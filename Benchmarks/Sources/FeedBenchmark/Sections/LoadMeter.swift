import BenchmarkReport

/// Puts a server under load and reads what that cost it.
struct LoadMeter: Sendable {
    struct Reading: Sendable {
        var load: LoadGenerator.Result
        /// CPU time of all of the server's processes, in microseconds.
        var processorTime: Double
        /// In mebibytes, at the end.
        var resident: Double
        var anonymous: Double

        var requestsPerSecond: Double { Double(load.requests) / load.seconds }
        var cpuPerRequest: Double { processorTime / Double(load.requests) }
    }

    /// By how much the bytes of an answer may differ from those of a look before: wrk takes an empty answer or a
    /// redirection for a success.
    private static let sizeTolerance = 0.85...1.15
    /// Addresses looked at before.
    private static let looks = 20

    let generator: LoadGenerator

    /// - Throws: ``BenchmarkFailure`` when a request failed, when the answers are not pages of `rows` rows, and when a
    ///   process of the server has ended or been replaced.
    func run(_ load: LoadGenerator.Load, on server: ServerProcess, rows: Int) async throws -> Reading {
        let size = try look(load, rows: rows)
        let before = try ProcessTree(root: server.pid)
        let result = try await generator.run(load)
        let after = try ProcessTree(root: server.pid)
        let bytes = Double(result.bytes) / Double(result.requests)
        // wrk counts heads as well; a look sees bodies.
        guard Self.sizeTolerance.contains((bytes - Self.headBytes) / size) else {
            throw BenchmarkFailure(
                "\(server.name) answered \(Int(bytes)) bytes a request under load, \(Int(size)) before")
        }
        let memory = try after.memory()
        return Reading(
            load: result, processorTime: try after.microseconds(since: before), resident: memory.resident,
            anonymous: memory.anonymous)
    }

    /// About what a head has.
    private static let headBytes = 400.0

    /// - Returns: the mean size of a body.
    private func look(_ load: LoadGenerator.Load, rows: Int) throws -> Double {
        let connection = try HTTPConnection(port: load.port)
        let paths = load.paths.prefix(Self.looks)
        var bytes = 0
        for path in paths {
            let body = try connection.get(path)
            let count = try FeedPage(json: body).ids.count
            guard count == rows else {
                throw BenchmarkFailure("\(path) has \(count) posts, \(rows) are expected")
            }
            bytes += body.count
        }
        return Double(bytes) / Double(paths.count)
    }
}
