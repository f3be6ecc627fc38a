import NIOCore
import NIOHTTP1

/// Refuses heads that ``RequestHeadFault`` knows, and says which request is the last of its connection.
///
/// It stands right behind NIO's decoder: the next handler forgets the version, and there is more than one reader
/// behind it. An error is what it refuses with: ``ConnectionGuard`` answers it, and closes.
///
/// After it, `Host` is what the request's target says, where that is an absolute one (RFC 9112, section 3.2.2), and
/// a request has the field `Connection: close` exactly if no other may follow, and no other `Connection`.
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
        let authority = Self.authority(ofTarget: head.uri)
        guard isLast || authority != nil || head.headers.contains(name: "Connection") else {
            context.fireChannelRead(data)
            return
        }
        head.headers.remove(name: "Connection")
        if isLast { head.headers.add(name: "Connection", value: "close") }
        if let authority { head.headers.replaceOrAdd(name: "Host", value: authority) }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// The authority of a target in absolute form, `nil` in any other.
    private static func authority(ofTarget target: String) -> String? {
        guard target.utf8.first != UInt8(ascii: "/") else { return nil }
        let mark = "://".utf8
        let rest = target.utf8.drop { $0 != UInt8(ascii: ":") }
        guard rest.starts(with: mark) else { return nil }
        return String(Substring(rest.dropFirst(mark.count).prefix { !"/?#".utf8.contains($0) }))
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
