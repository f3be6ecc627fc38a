import NIOCore
import NIOPosix
import TestSupport
import Testing

/// Something at Redis's address that is no Redis, or one that has gone mad.
final class HostileServer: Sendable {
    /// What is said, to a greeting or to anything else.
    enum Answer: Sendable {
        case bytes(String)
        /// Each byte by a write of its own.
        case byteByByte(String)
        case bytesAndHangUp(String)
        /// These bytes, then the others again and again for as long as somebody reads them.
        case endless(String, String)
    }

    private static let pong = Answer.bytes("+PONG\r\n")
    /// What is sent of an endless answer at once.
    private static let pieceLength = 64 * 1024

    let port: Int
    private let channel: any Channel
    private let endedConnections: Watched<Int>

    /// - Parameters:
    ///   - greeting: the answer to `PING`; by default what Redis says.
    ///   - answer: the answer to everything else. `PORT` in it is the server's own.
    static func start(greeting: Answer? = nil, answer: Answer) async throws -> HostileServer {
        let ended = Watched(0)
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.closeFuture.whenComplete { _ in ended.update { $0 += 1 } }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Handler(greeting: greeting ?? pong, answer: answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        return HostileServer(port: port, channel: channel, endedConnections: ended)
    }

    private init(port: Int, channel: any Channel, endedConnections: Watched<Int>) {
        self.port = port
        self.channel = channel
        self.endedConnections = endedConnections
    }

    /// Returns when so many connections have come and gone.
    func waitForEndedConnections(_ count: Int) async throws {
        try await endedConnections.wait(for: "\(count) connections that have ended") { $0 >= count }
    }

    func stop() async throws {
        try await channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let greeting: Answer
        private let answer: Answer

        init(greeting: Answer, answer: Answer) {
            self.greeting = greeting
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let isGreeting = String(buffer: unwrapInboundIn(data)).contains("PING")
            give(isGreeting ? greeting : answer, on: context.channel)
        }

        private func give(_ answer: Answer, on channel: any Channel) {
            let port = channel.localAddress?.port ?? 0
            func buffer(_ text: String) -> ByteBuffer {
                ByteBuffer(string: text.replacing("PORT", with: "\(port)"))
            }
            switch answer {
            case .bytes(let text):
                channel.writeAndFlush(buffer(text), promise: nil)
            case .byteByByte(let text):
                for byte in buffer(text).readableBytesView {
                    channel.writeAndFlush(ByteBuffer(bytes: [byte]), promise: nil)
                }
            case .bytesAndHangUp(let text):
                channel.writeAndFlush(buffer(text)).assumeIsolated().whenComplete { _ in
                    channel.close(promise: nil)
                }
            case .endless(let start, let rest):
                channel.writeAndFlush(buffer(start), promise: nil)
                let count = max(1, HostileServer.pieceLength / rest.utf8.count)
                Self.flood(channel, with: ByteBuffer(string: String(repeating: rest, count: count)))
            }
        }

        private static func flood(_ channel: any Channel, with piece: ByteBuffer) {
            channel.writeAndFlush(piece).assumeIsolated().whenSuccess { flood(channel, with: piece) }
        }
    }
}
