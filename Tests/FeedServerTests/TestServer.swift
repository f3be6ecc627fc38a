import CountCache
import FeedStore
import Foundation
import HTTPTypes
import Logging
import LoopbackClient
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import TestSupport
import Testing

@testable import FeedServer

/// A server in this process, built by the same function as the executable's, on a free port.
struct TestServer {
    let port: Int
    /// Of the operations address; `nil` where there is none.
    let operationsPort: Int?
    let store: any Store
    let parts: FeedServerParts
    /// Asks the server to stop, as a signal does; it has ended when
    /// ``run(settings:database:store:counts:passwords:_:)`` returns.
    let stop: @Sendable () async -> Void
    /// Ends the server without what it would wait for: a drain delay, or what is in flight.
    let cancel: @Sendable () -> Void

    var baseURL: String { "http://127.0.0.1:\(port)" }

    /// What was answered.
    struct Reply {
        var status: Int
        var headers: HTTPHeaders
        var body: Data

        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
        }

        /// The ids of the list, whatever it is called.
        var ids: [Int64] {
            let list = (json["items"] ?? json["posts"] ?? json["users"]) as? [[String: Any]] ?? []
            return list.compactMap { ($0["id"] as? NSNumber)?.int64Value }
        }

        var code: String? { json["code"] as? String }

        func header(_ name: String) -> String? { headers.first(name: name) }

        /// The targets of the `Link` field by their relation.
        var links: [String: String] {
            var links: [String: String] = [:]
            for link in header("Link")?.components(separatedBy: ", ") ?? [] {
                let parts = link.components(separatedBy: ">; rel=\"")
                if parts.count == 2 { links[String(parts[1].dropLast())] = String(parts[0].dropFirst()) }
            }
            return links
        }
    }

    func get(_ path: String, headers: HTTPHeaders = [:]) async throws -> Reply {
        try await send(.GET, path, headers: headers)
    }

    func send(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: Data? = nil
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: baseURL + path)
        request.method = method
        request.headers = headers
        if let body { request.body = .bytes(body) }
        let response = try await HTTPClient.shared.execute(request, timeout: Self.patience)
        let body = try await response.body.collect(upTo: 16 << 20)
        return Reply(
            status: Int(response.status.code), headers: response.headers, body: Data(body.readableBytesView))
    }

    /// How long a client of the tests waits for anything.
    static let patience = TimeAmount(Patience.standard)

    /// Runs a server while `body` runs.
    ///
    /// - Parameters:
    ///   - settings: beside a free port, no Redis and no logs.
    ///   - store: instead of the SQLite file, to see what happens when a store fails.
    ///   - counts: instead of what the settings say of totals, for what no setting says.
    ///   - passwords: instead of scrypt on threads of its own; closed with the server.
    ///   - audit: where log-ins and changes of accounts are recorded.
    static func run<Result: Sendable>(
        settings: [ConfigurationKey: String] = [:], database: String, store: (any Store)? = nil,
        counts: CountCacheConfiguration? = nil, passwords: PasswordHasher? = nil, audit: AuditLog? = nil,
        _ body: (TestServer) async throws -> Result
    ) async throws -> Result {
        try await slots.withSlot {
            try await serve(
                settings: settings, database: database, store: store, counts: counts, passwords: passwords,
                audit: audit, body)
        }
    }

    /// Servers at a time.
    private static let slots = Slots(16)

    /// How far a server has come.
    private struct Progress: Sendable {
        var port: Int?
        var operationsPort: Int?
        var hasEnded = false
    }

    private static func serve<Result: Sendable>(
        settings: [ConfigurationKey: String], database: String, store: (any Store)?,
        counts: CountCacheConfiguration?, passwords: PasswordHasher?, audit: AuditLog?,
        _ body: (TestServer) async throws -> Result
    ) async throws -> Result {
        let standard: [ConfigurationKey: String] = [
            .port: "0", .redis: "none", .accessLog: "false", .auditLog: "false",
            .logLevel: "critical", .database: database,
            // Generous, for a busy machine: what is tested of deadlines sets its own.
            .headTimeout: "3600", .bodyTimeout: "3600", .writeTimeout: "3600", .readDeadline: "3600",
            // Longer than any wait for the two cores.
            .countWait: "60",
            // Passwords that cost little, and as many as a test likes.
            .scryptCost: "10", .attemptsPerAccount: "1000000", .attemptsPerAddress: "1000000",
        ]
        let configuration = try await ServerConfiguration(
            arguments: standard.merging(settings) { $1 }, environment: [:],
            environmentFile: "/nonexistent/.env")
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        var (parts, sqlite) = try await FeedServerParts.open(
            configuration, pictureWorker: try pictureWorker ?? .built(), logger: logger)
        if let store { parts.store = store }
        if let audit { parts.audit = audit }
        if let counts {
            parts.counts = try CountCache(
                configuration: counts, logger: logger, metricsFactory: parts.metrics)
        }
        if let passwords {
            try await parts.workshop.passwords.close()
            parts.workshop.passwords = passwords
        }
        let progress = Watched(Progress())
        let server = try buildFeedServer(
            configuration: configuration, parts: parts, logger: logger,
            onListening: { port in progress.update { $0.port = port } },
            onOperationsListening: { address in
                progress.update { $0.operationsPort = ListenAddress(address)?.port }
            })
        let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
        let running = Task {
            defer { progress.update { $0.hasEnded = true } }
            try await group.run()
        }
        let outcome: Swift.Result<Result, any Error>
        do {
            let begun = try await progress.wait(for: "a server that listens") {
                $0.port != nil || $0.hasEnded
            }
            // What it has ended with says why it does not listen.
            if begun.port == nil { try await running.value }
            let server = TestServer(
                port: try #require(begun.port, "the server has ended before it listened"),
                operationsPort: begun.operationsPort, store: parts.store, parts: parts,
                stop: { await group.triggerGracefulShutdown() },
                cancel: { running.cancel() })
            outcome = .success(try await body(server))
        } catch {
            outcome = .failure(error)
        }
        await group.triggerGracefulShutdown()
        do {
            try await end("the end of the server") {
                do {
                    try await running.value
                } catch {
                    // It is no failure what a server says that a test has cancelled.
                    guard running.isCancelled else { throw error }
                }
            }
            try await end("the end of the server's store") { [sqlite] in try await sqlite.close() }
        } catch {
            // What the test has failed with comes first: it may be the cause.
            _ = try outcome.get()
            throw error
        }
        return try outcome.get()
    }

    /// Does what ends something, also in a test that was cancelled: nobody is to meet what it leaves behind.
    ///
    /// - Throws: `WaitFailure` where it does not end; what `body` throws.
    private static func end(
        _ what: String, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let outcome = Watched<Swift.Result<Void, any Error>?>(nil) { _ in "it goes on" }
        Task {
            do {
                try await body()
                outcome.update { $0 = .success(()) }
            } catch {
                outcome.update { $0 = .failure(error) }
            }
        }
        // A task of its own, which nobody cancels.
        try await Task { try await outcome.take(what) { $0 } }.value.get()
    }
}

