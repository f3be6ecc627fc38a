import BenchmarkReport

/// Something whose time is measured, in turns with others.
struct Contender {
    /// How often.
    var samples: Int
    /// The name of what is at work together, see ``Turns``.
    var group: String
    /// Once. What throws fails the run.
    var run: () async throws -> Void

    /// Measures all, each as often as it wants, in the order of ``Turns``.
    ///
    /// Before that each runs once unmeasured, and so does the first of a group whenever the group's turn comes: its
    /// connection may have been idle for too long, and the caches are another group's.
    ///
    /// - Returns: the times of each.
    static func measure(
        _ contenders: [Contender], seed: UInt64, progress: Progress
    ) async throws -> [Outcome<Latency>] {
        for contender in contenders where contender.samples > 0 { try await contender.run() }
        var recorders = contenders.map { _ in LatencyRecorder() }
        let total = contenders.reduce(0) { $0 + $1.samples }
        var done = 0
        var group: String?
        for index in Turns(samples: contenders.map(\.samples), groups: contenders.map(\.group), seed: seed) {
            try Task.checkCancellation()
            if contenders[index].group != group {
                group = contenders[index].group
                try await contenders[index].run()
            }
            let start = ContinuousClock.now
            try await contenders[index].run()
            recorders[index].record(.now - start)
            done += 1
            progress.update(done: done, of: total)
            // What waits for a signal gets its turn, even where there is one thread.
            await Task.yield()
        }
        return recorders.map(\.latency)
    }
}
