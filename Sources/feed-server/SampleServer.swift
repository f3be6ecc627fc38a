import FeedServer
import FeedStore
import Foundation
import SampleData
import ServiceLifecycle

/// A server on a database that is being made, for as long as sample data is brought into it.
enum SampleServer {
    /// Replaces a database by one with the tutorial's sample data.
    ///
    /// - Returns: the number of posts.
    static func populate(replacing path: String, media: String?) async throws -> Int {
        let replacement = try DatabaseReplacement(of: path)
        // That of another database's server would lose the pictures again: it removes what it does not know.
        let pictures = try MediaFolder(path: media ?? ServerConfiguration.mediaPath(of: replacement.path))
        let buildFolder = ServerConfiguration.mediaPath(of: replacement.buildPath)
        try removeFolder(buildFolder)
        let posts = try await serve(database: replacement.buildPath, media: buildFolder) { baseURL in
            try await SampleClient(baseURL: baseURL).run()
        }
        // A feed whose posts were all written in the same second would be no sample.
        let dates = TutorialData.dates(now: .now)
        try PostDates.change(
            Dictionary(uniqueKeysWithValues: zip(posts, dates)), in: replacement.buildPath)
        // The old database keeps its pictures, too, until a server starts on the new one.
        try pictures.takeIn(picturesOf: buildFolder)
        try replacement.finish()
        try removeFolder(buildFolder)
        return posts.count
    }

    /// Removes a folder of pictures, that of a run that was killed for instance, if it is there.
    private static func removeFolder(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        try FileManager.default.removeItem(atPath: path)
    }

    private static func serve<Result: Sendable>(
        database: String, media: String, _ body: (_ baseURL: String) async throws -> Result
    ) async throws -> Result {
        let host = "127.0.0.1"
        let configuration = try await ServerConfiguration(arguments: [
            .host: host, .port: "0", .database: database, .media: media, .redis: "none",
            // Of no use to anybody afterwards: no file with it is left.
            .secret: UUID().uuidString, .accessLog: "false", .auditLog: "false", .logLevel: "error",
            // The operator's addresses and limits are for strangers.
            .operationsAddress: "", .hosts: "", .attemptsPerAccount: "1000", .attemptsPerAddress: "1000",
        ])
        let metrics = PrometheusRegistry()
        let logger = Serve.logger(configuration, metrics: metrics)
        let (parts, store) = try await FeedServerParts.open(
            configuration, pictureWorker: .thisProgram, logger: logger, metrics: metrics)
        let (ports, port) = AsyncStream<Int>.makeStream()
        let server = try buildFeedServer(configuration: configuration, parts: parts, logger: logger) {
            port.yield($0)
        }
        let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
        let running = Task {
            defer { port.finish() }
            try await group.run()
        }
        let outcome: Swift.Result<Result, any Error>
        do {
            var listening = ports.makeAsyncIterator()
            if let port = await listening.next() {
                outcome = .success(try await body("http://\(host):\(port)"))
            } else {
                // It has ended before it listened, and says why.
                try await running.value
                throw CancellationError()
            }
        } catch {
            outcome = .failure(error)
        }
        await group.triggerGracefulShutdown()
        try await running.value
        try await store.close()
        return try outcome.get()
    }
}
