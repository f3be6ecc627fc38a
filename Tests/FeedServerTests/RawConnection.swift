import Foundation
import NIOCore
import NIOPosix
import TestSupport

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

    /// The server has done nothing for as long as tests wait for anything.
    struct Silence: Error, CustomStringConvertible {
        let description = "the server has been silent for \(Patience.standard)"
    }

    /// Opens a connection, hands it to `body`, and closes it.
    ///
    /// - Parameter address: whose the connection is; any of 127.0.0.0/8 is this machine's.
    static func open<Result: Sendable>(
        port: Int, from address: String = "127.0.0.1", _ body: (inout Session) async throws -> Result
    ) async throws -> Result {
        let channel = try await bootstrap(from: address)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let connection = channel.channel
        return try await channel.executeThenClose { inbound, outbound in
            var session = Session(
                input: inbound.makeAsyncIterator(), output: outbound, patience: Guard(connection))
            return try await body(&session)
        }
    }

    /// Opens as many connections, one after the other, sends the same on each, and closes them behind `body`.
    static func withMany<Result: Sendable>(
        _ count: Int, port: Int, from address: String, sending bytes: [UInt8] = [],
        _ body: () async throws -> Result
    ) async throws -> Result {
        var channels: [any Channel] = []
        let outcome: Swift.Result<Result, any Error>
        do {
            for _ in 0..<count {
                let channel = try await bootstrap(from: address).connect(host: "127.0.0.1", port: port).get()
                channels.append(channel)
                // The server may have closed it already, or may close it in the middle.
                if !bytes.isEmpty { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
            }
            outcome = .success(try await body())
        } catch {
            outcome = .failure(error)
        }
        for channel in channels {
            // Those that the server has closed are closed.
            try? await channel.close()
        }
        return try outcome.get()
    }

    private static func bootstrap(from address: String) throws -> ClientBootstrap {
        ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(to: try SocketAddress(ipAddress: address, port: 0))
            .connectTimeout(TestServer.patience)
            .channelOption(.allowRemoteHalfClosure, value: true)
    }

    /// Closes a connection on which a step takes too long, and says so: otherwise a server that is silent
    /// would pass for one that has closed.
    fileprivate final class Guard: Sendable {
        private let channel: any Channel
        private let isOver = Watched(false)

        init(_ channel: any Channel) {
            self.channel = channel
        }

        /// Begins a step; it ends when what is returned is cancelled.
        func begin() -> Scheduled<Void> {
            channel.eventLoop.scheduleTask(in: TestServer.patience) { [channel, isOver] in
                isOver.update { $0 = true }
                channel.close(promise: nil)
            }
        }

        /// - Throws: ``Silence`` where the guard has closed the connection; `CancellationError`.
        func check() throws {
            if isOver.value { throw Silence() }
            try Task.checkCancellation()
        }
    }

    struct Session {
        fileprivate var input: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        fileprivate let output: NIOAsyncChannelOutboundWriter<ByteBuffer>
        private let patience: Guard
        private var pending = ByteBuffer()

        fileprivate init(
            input: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
            output: NIOAsyncChannelOutboundWriter<ByteBuffer>, patience: Guard
        ) {
            self.input = input
            self.output = output
            self.patience = patience
        }

        func send(_ bytes: some Sequence<UInt8>) async throws {
            let step = patience.begin()
            defer { step.cancel() }
            do {
                try await output.write(ByteBuffer(bytes: Array(bytes)))
            } catch {
                try patience.check()
                throw error
            }
        }

        /// Sends a GET with a target of any bytes, and reads its answer.
        mutating func get(_ target: some Sequence<UInt8>, method: String = "GET") async throws -> Reply? {
            try await send(
                Array("\(method) ".utf8) + Array(target) + Array(" HTTP/1.1\r\nHost: test\r\n\r\n".utf8))
            return try await reply(hasBody: method != "HEAD")
        }

        /// The next bytes; `nil` when the server has closed the connection.
        private mutating func receive() async throws -> ByteBuffer? {
            let step = patience.begin()
            defer { step.cancel() }
            if let bytes = try await input.next() { return bytes }
            try patience.check()
            return nil
        }

        /// The next answer; `nil` when the server has closed the connection.
        ///
        /// - Throws: ``Silence``.
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
                guard let more = try await receive() else { return nil }
                pending.writeImmutableBuffer(more)
            }
        }
    }
}
