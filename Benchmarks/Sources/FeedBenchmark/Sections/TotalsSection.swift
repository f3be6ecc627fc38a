import BenchmarkReport
import CountCache
import FeedStore
import Foundation

/// What it costs to show a total.
struct TotalsSection {
    private static let concurrency = 32
    /// In seconds.
    private static let timesToLive = [0.1, 1, 5]

    let bench: Bench
    let data: FeedData

    func measure() async throws -> TotalsFigures {
        bench.progress.begin("totals")
        var rows: [TotalsFigures.Row] = []
        rows += try await measureServer()
        rows += try await measurePeer()
        rows += try await TotalsInLibrary(
            database: data.database, concurrency: Self.concurrency, seconds: bench.effort.totalsSeconds,
            pageSize: bench.pageSize
        ).measure()
        return TotalsFigures(posts: data.positions.count, concurrency: Self.concurrency, rows: rows)
    }

    private typealias Plan = (way: TotalsFigures.Way, timeToLive: Double?, path: String)

    private func measureServer() async throws -> [TotalsFigures.Row] {
        let feed = data.path(start: .first, pageSize: bench.pageSize)
        let offset = data.offsetPath(depth: 0, pageSize: bench.pageSize)
        let inMemory: [Plan] = [(.none, nil, feed)] + Self.timesToLive.map { (.memory, $0, offset) }
        var rows: [TotalsFigures.Row] = []
        for plan in inMemory { rows.append(try await measure(plan, redis: "none")) }
        guard FileManager.default.isExecutableFile(atPath: RedisBinary.path) else {
            let reason = "redis-server is not installed"
            return rows
                + Self.timesToLive.map {
                    .init(way: .redis, place: .http, timeToLive: $0, load: .notMeasured(reason))
                }
        }
        for timeToLive in Self.timesToLive {
            // An empty one each time, which knows no total of the server before.
            rows.append(
                try await bench.redis.serve { address in
                    try await measure((.redis, timeToLive, offset), redis: address)
                })
        }
        let nobody = "redis://127.0.0.1:\(try FreePort.find())"
        for timeToLive in Self.timesToLive {
            rows.append(try await measure((.redisAway, timeToLive, offset), redis: nobody))
        }
        return rows
    }

    private func measure(_ plan: Plan, redis: String) async throws -> TotalsFigures.Row {
        let settings = plan.timeToLive.map { ["--count-ttl", "\($0)"] } ?? []
        let load: Outcome<TotalsFigures.Load> =
            switch bench.load {
            case .notMeasured(let reason): .notMeasured(reason)
            case .measured(let generator):
                .measured(
                    try await bench.server.serve(data.database, redis: redis, settings: settings) { server in
                        try await measure(plan.path, of: server, with: generator)
                    })
            }
        return .init(way: plan.way, place: .http, timeToLive: plan.timeToLive, load: load)
    }

    private func measure(
        _ path: String, of server: ServerProcess, with generator: LoadGenerator
    ) async throws -> TotalsFigures.Load {
        let load = LoadGenerator.Load(
            port: server.port, paths: [path], connections: Self.concurrency,
            seconds: bench.effort.totalsSeconds,
            seed: bench.settings.seed)
        let before = try Self.counts(of: server)
        let reading = try await LoadMeter(generator: generator).run(load, on: server, rows: bench.pageSize)
        return TotalsFigures.Load(reading, counts: try Self.counts(of: server) - before)
    }

    private func measurePeer() async throws -> [TotalsFigures.Row] {
        let plans: [Plan] = [
            (.none, nil, data.peerPath(start: .first, pageSize: bench.pageSize)),
            (.count, nil, data.offsetPath(depth: 0, pageSize: bench.pageSize)),
        ]
        func rows(_ reason: String) -> [TotalsFigures.Row] {
            plans.map { .init(way: $0.way, place: .peer, timeToLive: nil, load: .notMeasured(reason)) }
        }
        switch (bench.load, bench.peer, data.peerDatabase) {
        case (.notMeasured(let reason), _, _), (_, .notMeasured(let reason), _),
            (_, _, .notMeasured(let reason)):
            return rows(reason)
        case (.measured(let generator), .measured(let peer), .measured(let database)):
            return try await peer.serve(database) { server in
                var rows: [TotalsFigures.Row] = []
                for plan in plans {
                    let load = LoadGenerator.Load(
                        port: server.port, paths: [plan.path], connections: Self.concurrency,
                        seconds: bench.effort.totalsSeconds, seed: bench.settings.seed)
                    let reading = try await LoadMeter(generator: generator).run(
                        load, on: server, rows: bench.pageSize)
                    // As it is written: one for each request.
                    let counts = plan.way == .count ? reading.load.requests : 0
                    rows.append(
                        .init(
                            way: plan.way, place: .peer, timeToLive: nil,
                            load: .measured(TotalsFigures.Load(reading, counts: counts))))
                }
                return rows
            }
        }
    }

    /// COUNTs that a server has run, by its own metrics.
    private static func counts(of server: ServerProcess) throws -> Int {
        let metrics = String(decoding: try HTTPConnection(port: server.port).get("/metrics"), as: UTF8.self)
        return try PrometheusSample.sum(of: "count_cache_loads_total", in: metrics)
    }
}

extension TotalsFigures.Load {
    fileprivate init(_ reading: LoadMeter.Reading, counts: Int) {
        self.init(
            seconds: reading.load.seconds, requests: reading.load.requests,
            requestsPerSecond: reading.requestsPerSecond, counts: counts,
            cpuPerRequest: reading.cpuPerRequest,
            median: reading.load.median, p99: reading.load.p99)
    }
}
