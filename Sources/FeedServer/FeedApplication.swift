import CountCache
import FeedStore
import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle

/// Builds the server from its parts. The executable and the tests call this same function.
///
/// - Parameters:
///   - onListening: called once with the port, when connections are accepted.
///   - onOperationsListening: called once with the operations address, where there is one, before `onListening`.
/// - Returns: the server; its `run()` ends after a graceful shutdown, when what was in flight has
///   been answered. The last lines of its logs may still wait then: see ``LogOutput/flush(within:)``.
/// - Throws: when a template of the pages is broken.
public func buildFeedServer(
    configuration: ServerConfiguration, parts: FeedServerParts, logger: Logger,
    onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in },
    onOperationsListening: @escaping @Sendable (_ address: String) async -> Void = { _ in }
) throws -> any Service {
    ProcessMetrics.register(in: parts.metrics)
    BuildInfo.register(in: parts.metrics)
    StoreMetrics.register(in: parts.metrics, of: parts.store)
    describe(parts.metrics)
    let accessLog = configuration.logsAccess ? AccessLog(metrics: parts.metrics) : nil
    let observer = RequestObserver(accessLog: accessLog, metrics: parts.metrics)
    let collections = CollectionResponder(
        store: parts.store, counts: parts.counts,
        decoder: PagingDecoder(limits: configuration.limits, cursors: parts.cursors),
        authenticator: parts.authenticator)
    let operations = OperationsResponder(
        store: parts.store, counts: parts.counts, registry: parts.metrics)
    let routes = try Routes(
        configuration: configuration, parts: parts, collections: collections, operations: operations,
        logger: logger)
    let responder = FeedResponder(
        collections: collections, routes: routes.build(), observer: observer, pages: routes.pages,
        hosts: configuration.hosts, logger: logger)
    let metrics = ConnectionMetrics(factory: parts.metrics)
    let line = RequestLine(metrics: parts.metrics)
    parts.metrics.registerGauge("http_requests_waiting", "Requests that no thread has taken up yet.") {
        Double(line.count)
    }
    let policy = ConnectionPolicy(
        timeouts: configuration.connectionTimeouts, metrics: metrics,
        seats: ConnectionSeats(
            capacity: configuration.maximumConnections, share: configuration.maximumConnectionsPerAddress,
            metrics: metrics),
        line: line,
        bodies: BodyBudget(
            capacity: configuration.maximumBodyMemory,
            share: configuration.maximumBodyMemory / BodyBudget.parts, metrics: metrics.requestBodies),
        answers: BodyBudget(
            capacity: configuration.maximumAnswerMemory, share: nil, metrics: metrics.answerBodies),
        trustedProxies: configuration.trustedProxies,
        decodingProblem: { error in
            let answer = Problem(decoding: error).answer
            return (HTTPResponse(status: answer.status, headerFields: answer.fields), answer.body)
        })
    var framework = logger
    // Its own messages tell of starting and of single connections; what matters is said here.
    framework.logLevel = max(logger.logLevel, .warning)
    let descriptors = DescriptorReserve()
    let accepting = AcceptLimit(
        capacity: configuration.maximumConnections, seats: policy.seats, reserve: descriptors,
        metrics: metrics, logger: logger)
    let operationsServer = configuration.operationsAddress.map { address in
        let capacity = configuration.operationsConnections
        var operationsPolicy = policy
        operationsPolicy.seats = ConnectionSeats(capacity: capacity, share: nil, metrics: metrics)
        return OperationsServer(
            address: address, responder: .operations(operations, observer: observer, logger: logger),
            server: guardedServer(operationsPolicy, answering: { _ in [] }),
            accepting: AcceptLimit(
                capacity: capacity, seats: operationsPolicy.seats, reserve: descriptors, metrics: metrics,
                logger: logger),
            logger: framework,
            onListening: { await onOperationsListening("\($0)") })
    }
    var application = Application(
        responder: responder,
        server: guardedServer(
            policy,
            answering: { load in
                [
                    InlineResponder(
                        responder: collections, observer: observer, hosts: configuration.hosts, load: load)
                ]
            }),
        configuration: ApplicationConfiguration(
            address: .hostname(configuration.host, port: configuration.port),
            backlog: 1_024),
        // They are asked to end in the opposite order.
        services: [parts.counts, parts.workshop] + [operationsServer].compactMap(\.self),
        onServerRunning: { channel in
            await accepting.apply(to: channel)
            await onListening(channel.localAddress?.port ?? configuration.port)
        },
        logger: framework)
    if let operationsServer {
        application.beforeServerStarts { try await operationsServer.waitUntilListening() }
    }
    return DrainingService(
        service: application, delay: configuration.drainDelay, logger: framework,
        onDraining: operations.drain)
}

/// Speaks HTTP/1.1 with clients that may be slow, or hostile.
///
/// - Parameter handlers: what answers before the framework does.
private func guardedServer(
    _ policy: ConnectionPolicy,
    answering handlers: @escaping @Sendable (ConnectionLoad) -> [any RemovableChannelHandler]
) -> HTTPServerBuilder {
    HTTPServerBuilder { responder in
        GuardedChannel(
            HTTP1Channel(
                responder: responder,
                configuration: .init(
                    additionalChannelHandlers: policy.makeHandlers(answering: handlers),
                    httpDecoderConfiguration: HeadLimits.decoder)))
    }
}

