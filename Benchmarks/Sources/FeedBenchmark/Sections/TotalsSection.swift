import BenchmarkReport
import CountCache
import FeedStore
import Foundation

/// What it costs to show a total.
struct TotalsSection {
    private static let concurrency = 32
    /// In seconds.
    private static let timesToLive = [0.1, 1, 5]
    /// Longest wait for a server to know how its Redis is.
    private static let redisLimit = Duration.seconds(10)

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

    /// A way, and what is asked for.
    private struct Plan {
        var way: TotalsFigures.Way
        /// In seconds.
        var timeToLive: Double?
        var path: String

        func row(_ place: TotalsFigures.Place, _ load: Outcome<TotalsFigures.Load>) -> TotalsFigures.Row {
            .init(way: way, place: place, timeToLive: timeToLive, load: load)
        }
    }

    private func measureServer() async throws -> [TotalsFigures.Row] {
        let feed = Plan(way: .none, timeToLive: nil, path: data.path(depth: 0, pageSize: bench.pageSize))
        func plans(_ way: TotalsFigures.Way) -> [Plan] {
            Self.timesToLive.map {
                Plan(way: way, timeToLive: $0, path: data.offsetPath(depth: 0, pageSize: bench.pageSize))
            }
        }
        var rows: [TotalsFigures.Row] = []
        for plan in [feed] + plans(.memory) {
            rows.append(plan.row(.http, try await measure(plan, redis: "none", state: "off")))
        }
        for plan in plans(.redis) {
            guard FileManager.default.isExecutableFile(atPath: RedisBinary.path) else {
                rows.append(plan.row(.http, .notMeasured("redis-server is not installed")))
                continue
            }
            // An empty one each time, which knows no total of the server before.
            let load = try await bench.redis.serve { address in
                try await measure(plan, redis: address, state: "ok")
            }
            rows.append(plan.row(.http, load))
        }
        for plan in plans(.redisAway) {
            let nobody = "redis://127.0.0.1:\(try FreePort.find())"
            rows.append(plan.row(.http, try await measure(plan, redis: nobody, state: "away")))
        }
        return rows
    }

    /// - Parameter state: of Redis, as `/readyz` has to tell it before and after: else something else is measured.
    private func measure(
        _ plan: Plan, redis: String, state: String
    ) async throws -> Outcome<TotalsFigures.Load> {
        let settings = plan.timeToLive.map { ["--count-ttl", "\($0)"] } ?? []
        return try await bench.server.serve(data.database, redis: redis, settings: settings) { server in
            try await waitForRedis(state, at: server)
            let before = try Self.counts(of: server)
            let reading = try await read(plan, of: server)
            let counts = try Self.counts(of: server) - before
            try await waitForRedis(state, at: server)
            return reading.map { TotalsFigures.Load($0, counts: counts) }
        }
    }

    private func read(_ plan: Plan, of server: ServerProcess) async throws -> Outcome<LoadMeter.Reading> {
        switch bench.load {
        case .notMeasured(let reason): return .notMeasured(reason)
        case .measured(let generator):
            let target = LoadMeter.Target(
                path: plan.path, ids: data.ids(atDepth: 0, pageSize: bench.pageSize))
            return try await LoadMeter(generator: generator, pageSize: bench.pageSize).run(
                [target], on: server, connections: Self.concurrency, seconds: bench.effort.totalsSeconds,
                seed: bench.settings.seed)
        }
    }

    private func waitForRedis(_ state: String, at server: ServerProcess) async throws {
        let end = ContinuousClock.now + Self.redisLimit
        while .now < end {
            let answer = String(decoding: try HTTPConnection(port: server.port).get("/readyz"), as: UTF8.self)
            if answer.contains("\"redis\":\"\(state)\"") { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw BenchmarkFailure("feed-server does not say that its Redis is \(state)")
    }

    private func measurePeer() async throws -> [TotalsFigures.Row] {
        let plans = [
            Plan(way: .none, timeToLive: nil, path: data.peerPath(depth: 0, pageSize: bench.pageSize)),
            Plan(way: .count, timeToLive: nil, path: data.offsetPath(depth: 0, pageSize: bench.pageSize)),
        ]
        switch (bench.peer, data.peerDatabase) {
        case (.notMeasured(let reason), _), (_, .notMeasured(let reason)):
            return plans.map { $0.row(.peer, .notMeasured(reason)) }
        case (.measured(let peer), .measured(let database)):
            return try await peer.serve(database) { server in
                var rows: [TotalsFigures.Row] = []
                for plan in plans {
                    let reading = try await read(plan, of: server)
                    rows.append(
                        plan.row(
                            .peer,
                            reading.map {
                                // As it is written: one for each request.
                                TotalsFigures.Load($0, counts: plan.way == .count ? $0.load.requests : 0)
                            }))
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
