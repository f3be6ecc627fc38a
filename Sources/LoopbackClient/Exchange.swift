import NIOCore
import NIOHTTP1

/// A request on its way to its response. It ends once, and nothing of it is left then.
///
/// It belongs to the client's event loop.
final class Exchange {
    let request: HTTPClientRequest
    let target: Target
    let timeout: TimeAmount
    /// What it waits for.
    var stage = HTTPClientError.Stage.turn
    /// What it has opened or uses, and closes when it fails.
    var channels: [any Channel] = []
    private(set) var isOver = false
    private let response: EventLoopPromise<HTTPClientResponse>
    private var deadline: Scheduled<Void>?

    init(
        _ request: HTTPClientRequest, to target: Target, timeout: TimeAmount,
        response: EventLoopPromise<HTTPClientResponse>
    ) {
        self.request = request
        self.target = target
        self.timeout = timeout
        self.response = response
    }

    /// Lets its time begin.
    func begin(on loop: any EventLoop) {
        deadline = loop.assumeIsolated().scheduleTask(in: timeout) { self.fail(.timeout(self.timeout)) }
    }

    func fail(_ reason: HTTPClientError.Reason) {
        end(.failure(HTTPClientError(reason, stage, of: request)))
    }

    func end(_ outcome: Result<HTTPClientResponse, any Error>) {
        if isOver { return }
        isOver = true
        deadline?.cancel()
        if case .failure = outcome {
            for channel in channels { channel.close(promise: nil) }
        }
        channels = []
        response.completeWith(outcome)
    }

    /// Doing it twice does what doing it once does (RFC 9110, 9.2.2).
    var isIdempotent: Bool {
        [.GET, .HEAD, .OPTIONS, .TRACE, .PUT, .DELETE].contains(request.method)
    }

    var head: HTTPRequestHead {
        var headers = request.headers
        if !headers.contains(name: "Host") { headers.add(name: "Host", value: target.authority) }
        headers.remove(name: "Content-Length")
        headers.remove(name: "Transfer-Encoding")
        let length = request.body?.buffer.readableBytes ?? 0
        // What has no body says so where one is expected (RFC 9110, 8.6).
        if length > 0 || ![.GET, .HEAD, .DELETE, .CONNECT, .TRACE].contains(request.method) {
            headers.add(name: "Content-Length", value: "\(length)")
        }
        return HTTPRequestHead(version: .http1_1, method: request.method, uri: target.path, headers: headers)
    }
}
