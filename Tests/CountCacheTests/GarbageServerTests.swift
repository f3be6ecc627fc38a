import NIOCore
import NIOPosix
import Testing

@testable import CountCache

/// The cache with something at Redis's address that is no Redis.
@Suite(.timeLimit(.minutes(1))) struct GarbageServerTests {
    /// Answers whatever it is sent with the same bytes.
    private final class Answerer: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let answer: String
        private let hangsUp: Bool

        init(answer: String, hangsUp: Bool) {
            self.answer = answer
            self.hangsUp = hangsUp
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
            if hangsUp { context.close(promise: nil) }
        }
    }

    private static let hello = "*2\r\n$10\r\n1700000000\r\n$1\r\n5\r\n+PONG\r\n"

    private static let scripts: [(answer: String, hangsUp: Bool, trouble: CountCacheTrouble)] = [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", false, .protocol),
        ("$9223372036854775800\r\n", false, .protocol),
        ("*2147483647\r\n", false, .protocol),
        ("$100\r\nhalf a reply", false, .timeout),
        ("$100\r\nhalf a reply", true, .closed),
        ("", true, .closed),
        ("+OK\r\n+OK\r\n", false, .protocol),
        // Welcomes like Redis, then answers everything with a greeting.
        (hello, false, .protocol),
        // More replies than were asked for.
        (hello + "+PONG\r\n", false, .protocol),
    ]

    @Test(arguments: scripts.indices)
    func failsNothing(script: Int) async throws {
        let (answer, hangsUp, trouble) = Self.scripts[script]
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.pipeline.addHandler(Answerer(answer: answer, hangsUp: hangsUp))
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let timeout: Duration = trouble == .timeout ? .milliseconds(100) : .seconds(20)
        let test = try CacheUnderTest(redis: "redis://127.0.0.1:\(port)", commandTimeout: timeout)
        try await test.whileRunning { () async throws in
            for number in 0..<20 {
                let key = try CountKey(collection: "c\(number)")
                #expect(try await test.cache.count(for: key) { number }.value == number)
            }
            if answer != Self.hello { await test.log.wait(for: "Redis away") }
        }
        #expect(test.errors(trouble) >= 1)
        try await server.close()
    }
}
