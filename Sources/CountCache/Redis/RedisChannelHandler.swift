import NIOCore
import NIOTLS

/// Between a channel and the driver: bytes become replies, and every way in which a connection can begin or end
/// becomes one call.
///
/// Connecting may try several addresses of a host at once, each with a channel and a handler of its own. Only the one
/// that is adopted may speak, and only one is.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never

    private enum Progress {
        /// Nobody has chosen this channel yet.
        case candidate
        /// Chosen, and the TLS handshake goes on.
        case securing
        case standing
        case ended
    }

    private let driver: RedisDriver
    private let connection: RedisDriver.ConnectionID
    private var decoder: RedisReplyDecoder
    private var progress = Progress.candidate
    private var isSecure: Bool
    /// What ended the channel before it was adopted.
    private var earlyEnd: CountCacheTrouble?

    /// - Parameter tls: whether a TLS handshake comes before the first byte.
    /// - Throws: ``CountCacheTrouble/overload`` when there is no memory for a decoder.
    init(
        driver: RedisDriver,
        connection: RedisDriver.ConnectionID,
        tls: Bool,
        maxReplyBytes: Int
    ) throws(CountCacheTrouble) {
        self.driver = driver
        self.connection = connection
        isSecure = !tls
        decoder = try RedisReplyDecoder(maxReplyBytes: maxReplyBytes)
    }

    /// The channel was chosen.
    func adopt() {
        guard case .candidate = progress else { return }
        progress = .securing
        if let earlyEnd {
            end(earlyEnd)
        } else if isSecure {
            stand()
        } else {
            driver.securing(connection)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            isSecure = true
            if case .securing = progress { stand() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .ended = progress { return }
        decoder.append(unwrapInboundIn(data))
        do {
            // A reply may end everything, or have more bytes come in before it is dealt with.
            while let reply = try decoder.next() {
                driver.received(reply, connection)
                if case .ended = progress { return }
            }
        } catch {
            end(error)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(isSecure ? .closed : .tls)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(isSecure ? .closed : .tls)
        context.close(promise: nil)
    }

    private func stand() {
        progress = .standing
        driver.connected(connection)
    }

    private func end(_ trouble: CountCacheTrouble) {
        switch progress {
        case .candidate:
            earlyEnd = earlyEnd ?? trouble
        case .securing, .standing:
            progress = .ended
            driver.failed(trouble, connection)
        case .ended:
            break
        }
    }
}
