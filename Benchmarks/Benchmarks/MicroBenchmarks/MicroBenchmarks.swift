import Benchmark
import CountCache
import Foundation
import MicroOperations
import NIOCore
import NIOPosix

/// The wall time of single steps of a request's way, and of a total from a Redis on the loopback interface, whose
/// address is in `BENCHMARK_REDIS`. `BENCHMARK_SECONDS` is how long each is repeated.
///
/// What the library's build plugin would write, it writes itself: the plugin is compiled anew by every build.
@main
struct MicroBenchmarks: BenchmarkRunnerHooks {
    static func registerBenchmarks() {
        let environment = ProcessInfo.processInfo.environment
        let standardDuration = Duration.seconds(5)
        // One sample is a thousand calls, one after the other, and the figures are divided by that: a clock is too
        // coarse for one call of the fastest kind. Nothing but the time is measured: what is read between two samples
        // for other metrics disturbs those that follow.
        let oneOfAThousand = Benchmark.Configuration(
            metrics: [.wallClock], scalingFactor: .kilo,
            maxDuration: environment["BENCHMARK_SECONDS"].flatMap(Double.init).map(Duration.seconds)
                ?? standardDuration)

        for operation in MicroOperation.all {
            let prepared = PreparedOperation(operation)
            Benchmark(operation.name, configuration: oneOfAThousand) { benchmark in
                let steps = try await prepared.value()
                benchmark.startMeasurement()
                let sum = try await steps.repeated(benchmark.scaledIterations.count)
                benchmark.stopMeasurement()
                precondition(sum != 0, "nothing was done")
            } teardown: {
                try await prepared.close()
            }
        }

        Benchmark(TimedOperation.eventLoop.name, configuration: oneOfAThousand) { benchmark in
            let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
            for _ in benchmark.scaledIterations {
                await withCheckedContinuation { continuation in
                    eventLoop.execute { continuation.resume() }
                }
            }
        }

        guard let redis = environment["BENCHMARK_REDIS"] else { return }
        let shared = Shared { try await SampleCount.inRedis(redis) }
        Benchmark(TimedOperation.redisCount.name, configuration: oneOfAThousand) { benchmark in
            let (cache, keys) = try await shared.value()
            benchmark.startMeasurement()
            for index in benchmark.scaledIterations {
                let count = try await cache.count(for: keys[index % 2]) { _ in 1 }
                precondition(count?.source == .redis, "measured something else: \(String(describing: count))")
            }
            benchmark.stopMeasurement()
        }
    }
}
