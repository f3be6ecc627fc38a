public import NIOCore
import NIOPosix

/// A client for servers on this machine: what `populate` and the tests speak to the server with.
///
/// HTTP/1.1 without TLS, and no more of it than that needs: it follows no redirects, keeps no cookies, decompresses
/// nothing, and collects a response to its end before it hands it out. Informational responses are left out.
///
/// Connections are kept and used again. One that the server has closed meanwhile is noticed at once, or when a request
/// is sent: that is repeated once on a new connection if it is idempotent and nothing was answered (RFC 9110, 9.2.2).
/// Others fail: nobody knows whether they were carried out.
public final class HTTPClient: Sendable {
    /// One for all; it lives as long as the process.
    public static let shared = HTTPClient()

    private let pool: NIOLoopBoundBox<ConnectionPool>

    /// - Parameters:
    ///   - connectionsPerAddress: open at a time; further requests wait for their turn, which comes in their order.
    ///   - maximumBodyBytes: of a response.
    public init(connectionsPerAddress: Int = 64, maximumBodyBytes: Int = 32 << 20) {
        // All on one loop: nothing is locked, and a cancellation comes behind what it cancels.
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        pool = .makeBoxSendingValue(
            ConnectionPool(
                loop: loop, connectionsPerAddress: connectionsPerAddress,
                maximumBodyBytes: maximumBodyBytes),
            eventLoop: loop)
    }

    deinit {
        pool.eventLoop.execute { [pool] in pool.value.close() }
    }

    /// Sends a request, and returns when the response is complete.
    ///
    /// - Parameter timeout: from now to the last byte, with the wait for a connection.
    /// - Throws: ``HTTPClientError``; `CancellationError`. The connection is closed then.
    public func execute(
        _ request: HTTPClientRequest, timeout: TimeAmount
    ) async throws -> HTTPClientResponse {
        try Task.checkCancellation()
        guard let target = Target(url: request.url) else {
            throw HTTPClientError(.invalidURL, .connection, of: request)
        }
        let loop = pool.eventLoop
        let response = loop.makePromise(of: HTTPClientResponse.self)
        let exchange = NIOLoopBoundBox.makeBoxSendingValue(
            Exchange(request, to: target, timeout: timeout, response: response), eventLoop: loop)
        loop.execute { [pool] in pool.value.begin(exchange.value) }
        return try await withTaskCancellationHandler {
            try await response.futureResult.get()
        } onCancel: {
            loop.execute { exchange.value.end(.failure(CancellationError())) }
        }
    }
}
