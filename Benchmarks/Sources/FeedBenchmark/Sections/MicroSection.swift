import BenchmarkReport
import Foundation
import MicroMeasurement
import SystemPackage

/// What single steps of a request's way cost, held against what is committed to.
struct MicroSection {
    let bench: Bench

    func measure() async throws -> MicroFigures {
        bench.progress.begin("micro")
        guard FileManager.default.isExecutableFile(atPath: RedisBinary.path) else {
            return try await measure(redis: nil)
        }
        return try await bench.redis.serve { address in try await measure(redis: address) }
    }

    private func measure(redis: String?) async throws -> MicroFigures {
        try await measureMicro(
            executables: FilePath(bench.settings.executables.path),
            thresholds: FilePath(bench.settings.package.appending(path: "Thresholds/micro.json").path),
            redis: redis,
            isQuick: bench.settings.isQuick
        ) { step in bench.progress.begin("micro: \(step)") }
    }
}