extension FeedResponder {
    /// What the operations address answers. Whoever gets there may ask by any name.
    fileprivate static func operations(
        _ operations: OperationsResponder, observer: RequestObserver, logger: Logger
    ) -> FeedResponder {
        let table = RouteTable(trustedProxies: 0)
        operations.addRoutes(to: table, isForOperators: true)
        return FeedResponder(
            collections: nil, routes: table.build(), observer: observer, pages: nil, hosts: nil,
            logger: logger)
    }
}

/// How large a request's head may be.
private enum HeadLimits {
    static let fieldBytes = 16 << 10
    static let headBytes = 32 << 10
    static let fieldCount = 100

    static var decoder: HTTP1Channel.Configuration.DecoderConfiguration {
        .init(
            maxHeaderFieldSize: fieldBytes, maxHeaderListSize: headBytes, maxHeaderFieldCount: fieldCount)
    }
}

extension Problem {
    /// - Parameter error: the decoder's, a ``RequestHeadFault``, or a ``BodyBudget/Refusal``.
    fileprivate init(decoding error: any Error) {
        if let refusal = error as? BodyBudget.Refusal {
            self.init(refusal)
            return
        }
        switch error as? RequestHeadFault {
        case .unknownTransferCoding:
            self.init(
                code: .notImplemented,
                detail: "Send the body with Content-Length, or with Transfer-Encoding: chunked.")
        case .transferEncodingInHTTP10:
            self.init(code: .malformedRequest, detail: "HTTP/1.0 knows no Transfer-Encoding.")
        case .transferEncoding:
            self.init(code: .malformedRequest, detail: "Transfer-Encoding is chunked, once.")
        case .hostRepeated:
            self.init(code: .malformedRequest, detail: "A request is for one host: send Host once.")
        case nil:
            self.init(
                code: .malformedRequest, detail: "This is not an HTTP/1.1 request, or its head is too large.")
        }
    }
}

private func describe(_ metrics: PrometheusRegistry) {
    metrics.describe("http_requests_total", "Requests answered.")
    metrics.describe("http_request_duration_seconds", "From a request's head to its whole response.")
    metrics.describe(
        "http_requests_refused_total", "Requests answered 503 at once because too many waited for a thread.")
    metrics.describe("http_connections_open", "Connections open now.")
    metrics.describe("http_connection_timeouts_total", "Connections closed at a deadline.")
    metrics.describe(
        "http_connections_refused_total", "Connections closed as they came, by the bound that was reached.")
    metrics.describe(
        "http_connections_evicted_total",
        "Silent connections closed for new ones, by the bound that was reached.")
    metrics.describe(
        ConnectionMetrics.acceptPausesName,
        "Times that accepting connections paused, by what there was too little of.")
    metrics.describe("http_request_body_bytes_held", "Bytes of bodies whose requests are under way.")
    metrics.describe("http_request_bodies_refused_total", "Bodies cut off, by the bound that was reached.")
    metrics.describe(
        "http_response_body_bytes_held", "Bytes of large answers that clients have not taken yet.")
    metrics.describe(
        "http_response_bodies_refused_total",
        "Large answers refused or cut off, by the bound that was reached.")
    metrics.describe(LineBatches.droppedName, "Lines of a log that were dropped, by log.")
    metrics.describe("picture_worker_failures_total", "Picture workers replaced before their time, by kind.")
    metrics.describe("count_cache_hits_total", "Totals answered, by where they came from.")
    metrics.describe("count_cache_misses_total", "Totals asked for that were past their time to live.")
    metrics.describe("count_cache_unanswered_total", "Totals that were not to be had in time.")
    metrics.describe("count_cache_waiters_joined_total", "Callers that joined a count under way.")
    metrics.describe("count_cache_deferred_total", "Counts put off because they exceed their share.")
    metrics.describe("count_cache_loads_total", "Totals counted in the store.")
    metrics.describe("count_cache_load_duration_seconds", "How long counting took.")
    metrics.describe("count_cache_leases_total", "Leases asked for, by outcome.")
    metrics.describe("count_cache_memory_keys", "Totals remembered by this process.")
    metrics.describe("count_cache_errors_total", "Faults of Redis and of counting, by kind.")
    metrics.describe("count_cache_breaker_state", "1 for the state of the breaker in front of Redis.")
    metrics.describe("count_cache_redis_duration_seconds", "Round trips to Redis.")
    metrics.describe("count_cache_redis_redirects_total", "Redirects of a Redis cluster followed.")
    metrics.describe("count_cache_redis_connects_total", "Connections to Redis that stood.")
    metrics.describe("feed_store_commits_total", "Durable commits.")
    metrics.describe("feed_store_writes_total", "Writes in those commits.")
    metrics.describe(
        "feed_store_reads_refused_total", "Long reads refused because too many ran or waited, by kind.")
    metrics.describe("feed_store_commit_failures_total", "Commits that failed.")
    metrics.describe("feed_store_log_bytes", "Size of the write-ahead log's file.")
    metrics.describe("feed_store_checkpoints_total", "Attempts to empty the log, by outcome.")
}

extension ServerConfiguration {
    fileprivate var connectionTimeouts: ConnectionTimeouts {
        ConnectionTimeouts(
            head: TimeAmount(headTimeout), body: TimeAmount(bodyTimeout), write: TimeAmount(writeTimeout))
    }
}
