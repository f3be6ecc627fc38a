import BenchmarkReport
import FeedStore
import Foundation

/// Durable posts a second.
struct WritesSection {
    private static let writers = [1, 8, 64]

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
    private func measure(_ way: WritesFigures.Way, _ writers: Int, _ round: Int) async throws -> Double {
        let database = bench.folder.appending(path: "writes-\(way)-\(writers)-\(round).sqlite")
        let store = try SQLiteStore(path: database.path)
        let author = try await store.createUser(username: "writer", email: "writer@example.com").author.id
        // With one write at a time every commit holds one post.
        let turnstile = way == .commitEach ? Turnstile() : nil
        let seconds = bench.effort.writeSeconds
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let posts = try await withThrowingTaskGroup(of: Int.self) { tasks in
            for _ in 0..<writers {
                tasks.addTask {
                    var posts = 0
                    while .now < end {
                        try Task.checkCancellation()
                        if let turnstile {
                            try await turnstile.pass { try await Self.write(store, author) }
                        } else {
                            try await Self.write(store, author)
                        }
                        posts += 1
                    }
                    return posts
                }
            }
            return try await tasks.reduce(0, +)
        }
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        guard try await store.count(.posts) == posts else {
            throw BenchmarkFailure("a post that was acknowledged is not there")
        }
        try await store.close()
        return Double(posts) / elapsed
    }

    private static func write(_ store: SQLiteStore, _ author: Int64) async throws {
        let post = try await store.createPost(
            userID: author, title: "A title of usual length", content: content, status: .published)
        guard post != nil else { throw BenchmarkFailure("a post was not written") }
    }

    private static let content = String(repeating: "What a post says takes a few lines. ", count: 6)
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
