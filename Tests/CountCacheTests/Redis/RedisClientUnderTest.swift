import NIOPosix
import TestSupport
import Testing

@testable import CountCache

/// A client with what can be seen of it from outside.
struct RedisClientUnderTest: Sendable {
    static let echo = RedisScript("return ARGV[1]")
    static let set = RedisScript("redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])")

    let client: RedisClient
    let log = LogRecorder()
    let metrics = MetricsSpy()

    /// Timeouts are generous unless given, for a busy machine.
    init(
        _ url: String,
        commandTimeout: Duration = .seconds(60),
        change: (inout RedisConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = RedisConfiguration(address: try RedisAddress(url))
        configuration.commandTimeout = commandTimeout
        configuration.connectTimeout = .seconds(60)
        change(&configuration)
        client = try RedisClient(
            configuration: configuration,
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
            logger: log.logger,
            troubles: TroubleReporter(
                metrics: CountCacheMetrics(factory: metrics), logger: log.logger, clock: .system),
            metricsFactory: metrics,
            random: SystemRandomNumberGenerator()
        )
    }

    /// Runs the body with a started client, then stops it and sees that nothing is left of it.
    func whileRunning(_ body: () async throws -> Void) async throws {
        client.start()
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await client.stop()
        #expect(try await client.remainder() == RedisDriver.Remainder())
        #expect(client.state == .away)
        #expect(breaker == nil)
        try result.get()
    }

    func run(_ script: RedisScript, _ key: String = "{key}", _ argument: String = "x") async -> RedisReply? {
        await run(RedisScriptCall(script: script, keys: [key], arguments: [argument]))
    }

    func run(_ call: RedisScriptCall) async -> RedisReply? {
        let reply = Watched<RedisReply??>(nil)
        client.run(call) { answer in reply.update { $0 = .some(answer) } }
        do {
            return try await reply.take("a reply, or that there is none") { $0 }
        } catch {
            Issue.record(error)
            return nil
        }
    }

    /// Whether a call got its own reply.
    func echoes(_ text: String, _ key: String = "{key}") async -> Bool {
        await run(Self.echo, key, text) == .bulk(Array(text.utf8))
    }

    func errors(_ kind: CountCacheTrouble) -> Int64 {
        metrics.value("count_cache_errors_total \(kind.rawValue)")
    }
    /// Returns when a trouble has been counted.
    func meets(_ kind: CountCacheTrouble) async throws {
        try await metrics.wait(for: "count_cache_errors_total \(kind.rawValue)", until: 1)
    }
    /// Returns when the breaker is in a state, for however short a time.
    func turns(_ breaker: RedisBreaker) async throws {
        try await metrics.wait(for: "count_cache_breaker_state \(breaker.rawValue)", until: 1)
    }
    /// Returns when a call succeeds, of which one or another may fail on a busy machine with a short timeout.
    func succeeds() async throws {
        try await waitUntil("a call that succeeds") {
            try await turns(.closed)
            return await echoes("still there?")
        }
    }
    var connects: Int64 { metrics.value("count_cache_redis_connects_total") }
    var redirects: Int64 { metrics.value("count_cache_redis_redirects_total") }
    var replies: Int64 { metrics.value("count_cache_redis_duration_seconds") }
    var breaker: RedisBreaker? {
        RedisBreaker.allCases.first { metrics.value("count_cache_breaker_state \($0.rawValue)") == 1 }
    }
}
