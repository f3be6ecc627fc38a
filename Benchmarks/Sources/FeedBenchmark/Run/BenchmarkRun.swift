public import BenchmarkReport
import FeedStore
import Foundation

/// One run: the sections one after the other, each kept as soon as it is finished.
public struct BenchmarkRun {
    private let settings: BenchmarkSettings
    private let progress = Progress()
    private let began = Date()
    private let clock = ContinuousClock.now

    public init(settings: BenchmarkSettings) {
        self.settings = settings
    }

    /// Runs to the end, until something fails, or until its task is cancelled.
    ///
    /// - Returns: the report, which is in the output folder as well. Its status says how the run ended.
    /// - Throws: when it can't even begin, or a report can't be written.
    public func run() async throws -> Report {
        let server = settings.executables.appending(path: "feed-server").path
        guard FileManager.default.isExecutableFile(atPath: server) else {
            throw BenchmarkFailure("\(server) is not there; `make bench` builds it")
        }
        let folder = try OutputFolder(settings.output)
        defer { folder.close() }
        let files = ReportFiles(in: settings.output)
        let survey = MachineSurvey(folder: folder.work, package: settings.package)
        var report = Report(run: description(.running), machine: await survey.describe())
        for section in BenchmarkSettings.Section.allCases where !settings.sections.contains(section) {
            report.set(section, "it was left out")
        }
        try files.keep(report)
        do {
            let bench = try await prepare(server: server, folder: folder.work)
            if let peer = bench.peer.value {
                report.machine.versions.merge(try await peer.versions()) { own, _ in own }
            }
            try await measure(bench, into: &report) { report in
                report.run = description(.running)
                try files.keep(report)
            }
            report.run = description(.complete)
            let broken = report.claims.filter { $0.verdict == .fails }
            if !broken.isEmpty {
                let sentences = broken.map { "\($0.text) (\($0.evidence))" }
                report.run = description(.failed, "not so: " + sentences.joined(separator: "; "))
            }
        } catch {
            let isInterrupted = error is CancellationError || Task.isCancelled
            report.run =
                isInterrupted ? description(.interrupted) : description(.failed, "\(progress.step): \(error)")
            let reason = isInterrupted ? "the run was interrupted" : "the run failed"
            for section in settings.sections where report.isPending(section) { report.set(section, reason) }
        }
        try files.keep(report)
        progress.begin("drawing")
        if let problem = try await files.draw(report) { progress.say(problem) }
        progress.end()
        return report
    }

    // MARK: Parts

    private func prepare(server: String, folder: URL) async throws -> Bench {
        Bench(
            settings: settings, progress: progress, server: FeedServerBinary(path: server, folder: folder),
            redis: RedisBinary(folder: folder),
            load: await LoadGenerator.isInstalled()
                ? .measured(try LoadGenerator(folder: folder)) : .notMeasured("wrk is not installed"),
            peer: try await installPeer(folder: folder), folder: folder)
    }

    private func installPeer(folder: URL) async throws -> Outcome<Peer> {
        guard needsData else { return .notMeasured("the sections with it were left out") }
        progress.begin("installing the peer")
        return try await Peer.install(
            sources: settings.package.appending(path: "peers/fastapi"),
            environment: settings.package.appending(path: ".build/peers/fastapi"), folder: folder)
    }

    /// Whether a section reads the main database.
    private var needsData: Bool { !settings.sections.isDisjoint(with: [.depth, .totals, .throughput]) }

    private func measure(
        _ bench: Bench, into report: inout Report, keep: (inout Report) throws -> Void
    ) async throws {
        let chosen = settings.sections
        if needsData {
            let data = try await makeData(bench)
            if chosen.contains(.depth) {
                report.depth = .measured(try await DepthSection(bench: bench, data: data).measure())
                try keep(&report)
            }
            if chosen.contains(.totals) {
                report.totals = .measured(try await TotalsSection(bench: bench, data: data).measure())
                try keep(&report)
            }
            if chosen.contains(.throughput) {
                report.throughput = .measured(try await ThroughputSection(bench: bench, data: data).measure())
                try keep(&report)
            }
        }
        if chosen.contains(.drift) {
            report.drift = .measured(try await DriftSection(bench: bench).measure())
            try keep(&report)
        }
        if chosen.contains(.growth) {
            report.growth = .measured(try await GrowthSection(bench: bench).measure())
            try keep(&report)
        }
        if chosen.contains(.writes) {
            report.writes = .measured(try await WritesSection(bench: bench).measure())
            try keep(&report)
        }
        if chosen.contains(.micro) {
            report.micro = .measured(try await MicroSection(bench: bench).measure())
            try keep(&report)
        }
    }

    private func makeData(_ bench: Bench) async throws -> FeedData {
        progress.begin("making the databases")
        let database = bench.folder.appending(path: "feed.sqlite")
        try await bench.server.populate(database, posts: settings.posts, seed: settings.seed)
        let store = try SQLiteStore(path: database.path)
        let survey = try await FeedSurvey.of(store)
        try await store.close()
        let peerDatabase: Outcome<URL> =
            switch bench.peer {
            case .measured(let peer): .measured(try await peer.makeDatabase(from: database))
            case .notMeasured(let reason): .notMeasured(reason)
            }
        return FeedData(
            database: database, peerDatabase: peerDatabase, positions: survey.positions,
            prolificUsers: survey.postsByUser.filter { $0.value >= BenchmarkSettings.pageSize }.map(\.key)
                .sorted())
    }

    private func description(
        _ status: RunDescription.Status, _ failure: String? = nil
    ) -> RunDescription {
        RunDescription(
            status: status, failure: failure, began: began.formatted(.iso8601),
            seconds: (ContinuousClock.now - clock) / .seconds(1), isQuick: settings.isQuick,
            seed: settings.seed,
            posts: settings.posts, pageSize: BenchmarkSettings.pageSize)
    }
}

extension Report {
    fileprivate mutating func set(_ section: BenchmarkSettings.Section, _ reason: String) {
        switch section {
        case .depth: depth = .notMeasured(reason)
        case .drift: drift = .notMeasured(reason)
        case .totals: totals = .notMeasured(reason)
        case .throughput: throughput = .notMeasured(reason)
        case .growth: growth = .notMeasured(reason)
        case .writes: writes = .notMeasured(reason)
        case .micro: micro = .notMeasured(reason)
        }
    }

    fileprivate func isPending(_ section: BenchmarkSettings.Section) -> Bool {
        switch section {
        case .depth: depth.value == nil
        case .drift: drift.value == nil
        case .totals: totals.value == nil
        case .throughput: throughput.value == nil
        case .growth: growth.value == nil
        case .writes: writes.value == nil
        case .micro: micro.value == nil
        }
    }
}
