import BenchmarkReport
import FeedStore
import Foundation

/// How the cost of a page changes with the size of the collection: a database for each size, read in the store.
struct GrowthSection {
    let bench: Bench

    func measure() async throws -> GrowthFigures {
        var sizes: [Outcome<GrowthFigures.Size>] = []
        for posts in bench.settings.growth {
            bench.progress.begin("growth: \(posts) posts")
            sizes.append(try await measure(posts: posts))
        }
        return GrowthFigures(sizes: sizes)
    }

    /// Bytes of a post with its share of the indexes, and what is to be left free on the disk.
    private static let bytesPerPost = 700
    private static let spareBytes = 1 << 30

    private func measure(posts: Int) async throws -> Outcome<GrowthFigures.Size> {
        let free =
            try bench.folder.resourceValues(forKeys: [.volumeAvailableCapacityKey]).volumeAvailableCapacity
            ?? 0
        guard free > posts * Self.bytesPerPost + Self.spareBytes else {
            return .notMeasured(
                "\(posts) posts need more room on the disk than the \(free >> 20) MiB that are free")
        }
        let database = bench.folder.appending(path: "growth.sqlite")
        try await bench.server.populate(database, posts: posts, seed: bench.settings.seed)
        let bytes = try database.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
        let store = try SQLiteStore(path: database.path)
        let costs = try await costs(in: store)
        try await store.close()
        return .measured(GrowthFigures.Size(posts: posts, bytes: bytes, costs: costs))
    }

    private func costs(in store: SQLiteStore) async throws -> [GrowthFigures.Cost] {
        let positions = try await FeedSurvey.of(store).positions
        let size = bench.pageSize
        func query(_ start: PageStart) -> PageQuery {
            PageQuery(collection: .posts, order: .newest, start: start, pageSize: size)
        }
        func read(_ query: PageQuery) async throws {
            let (reader, _) = try await store.page(query, visitor: RowReader())
            guard reader.rows == size else { throw BenchmarkFailure("the store gave \(reader.rows) rows") }
        }
        var generator = SeededGenerator(seed: bench.settings.seed)
        let depths = 0..<(positions.count - size)
        let middle = positions.count / 2
        let contenders = [
            Contender(samples: bench.effort.growthSamples, group: "pages") { try await read(query(.first)) },
            Contender(samples: bench.effort.growthSamples, group: "pages") {
                let depth = Int.random(in: depths, using: &generator)
                try await read(query(.after(positions[depth])))
            },
            Contender(samples: bench.effort.growthScans, group: "offset") {
                try await read(query(.offset(middle)))
            },
            Contender(samples: bench.effort.growthScans, group: "count") {
                guard try await store.count(.posts) == positions.count else {
                    throw BenchmarkFailure("the count differs from what was read")
                }
            },
        ]
        let steps = [
            try await store.virtualMachineSteps(reading: query(.first)),
            try await store.virtualMachineSteps(reading: query(.after(positions[middle]))),
            try await store.virtualMachineSteps(reading: query(.offset(middle))),
            try await store.virtualMachineSteps(counting: .posts),
        ]
        let latencies = try await Contender.measure(
            contenders, seed: bench.settings.seed, progress: bench.progress)
        return zip(GrowthFigures.Read.allCases, zip(latencies, steps)).map {
            GrowthFigures.Cost(read: $0, latency: $1.0, steps: .measured($1.1))
        }
    }
}
