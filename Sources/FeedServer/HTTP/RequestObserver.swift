import HTTPTypes
import Metrics
import NIOCore
import Synchronization

/// Sees every request once, when it has been answered: metrics and the access log.
final class RequestObserver: Sendable {
    private struct Series: Hashable {
        var route: String
        var method: String
        var status: Int
    }

    private struct Handles {
        var requests: Counter
        var duration: Timer
    }

    private let accessLog: AccessLog?
    private let metrics: any MetricsFactory
    private let handles = Mutex<[Series: Handles]>([:])

    /// - Parameter accessLog: where requests are logged, `nil` for nowhere.
    init(accessLog: AccessLog?, metrics: any MetricsFactory) {
        self.accessLog = accessLog
        self.metrics = metrics
    }

    /// - Parameters:
    ///   - route: a pattern, never a path: each one is a series of its own for ever.
    ///   - bytes: of the body.
    ///   - start: when the request's head had been read.
    func finish(head: HTTPRequest, route: String, status: HTTPResponse.Status, bytes: Int, start: NIODeadline)
    {
        let duration = NIODeadline.now() - start
        let method = Self.known.contains(head.method) ? head.method.rawValue : "other"
        let handles = handles(Series(route: route, method: method, status: status.code))
        handles.requests.increment()
        handles.duration.recordNanoseconds(duration.nanoseconds)
        accessLog?.add(
            head: head, status: status, bytes: bytes, microseconds: duration.nanoseconds / 1_000)
    }

    private static let known: Set<HTTPRequest.Method> = [
        .get, .head, .post, .put, .patch, .delete, .options,
    ]

    private func handles(_ series: Series) -> Handles {
        handles.withLock { all in
            if let handles = all[series] { return handles }
            let handles = Handles(
                requests: Counter(
                    label: "http_requests_total",
                    dimensions: [
                        ("method", series.method), ("route", series.route), ("status", "\(series.status)"),
                    ], factory: metrics),
                duration: Timer(
                    label: "http_request_duration_seconds", dimensions: [("route", series.route)],
                    factory: metrics))
            all[series] = handles
            return handles
        }
    }
}
