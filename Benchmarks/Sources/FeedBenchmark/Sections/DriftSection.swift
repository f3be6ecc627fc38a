import BenchmarkReport
import FeedStore
import Foundation

/// What readers see while others write.
///
/// The server runs in this process, because nobody else may write to its file; the readers ask it over HTTP.
struct DriftSection {
    private static let posts = 5_000
    private static let pagesPerWalk = 25
    private static let secondsPerPage = 2.0

    /// From nobody writing to more than a page between two pages.
    private static let rates: [DriftTimeline.Rates] = [
        .init(insertsPerSecond: 0, deletesPerSecond: 0),
        .init(insertsPerSecond: 0.1, deletesPerSecond: 0.05),
        .init(insertsPerSecond: 0, deletesPerSecond: 1),
        .init(insertsPerSecond: 1, deletesPerSecond: 0),
        .init(insertsPerSecond: 1, deletesPerSecond: 0.5),
        .init(insertsPerSecond: 5, deletesPerSecond: 2),
        .init(insertsPerSecond: 20, deletesPerSecond: 10),
    ]

    let bench: Bench

    func measure() async throws -> DriftFigures {
        bench.progress.begin("drift")
        var rows: [DriftFigures.Row] = []
        for (index, rates) in Self.rates.enumerated() {
            bench.progress.update(done: index, of: Self.rates.count)
            rows += try await measure(rates)
        }
        return DriftFigures(
            posts: Self.posts, pagesPerWalk: Self.pagesPerWalk, secondsPerPage: Self.secondsPerPage,
            rows: rows)
    }

    private func measure(_ rates: DriftTimeline.Rates) async throws -> [DriftFigures.Row] {
        let database = bench.folder.appending(path: "drift.sqlite")
        try await bench.server.populate(database, posts: Self.posts, seed: bench.settings.seed)
        return try await InProcessServer.with(database: database) { port, store in
            try await withTaskExecutorPreference(ThreadExecutor()) {
                try await run(rates, port: port, store: store)
            }
        }
    }

    /// Every reader of a walk turns its page at the same moment as those of the other ways.
    private func run(
        _ rates: DriftTimeline.Rates, port: Int, store: SQLiteStore
    ) async throws -> [DriftFigures.Row] {
        let connection = try HTTPConnection(port: port)
        var ledger = DriftLedger(ids: try await FeedSurvey.of(store).positions.reversed().map(\.id))
        var generator = SeededGenerator(seed: bench.settings.seed &+ 1)
        let walks = bench.effort.driftWalks
        var readers: [Int: [DriftReader]] = [:]
        var results = DriftFigures.Way.allCases.map { way in
            DriftFigures.Row(
                insertsPerSecond: rates.insertsPerSecond, deletesPerSecond: rates.deletesPerSecond, way: way,
                walks: walks, shown: 0, shownTwice: 0, neverShown: 0)
        }
        let timeline = DriftTimeline(
            walks: walks, pages: Self.pagesPerWalk, secondsPerPage: Self.secondsPerPage, rates: rates,
            seed: bench.settings.seed)
        for event in timeline {
            try Task.checkCancellation()
            switch event {
            case .insert:
                let post = try await store.createPost(
                    userID: 1, title: "New", content: "Written while others read.", status: .published)
                guard let post else { throw BenchmarkFailure("the author of the drift is missing") }
                ledger.insert(post.id)
            case .delete:
                guard let id = ledger.delete(using: &generator) else { continue }
                guard try await store.deletePost(id: id) else {
                    throw BenchmarkFailure("the post \(id) was not there to be deleted")
                }
            case .page(let walk, let number):
                var turning =
                    readers.removeValue(forKey: walk)
                    ?? DriftFigures.Way.allCases.map { DriftReader(way: $0, walk: ledger.beginWalk()) }
                for index in turning.indices {
                    try turning[index].turn(to: number, pageSize: bench.pageSize, over: connection)
                }
                if number < Self.pagesPerWalk - 1 {
                    readers[walk] = turning
                } else {
                    for (index, reader) in turning.enumerated() {
                        results[index].shown += reader.walk.shown
                        results[index].shownTwice += reader.walk.shownTwice
                        results[index].neverShown += ledger.neverShown(in: reader.walk)
                    }
                }
            }
        }
        return results
    }
}

/// Somebody who scrolls from the newest post toward older ones.
private struct DriftReader {
    let way: DriftFigures.Way
    var walk: DriftLedger.Walk
    private var cursor: String?

    init(way: DriftFigures.Way, walk: DriftLedger.Walk) {
        self.way = way
        self.walk = walk
    }

    /// Asks for the next page, and looks at it.
    mutating func turn(to number: Int, pageSize: Int, over connection: HTTPConnection) throws {
        let path =
            switch way {
            case .cursor: "/api/posts/feed?page_size=\(pageSize)" + (cursor.map { "&cursor=\($0)" } ?? "")
            case .page: "/api/posts/pages?page=\(number + 1)&page_size=\(pageSize)"
            case .offset: "/api/posts?skip=\(number * pageSize)&limit=\(pageSize)"
            }
        let page = try FeedPage(json: connection.get(path))
        // There are more posts than a walk reaches: who is told otherwise has missed the rest.
        guard page.ids.count == pageSize, way != .cursor || page.nextCursor != nil else {
            throw BenchmarkFailure(
                "\(path) has \(page.ids.count) posts and ends the walk at page \(number + 1)")
        }
        walk.show(page.ids)
        cursor = page.nextCursor
    }
}
