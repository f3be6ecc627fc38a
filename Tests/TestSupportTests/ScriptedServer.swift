import Foundation
import NIOCore
import NIOPosix
import TestSupport

/// A server that answers what a test tells it to, byte by byte.
struct ScriptedServer: Sendable {
    /// What comes of a request.
    enum Answer: Sendable {
        case say(String)
        case sayAndClose(String)
        /// Before the request's body, of which nothing is read.
        case sayEarly(String)
        /// What ``release(_:)`` says.
        case hold
    }

    struct Seen: Sendable {
        /// Heads and bodies.
        var requests: [String] = []
        var connections = 0
        var open = 0
        var mostOpen = 0
        fileprivate var channels: [any Channel] = []
        fileprivate var held: [any Channel] = []
    }

    let seen: Watched<Seen>
    let port: Int

    var url: String { "http://127.0.0.1:\(port)/" }

    /// - Parameter answers: one for each request, in their order; the last one for all others.
    static func run(_ answers: [Answer], _ body: (ScriptedServer) async throws -> Void) async throws {
        let seen = Watched(Seen()) { "\($0.requests), \($0.open) of \($0.connections) connections" }
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(answers, seen))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let outcome: Result<Void, any Error>
        do {
            try await body(ScriptedServer(seen: seen, port: listener.localAddress?.port ?? 0))
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        for channel in [listener] + seen.value.channels {
            // Those that are closed are closed.
            try? await channel.close()
        }
        try outcome.get()
    }

    /// Returns when so many requests have come in whole.
    func received(_ count: Int) async throws {
        try await seen.wait(for: "\(count) requests") { $0.requests.count >= count }
    }

    /// Returns when no connection is open.
    func left() async throws {
        try await seen.wait(for: "the end of all connections") { $0.open == 0 }
    }

    /// Answers the request that has been held the longest.
    func release(_ text: String) {
        let channel = seen.update { $0.held.isEmpty ? nil : $0.held.removeFirst() }
        channel?.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answers: [Answer]
        private let seen: Watched<Seen>
        private var text = ""

        init(_ answers: [Answer], _ seen: Watched<Seen>) {
            self.answers = answers
            self.seen = seen
        }

        func channelActive(context: ChannelHandlerContext) {
            let channel = context.channel
            seen.update {
                $0.connections += 1
                $0.open += 1
                $0.mostOpen = max($0.mostOpen, $0.open)
                $0.channels.append(channel)
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            seen.update { $0.open -= 1 }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard let head = text.range(of: "\r\n\r\n") else { return }
            let number = seen.value.requests.count
            let answer = answers[min(number, answers.count - 1)]
            if case .sayEarly = answer {
                // Losing the error is right: a channel of sockets has this option.
                try? context.channel.syncOptions?.setOption(.autoRead, value: false)
            } else {
                let length = text.firstMatch(of: /Content-Length: (\d+)/).flatMap { Int($0.output.1) } ?? 0
                guard text[head.upperBound...].utf8.count >= length else { return }
            }
            let request = text
            text = ""
            let channel = context.channel
            seen.update {
                $0.requests.append(request)
                if case .hold = answer { $0.held.append(channel) }
            }
            switch answer {
            case .say(let text), .sayEarly(let text):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            case .sayAndClose(let text):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                context.close(promise: nil)
            case .hold: break
            }
        }
    }
}
