import BenchmarkReport
import FeedStore
import Foundation

/// Durable posts a second.
struct WritesSection {
    private static let writers = [1, 8, 64]
    private static let title = "A title of usual length"
    private static let content = String(repeating: "What a post says takes a few lines. ", count: 6)
    /// The log-in costs little and is never refused, and no request is logged.
    private static let serverSettings = [
        "--scrypt-cost", "10", "--attempts-per-account", "1000000", "--attempts-per-address", "1000000",
        "--access-log", "false",
    ]

    let bench: Bench

    func measure() async throws -> WritesFigures {
        bench.progress.begin("writes")
        var rounds: [String: [Double]] = [:]
        var generator = SeededGenerator(seed: bench.settings.seed)
        let total = Self.writers.count * bench.effort.writeRounds
        var done = 0
        for writers in Self.writers {
            for round in 0..<bench.effort.writeRounds {
                for way in WritesFigures.Way.allCases.shuffled(using: &generator) {
                    rounds["\(way) \(writers)", default: []].append(try await measure(way, writers, round))
                }
                done += 1
                bench.progress.update(done: done, of: total)
            }
        }
        return WritesFigures(
            rows: Self.writers.flatMap { writers in
                WritesFigures.Way.allCases.map { way in
                    .init(way: way, writers: writers, rounds: .measured(rounds["\(way) \(writers)"] ?? []))
                }
            })
    }

    /// - Returns: posts a second.
    /// - Throws: ``BenchmarkFailure`` when the database does not hold just the posts that were acknowledged.
    private func measure(_ way: WritesFigures.Way, _ writers: Int, _ round: Int) async throws -> Double {
        let database = bench.folder.appending(path: "writes-\(way)-\(writers)-\(round).sqlite")
        let turn =
            switch way {
            // With one write at a time every commit holds one post.
            case .commitEach: try await writeToStore(database, writers, through: Turnstile())
            case .groupCommit: try await writeToStore(database, writers, through: nil)
            case .http: try await writeOverHTTP(database, writers)
            }
        // From the file, which nobody else has open any more.
        let store = try SQLiteStore(path: database.path)
        let kept = try await store.count(.posts)
        try await store.close()
        guard kept == turn.posts else {
            throw BenchmarkFailure("\(turn.posts) posts were acknowledged, and \(kept) are there")
        }
        return Double(turn.posts) / turn.seconds
    }

    private func writeToStore(
        _ database: URL, _ writers: Int, through turnstile: Turnstile?
    ) async throws -> Turn {
        let store = try SQLiteStore(path: database.path)
        let author = try await store.createUser(username: "writer", email: "writer@example.com").author.id
        let turn = try await run(writers) { end in
            var posts = 0
            repeat {
                try Task.checkCancellation()
                if let turnstile {
                    try await turnstile.pass { try await Self.write(store, author) }
                } else {
                    try await Self.write(store, author)
                }
                posts += 1
            } while .now < end
            return posts
        }
        try await store.close()
        return turn
    }

    private static func write(_ store: SQLiteStore, _ author: Int64) async throws {
        let post = try await store.createPost(
            userID: author, title: title, content: content, status: .published)
        guard post != nil else { throw BenchmarkFailure("a post was not written") }
    }

    /// The time of a turn is that of its writers: the server's start and end, and the log-in, are no part of it.
    private func writeOverHTTP(_ database: URL, _ writers: Int) async throws -> Turn {
        try await bench.server.serve(database, settings: Self.serverSettings) { server in
            let author = try PostAuthor(port: server.port, title: Self.title, content: Self.content)
            return try await run(writers) { end in
                // Each blocks while it waits.
                try await withTaskExecutorPreference(ThreadExecutor()) {
                    let connection = try HTTPConnection(port: server.port)
                    var posts = 0
                    repeat {
                        try Task.checkCancellation()
                        try author.write(over: connection)
                        posts += 1
                    } while .now < end
                    return posts
                }
            }
        }
    }

    /// What was written, and the seconds that it took.
    private struct Turn: Sendable {
        var posts: Int
        var seconds: Double
    }

    /// Lets writers write side by side.
    ///
    /// - Parameter write: writes once, and again until a moment, finishes what it has begun by then, and returns the
    ///   number of posts that were acknowledged.
    private func run(
        _ writers: Int, write: @escaping @Sendable (_ end: ContinuousClock.Instant) async throws -> Int
    ) async throws -> Turn {
        let start = ContinuousClock.now
        let end = start + .seconds(bench.effort.writeSeconds)
        let posts = try await withThrowingTaskGroup(of: Int.self) { tasks in
            for _ in 0..<writers {
                tasks.addTask { try await write(end) }
            }
            return try await tasks.reduce(0, +)
        }
        return Turn(posts: posts, seconds: (ContinuousClock.now - start) / .seconds(1))
    }
}

/// Lets one through at a time, in the order in which they came.
private actor Turnstile {
    private var isOccupied = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func pass(_ body: @Sendable () async throws -> Void) async throws {
        if isOccupied {
            await withCheckedContinuation { waiting.append($0) }
        } else {
            isOccupied = true
        }
        defer {
            if waiting.isEmpty { isOccupied = false } else { waiting.removeFirst().resume() }
        }
        try await body()
    }
}
