import BenchmarkReport
import FeedStore
import Foundation

/// What a page costs at depth, over HTTP and in the store.
struct DepthSection {
    private static let depths = [0, 100, 1_000, 10_000, 100_000, 500_000, 900_000]

    let bench: Bench
    let data: FeedData

    func measure() async throws -> DepthFigures {
        let (served, least) = try await measureServed()
        return DepthFigures(series: served + (try await measureStore()), leastRequest: least)
    }

    /// Those at which there is a whole page.
    private var depths: [Int] {
        Self.depths.filter { $0 + bench.pageSize < data.positions.count }
    }

    // MARK: HTTP

    /// One address that is asked again and again.
    private struct Request {
        var way: DepthFigures.Way
        var place: DepthFigures.Place
        var depth: Int
        var path: String
        var samples: Int
    }

    private func measureServed() async throws -> ([DepthFigures.Series], Outcome<Latency>) {
        bench.progress.begin("depth: over HTTP")
        // Counting once is enough: this is about the page.
        return try await bench.server.serve(data.database, settings: ["--count-ttl", "86400"]) { server in
            switch (bench.peer, data.peerDatabase) {
            case (.measured(let peer), .measured(let database)):
                try await peer.serve(database) { running in
                    try await peer.checkPages(of: running, against: server, user: data.prolificUsers[0])
                    return try await measure(server, running)
                }
            case (.notMeasured(let reason), _), (_, .notMeasured(let reason)):
                try await measure(server, nil, reason)
            }
        }
    }

    private func measure(
        _ server: ServerProcess, _ peer: ServerProcess?, _ noPeer: String = ""
    ) async throws -> ([DepthFigures.Series], Outcome<Latency>) {
        var requests = depths.flatMap { self.requests(depth: $0) }
        let connection = try HTTPConnection(port: server.port)
        let peerConnection = try peer.map { try HTTPConnection(port: $0.port) }
        try checkSamePages(requests) { $0.place == .peer ? peerConnection : connection }
        if peer == nil {
            for index in requests.indices where requests[index].place == .peer { requests[index].samples = 0 }
        }

        var contenders = requests.map { request in
            Contender(samples: request.samples, group: Self.group(request.way, request.place, request.depth))
            {
                _ = try (request.place == .peer ? peerConnection : connection)?.get(request.path)
            }
        }
        contenders.append(
            Contender(samples: bench.effort.depthSamples, group: "least") {
                _ = try connection.get("/healthz")
            })
        var latencies = try await Contender.measure(
            contenders, seed: bench.settings.seed, progress: bench.progress)
        let least = latencies.removeLast()
        if peer == nil {
            for index in requests.indices where requests[index].place == .peer {
                latencies[index] = .notMeasured(noPeer)
            }
        }
        let noSteps = Outcome<Int>.notMeasured("a server does not tell")
        return (
            series(requests.map { ($0.way, $0.place, $0.depth) }, latencies, requests.map { _ in noSteps }),
            least
        )
    }

    private func requests(depth: Int) -> [Request] {
        let size = bench.pageSize
        return [
            Request(
                way: .cursor, place: .http, depth: depth, path: data.path(depth: depth, pageSize: size),
                samples: bench.effort.depthSamples),
            Request(
                way: .offset, place: .http, depth: depth, path: data.offsetPath(depth: depth, pageSize: size),
                samples: bench.effort.depthSamples),
            Request(
                way: .cursor, place: .peer, depth: depth, path: data.peerPath(depth: depth, pageSize: size),
                samples: bench.effort.depthSamples / 4),
            Request(
                way: .naiveOffset, place: .peer, depth: depth,
                path: data.offsetPath(depth: depth, pageSize: size),
                samples: bench.effort.naiveSamples),
        ]
    }

    /// What is compared has to be the same page: a server that answers another one, or an empty one, is not fast.
    private func checkSamePages(
        _ requests: [Request], connection: (Request) -> HTTPConnection?
    ) throws {
        for request in requests {
            guard let connection = connection(request) else { continue }
            let expected = data.ids(atDepth: request.depth, pageSize: bench.pageSize)
            let ids = try FeedPage(json: connection.get(request.path)).ids
            guard ids == expected else {
                throw BenchmarkFailure("\(request.path) was answered with other posts than there are: \(ids)")
            }
        }
    }

    // MARK: Store

    private func measureStore() async throws -> [DepthFigures.Series] {
        bench.progress.begin("depth: in the store")
        let store = try SQLiteStore(path: data.database.path)
        let naive = try NaiveOffset(database: data.database.path)
        let size = bench.pageSize
        var kinds: [(DepthFigures.Way, DepthFigures.Place, Int)] = []
        var contenders: [Contender] = []
        var steps: [Outcome<Int>] = []
        for depth in depths {
            let reads: [(DepthFigures.Way, PageStart)] = [
                (.cursor, data.start(atDepth: depth)), (.offset, .offset(depth)),
            ]
            for (way, start) in reads {
                let query = PageQuery(collection: .posts, order: .newest, start: start, pageSize: size)
                kinds.append((way, .store, depth))
                steps.append(.measured(try await store.virtualMachineSteps(reading: query)))
                contenders.append(
                    Contender(samples: bench.effort.depthSamples, group: Self.group(way, .store, depth)) {
                        let (reader, _) = try await store.page(query, visitor: RowReader())
                        guard reader.rows == size else {
                            throw BenchmarkFailure("the store gave \(reader.rows) rows")
                        }
                    })
            }
            kinds.append((.naiveOffset, .store, depth))
            steps.append(.measured(try naive.steps(depth: depth, size: size)))
            let expected = data.ids(atDepth: depth, pageSize: size)
            contenders.append(
                Contender(samples: bench.effort.naiveSamples, group: Self.group(.naiveOffset, .store, depth))
                {
                    guard try naive.page(depth: depth, size: size) == expected else {
                        throw BenchmarkFailure("the naive offset gives other posts than there are")
                    }
                })
        }
        let latencies = try await Contender.measure(
            contenders, seed: bench.settings.seed, progress: bench.progress)
        try await store.close()
        return series(kinds, latencies, steps)
    }

    // MARK: Parts

    /// Readers by cursor are at work together, wherever they are. An offset is by itself at each depth: a deep one
    /// empties the caches, which would make a shallow one behind it look worse than it is.
    private static func group(
        _ way: DepthFigures.Way, _ place: DepthFigures.Place, _ depth: Int
    ) -> String {
        way == .cursor ? "\(place) \(way)" : "\(place) \(way) \(depth)"
    }

    private func series(
        _ kinds: [(DepthFigures.Way, DepthFigures.Place, Int)], _ latencies: [Outcome<Latency>],
        _ steps: [Outcome<Int>]
    ) -> [DepthFigures.Series] {
        DepthFigures.Place.allCases.flatMap { place in
            DepthFigures.Way.allCases.compactMap { way in
                let points = kinds.indices.filter { kinds[$0].0 == way && kinds[$0].1 == place }.map {
                    DepthFigures.Point(depth: kinds[$0].2, latency: latencies[$0], steps: steps[$0])
                }
                return points.isEmpty ? nil : DepthFigures.Series(way: way, place: place, points: points)
            }
        }
    }
}
