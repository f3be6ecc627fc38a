import FeedServer
import FeedStore
import Foundation
import Logging
import ServiceLifecycle

/// The server in this process, with its store at hand to write to: a file has one writing process.
enum InProcessServer {
    /// Runs `body` with the port and the store of a server on a database.
    static func with<Value: Sendable>(
        database: URL, body: (_ port: Int, _ store: SQLiteStore) async throws -> Value
    ) async throws -> Value {
        let logger = Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
        let configuration = try await ServerConfiguration(
            arguments: [
                .database: database.path, .port: "0", .redis: "none", .secret: FeedServerBinary.secret,
                .accessLog: "false", .auditLog: "false",
            ], environment: [:], environmentFile: database.path + ".env")
        let (parts, store) = try await FeedServerParts.open(configuration, logger: logger)
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let server = try buildFeedServer(configuration: configuration, parts: parts, logger: logger) { port in
            listening.yield(port)
        }
        let group = ServiceGroup(services: [server], logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                // Ends the wait for a port also where there will be none.
                defer { listening.finish() }
                try await group.run()
            }
            guard let port = await ports.first(where: { _ in true }) else {
                try await tasks.waitForAll()
                throw BenchmarkFailure("the server in this process does not serve")
            }
            let value = try await body(port, store)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try await store.close()
            return value
        }
    }
}
