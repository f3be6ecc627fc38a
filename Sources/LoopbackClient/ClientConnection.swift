import NIOCore
import NIOHTTP1

/// A connection: one exchange after the other. It stands behind NIO's HTTP/1 handlers, which know where a response
/// ends, and leave out informational ones.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// It is ready for another exchange.
    var onIdle: (ClientConnection) -> Void = { _ in }
    /// It is gone. An exchange that may be repeated is handed over; it has not ended.
    var onClose: (ClientConnection, Exchange?) -> Void = { _, _ in }

    private let maximumBodyBytes: Int
    private var context: ChannelHandlerContext?
    private var exchange: Exchange?
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()
    /// The whole request has left.
    private var isSent = false
    /// It has answered before, and the server may have closed it since.
    private var isReused = false
    private var failure: (any Error)?

    init(maximumBodyBytes: Int) {
        self.maximumBodyBytes = maximumBodyBytes
    }

    /// It is open, as far as anybody knows.
    var isActive: Bool { context?.channel.isActive ?? false }

    func close() {
        context?.close(promise: nil)
    }

    func send(_ exchange: Exchange) {
        guard let context else { return exchange.fail(.closed) }
        self.exchange = exchange
        exchange.channels = [context.channel]
        exchange.stage = .head
        head = nil
        body = ByteBuffer()
        isSent = false
        context.write(wrapOutboundOut(.head(exchange.head)), promise: nil)
        if let body = exchange.request.body?.buffer, body.readableBytes > 0 {
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        // What can't be written closes the connection: that ends the exchange.
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenSuccess { self.isSent = true }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
    }

    // MARK: ChannelInboundHandler

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // Not `channelInactive`, which is not told of what is closed while it is told that it is connected.
        context.channel.closeFuture.assumeIsolated().whenComplete { _ in self.closed() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let exchange else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            exchange.stage = .body
        case .body(let part):
            guard body.readableBytes + part.readableBytes <= maximumBodyBytes else {
                exchange.fail(.bodyTooLarge(maximumBodyBytes))
                return
            }
            body.writeImmutableBuffer(part)
        case .end:
            guard let head else { return }
            self.exchange = nil
            exchange.end(
                .success(
                    HTTPClientResponse(
                        status: head.status, headers: head.headers, body: .init(buffer: body))))
            body = ByteBuffer()
            // A response that came before the end of the request leaves the rest of that behind; one that ends with
            // the connection leaves none.
            if isSent, head.isKeepAlive, context.channel.isActive {
                isReused = true
                onIdle(self)
            } else {
                context.close(promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failure = failure ?? error
        context.close(promise: nil)
    }

    private func closed() {
        let exchange = exchange.flatMap { $0.isOver ? nil : $0 }
        self.exchange = nil
        guard let exchange else { return onClose(self, nil) }
        // A parser's error tells that something of a response has come.
        let isUnanswered = head == nil && (failure == nil || failure is IOError)
        if isReused, isUnanswered, exchange.isIdempotent { return onClose(self, exchange) }
        exchange.fail(failure.map { HTTPClientError.Reason($0) } ?? .closed)
        onClose(self, nil)
    }
}

extension HTTPClientError.Reason {
    /// - Parameter error: what has ended a connection.
    fileprivate init(_ error: any Error) {
        self = error as? HTTPParserError == .invalidEOFState ? .closed : .other(error)
    }
}
