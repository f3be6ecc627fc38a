import NIOCore
import NIOPosix
import NIOSSL

/// Makes channels to nodes, with TLS where it belongs.
struct RedisConnector {
    let eventLoop: any EventLoop
    let tls: RedisTLS?
    let connectTimeout: TimeAmount
    let maxReplyBytes: Int

    /// Connects to a node. On success the handler's channel is to be adopted or closed.
    ///
    /// - Parameter willUse: hears of each channel before it connects, several if a host has several addresses, and
    ///   says whether it is still wanted.
    func connect(
        _ connection: RedisDriver.ConnectionID,
        to endpoint: RedisEndpoint,
        for driver: RedisDriver,
        willUse: @escaping (any Channel) -> Bool
    ) -> EventLoopFuture<any Channel> {
        let driver = NIOLoopBound(driver, eventLoop: eventLoop)
        let willUse = NIOLoopBound(willUse, eventLoop: eventLoop)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(connectTimeout)
            .channelInitializer { [tls, maxReplyBytes] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard willUse.value(channel) else { throw ChannelError.ioOnClosedChannel }
                    let pipeline = channel.pipeline.syncOperations
                    let tlsHandler = try Self.tlsHandler(for: endpoint, tls)
                    if let tlsHandler { try pipeline.addHandler(tlsHandler) }
                    let handler = try RedisChannelHandler(
                        driver: driver.value,
                        connection: connection,
                        tls: tlsHandler != nil,
                        maxReplyBytes: maxReplyBytes
                    )
                    try pipeline.addHandler(handler)
                }
            }
        switch endpoint {
        case .tcp(let host, let port, _):
            return bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1).connect(host: host, port: port)
        case .unix(let path):
            return bootstrap.connect(unixDomainSocketPath: path)
        }
    }

    /// - Throws: ``CountCacheTrouble/tls`` when the host cannot be asked for by TLS.
    private static func tlsHandler(
        for endpoint: RedisEndpoint,
        _ tls: RedisTLS?
    ) throws -> NIOSSLClientHandler? {
        guard case .tcp(_, _, tls: true) = endpoint else { return nil }
        // A redirect keeps the kind of connection that it came by, so there are trust roots where TLS is wanted.
        guard let tls else { throw CountCacheTrouble.tls }
        do {
            return try tls.handler(for: endpoint)
        } catch {
            throw CountCacheTrouble.tls
        }
    }
}
