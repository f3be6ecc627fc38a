import Foundation
import NIOCore
import NIOPosix

/// A connection on which any bytes can be sent, such as no HTTP library would.
enum RawConnection {
    struct Reply {
        var status: Int
        var headers: [String: String]
        var body: String

        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
        }
    }

    /// For a whole session on a busy machine; a server that is silent fails the test.
    private static let timeout = TimeAmount.minutes(5)

    /// Opens a connection, hands it to `body`, and closes it.
    static func open<Result: Sendable>(
        port: Int, _ body: (inout Session) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(timeout)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let deadline = channel.channel.eventLoop.scheduleTask(in: timeout) {
            channel.channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        return try await channel.executeThenClose { inbound, outbound in
            var session = Session(input: inbound.makeAsyncIterator(), output: outbound)
            return try await body(&session)
        }
    }

    struct Session {
        fileprivate var input: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        fileprivate let output: NIOAsyncChannelOutboundWriter<ByteBuffer>
        private var pending = ByteBuffer()

        fileprivate init(
            input: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
            output: NIOAsyncChannelOutboundWriter<ByteBuffer>
        ) {
            self.input = input
            self.output = output
        }

        func send(_ bytes: some Sequence<UInt8>) async throws {
            try await output.write(ByteBuffer(bytes: Array(bytes)))
        }

        /// Sends a GET with a target of any bytes, and reads its answer.
        mutating func get(_ target: some Sequence<UInt8>, method: String = "GET") async throws -> Reply? {
            try await send(
                Array("\(method) ".utf8) + Array(target) + Array(" HTTP/1.1\r\nHost: test\r\n\r\n".utf8))
            return try await reply(hasBody: method != "HEAD")
        }

        /// The next answer; `nil` when the server has closed the connection.
        mutating func reply(hasBody: Bool = true) async throws -> Reply? {
            while true {
                let text = String(decoding: pending.readableBytesView, as: UTF8.self)
                if let head = text.range(of: "\r\n\r\n") {
                    var lines = text[..<head.lowerBound].components(separatedBy: "\r\n")
                    let status = Int(lines.removeFirst().split(separator: " ")[1]) ?? 0
                    var headers: [String: String] = [:]
                    for line in lines {
                        let parts = line.split(separator: ":", maxSplits: 1)
                        headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
                    }
                    let headLength = text[..<head.upperBound].utf8.count
                    let length = hasBody && status != 304 ? Int(headers["content-length"] ?? "0") ?? 0 : 0
                    if pending.readableBytes >= headLength + length {
                        pending.moveReaderIndex(forwardBy: headLength)
                        let body = pending.readString(length: length) ?? ""
                        return Reply(status: status, headers: headers, body: body)
                    }
                }
                guard let more = try await input.next() else { return nil }
                pending.writeImmutableBuffer(more)
            }
        }
    }
}
