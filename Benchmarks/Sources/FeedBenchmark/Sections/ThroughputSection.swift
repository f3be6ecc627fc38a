import BenchmarkReport
import FeedStore
import Foundation

/// What a server answers without a pause, in turns with the peer.
struct ThroughputSection {
    private static let connections = [1, 64]
    /// Cursors, and users, that are asked for by chance.
    private static let addresses = 2_000

    let bench: Bench
    let data: FeedData

    func measure() async throws -> ThroughputFigures {
        bench.progress.begin("throughput")
        guard case .measured(let generator) = bench.load else {
            return ThroughputFigures(
                secondsPerRound: bench.effort.throughputSeconds,
                rows: rows { _, _, _ in bench.load.map { _ in [] } })
        }
        let meter = LoadMeter(generator: generator, pageSize: bench.pageSize)
        return try await bench.server.serve(data.database) { server in
            switch (bench.peer, data.peerDatabase) {
            case (.measured(let peer), .measured(let database)):
                try await peer.serve(database) { running in
                    try await peer.checkPages(of: running, against: server, user: data.prolificUsers[0])
                    return try await measure([.feedServer: server, .peer: running], meter, "")
                }
            case (.notMeasured(let reason), _), (_, .notMeasured(let reason)):
                try await measure([.feedServer: server], meter, reason)
            }
        }
    }

    private func measure(
        _ servers: [ThroughputFigures.Server: ServerProcess], _ meter: LoadMeter, _ noPeer: String
    ) async throws -> ThroughputFigures {
        var rounds: [String: Outcome<[ThroughputFigures.Round]>] = [:]
        var generator = SeededGenerator(seed: bench.settings.seed)
        var done = 0
        let kinds = ThroughputFigures.Workload.allCases.flatMap { load in Self.connections.map { (load, $0) }
        }
        let total = kinds.count * bench.effort.throughputRounds * servers.count
        for (workload, connections) in kinds {
            for round in 0..<bench.effort.throughputRounds {
                for name in ThroughputFigures.Server.allCases.shuffled(using: &generator) {
                    guard let server = servers[name] else { continue }
                    let reading = try await meter.run(
                        targets(workload, name), on: server, connections: connections,
                        seconds: bench.effort.throughputSeconds, seed: bench.settings.seed &+ UInt64(round))
                    let key = key(name, workload, connections)
                    rounds[key] = reading.map { (rounds[key]?.value ?? []) + [ThroughputFigures.Round($0)] }
                    done += 1
                    bench.progress.update(done: done, of: total)
                }
            }
        }
        return ThroughputFigures(
            secondsPerRound: bench.effort.throughputSeconds,
            rows: rows { server, workload, connections in
                rounds[key(server, workload, connections)] ?? .notMeasured(noPeer)
            })
    }

    private func key(
        _ server: ThroughputFigures.Server, _ workload: ThroughputFigures.Workload, _ connections: Int
    ) -> String {
        "\(server) \(workload) \(connections)"
    }

    private func rows(
        _ rounds: (ThroughputFigures.Server, ThroughputFigures.Workload, Int) -> Outcome<
            [ThroughputFigures.Round]
        >
    ) -> [ThroughputFigures.Row] {
        ThroughputFigures.Workload.allCases.flatMap { workload in
            Self.connections.flatMap { connections in
                ThroughputFigures.Server.allCases.map { server in
                    ThroughputFigures.Row(
                        server: server, workload: workload, connections: connections,
                        rounds: rounds(server, workload, connections))
                }
            }
        }
    }

    private func targets(
        _ workload: ThroughputFigures.Workload, _ server: ThroughputFigures.Server
    ) -> [LoadMeter.Target] {
        let size = bench.pageSize
        func feed(_ depth: Int) -> LoadMeter.Target {
            LoadMeter.Target(
                path: server == .peer
                    ? data.peerPath(depth: depth, pageSize: size) : data.path(depth: depth, pageSize: size),
                ids: data.ids(atDepth: depth, pageSize: size))
        }
        switch workload {
        case .firstPage: return [feed(0)]
        case .offsetPage:
            return [
                LoadMeter.Target(
                    path: data.offsetPath(depth: 0, pageSize: size), ids: data.ids(atDepth: 0, pageSize: size)
                )
            ]
        case .userFeed:
            return data.prolificUsers.prefix(Self.addresses).map {
                LoadMeter.Target(path: "/api/users/\($0)/posts/feed?page_size=\(size)", ids: nil)
            }
        case .randomCursors:
            var generator = SeededGenerator(seed: bench.settings.seed)
            let depths = 1..<(data.positions.count - size)
            return (0..<Self.addresses).map { _ in feed(Int.random(in: depths, using: &generator)) }
        }
    }
}

extension ThroughputFigures.Round {
    fileprivate init(_ reading: LoadMeter.Reading) {
        self.init(
            requests: reading.load.requests, requestsPerSecond: reading.requestsPerSecond,
            cpuPerRequest: reading.cpuPerRequest, median: reading.load.median, p99: reading.load.p99,
            resident: reading.resident, anonymous: reading.anonymous)
    }
}
