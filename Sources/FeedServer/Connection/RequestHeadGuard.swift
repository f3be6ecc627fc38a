import NIOCore
import NIOHTTP1

/// Refuses heads that ``RequestHeadFault`` knows, and says which request is the last of its connection.
///
/// It stands right behind NIO's decoder: the next handler forgets the version, and there is more than one reader
/// behind it. An error is what it refuses with: ``ConnectionGuard`` answers it, and closes.
///
/// After it, a request has the field `Connection: close` exactly if no other may follow, and no other `Connection`.
final class RequestHeadGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    /// Nothing that comes behind a head that was refused can be understood.
    private var hasRefused = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasRefused else { return }
        guard case .head(var head) = unwrapInboundIn(data) else {
            context.fireChannelRead(data)
            return
        }
        if let fault = RequestHeadFault(head) {
            hasRefused = true
            context.fireErrorCaught(fault)
            return
        }
        let isLast = Self.isLast(head)
        guard isLast || head.headers.contains(name: "Connection") else {
            context.fireChannelRead(data)
            return
        }
        head.headers.remove(name: "Connection")
        if isLast { head.headers.add(name: "Connection", value: "close") }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// Whether nothing behind a request is to be read as another one (RFC 9112, section 9.6). The decoder itself
    /// goes deaf behind `CONNECT` and where another protocol is offered (RFC 9110, sections 7.8 and 9.3.6), of which
    /// no address has any.
    private static func isLast(_ head: HTTPRequestHead) -> Bool {
        !head.isKeepAlive || head.method == .CONNECT || head.headers.contains(name: "Upgrade")
    }
}

@available(*, unavailable)
extension RequestHeadGuard: Sendable {}