/// Databases for tests.
enum SampleDatabase {
    /// Posts of the dates given, ids ascending from 1, users taking turns; index 3 of each 7 is a draft
    /// where `hasDrafts`.
    static func make(
        dates: [Int64], users: Int = 3, hasDrafts: Bool = false, in folder: TemporaryFolder
    ) throws -> String {
        let path = folder.path("feed.sqlite")
        let loader = try BulkLoader(replacing: path)
        try loader.add(
            users: (1...users).map { number in
                User(
                    author: Author(
                        id: Int64(number), username: "user\(number)",
                        imageFile: number == 2 ? "two.png" : nil),
                    email: "user\(number)@example.com")
            })
        try loader.addPosts { add in
            for (index, date) in dates.enumerated() {
                let title = Array("Post \(index + 1)".utf8)
                let content = Array(
                    "\"quoted\" \\ \n\t\u{1} <script>alert('é')</script> 🎈 שלום \u{2028}".utf8)
                try title.withUnsafeBufferPointer { title in
                    try content.withUnsafeBufferPointer { content in
                        try add(
                            BulkPostColumns(
                                id: Int64(index + 1), userID: Int64(index % users + 1),
                                status: hasDrafts && index % 7 == 3 ? .draft : .published,
                                datePosted: Timestamp(microseconds: date), updatedAt: nil, title: title,
                                content: content))
                    }
                }
            }
        }
        try loader.finish()
        return path
    }

    /// Many ties, of runs from one to six.
    static let tiedDates: [Int64] = [
        10, 10, 10, 20, 30, 30, 40, 40, 40, 40, 40, 40, 50, 60, 60, 70, 80, 80, 80, 90, 100, 100, 100, 110,
    ]
}
