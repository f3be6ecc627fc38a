import NIOCore

/// Between a channel and its driver: bytes become replies, and every way in which a connection can end becomes one
/// call.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never

    private let driver: RedisConnectionDriver
    private let attempt: UInt64
    private var decoder: RedisReplyDecoder

    /// - Throws: ``CountCacheTrouble/overload`` when there is no memory for a decoder.
    init(driver: RedisConnectionDriver, attempt: UInt64, maxReplyBytes: Int) throws(CountCacheTrouble) {
        self.driver = driver
        self.attempt = attempt
        decoder = try RedisReplyDecoder(maxReplyBytes: maxReplyBytes)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try decoder.decode(unwrapInboundIn(data)) { reply in
                driver.received(reply, attempt: attempt)
            }
        } catch {
            end(error, context: context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        driver.failed(.closed, attempt: attempt)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.closed, context: context)
    }

    private func end(_ trouble: CountCacheTrouble, context: ChannelHandlerContext) {
        driver.failed(trouble, attempt: attempt)
        context.close(promise: nil)
    }
}
