import Foundation
import Logging
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import FeedServer

/// A listening socket that has as many connections as there may be, or can't be accepted from.
@Suite struct AcceptGateTests {
    /// Stands in front of the gate, where the socket is, and behind it, where the server is.
    private final class Recorder: ChannelDuplexHandler {
        typealias InboundIn = any Channel
        typealias OutboundIn = Never

        var reads = 0
        var accepted = 0
        var errors: [any Error] = []

        func read(context: ChannelHandlerContext) {
            reads += 1
            context.read()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            accepted += 1
            context.fireChannelRead(data)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            errors.append(error)
            context.fireErrorCaught(error)
        }
    }

    private let loop = EmbeddedEventLoop()
    private let listener: EmbeddedChannel
    private let socket = Recorder()
    private let server = Recorder()
    private let registry = PrometheusRegistry()
    private let seats: ConnectionSeats
    private let reserve = DescriptorReserve()

    private func start(maximum: Int, logger: Logger? = nil) throws {
        try listener.pipeline.syncOperations.addHandlers([
            socket,
            AcceptGate(
                maximum: maximum, seats: seats, reserve: reserve,
                metrics: ConnectionMetrics(factory: registry),
                logger: logger ?? Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            server,
        ])
    }

    init() {
        listener = EmbeddedChannel(loop: loop)
        seats = ConnectionSeats(capacity: 10, share: nil, metrics: ConnectionMetrics(factory: registry))
    }

    private func accept() -> EmbeddedChannel {
        let channel = EmbeddedChannel(loop: loop)
        listener.pipeline.fireChannelRead(channel as any Channel)
        return channel
    }

    private func fail(_ number: Int32) {
        listener.pipeline.fireErrorCaught(IOError(errnoCode: number, reason: "accept"))
    }

    private var pauses: [String] {
        var text = ""
        registry.render(into: &text)
        return text.split(separator: "\n").filter { $0.hasPrefix("http_accept_pauses_total{") }.map(
            String.init)
    }

    private var isWatched: Bool? {
        listener.options.last { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool
    }

    @Test func asManyAreAcceptedAsThereAreDescriptorsFor() throws {
        try start(maximum: 2)
        listener.pipeline.read()
        #expect(socket.reads == 1)
        let first = accept()
        listener.pipeline.read()
        _ = accept()
        #expect(socket.reads == 2)
        listener.pipeline.read()
        listener.pipeline.read()
        #expect(socket.reads == 2)
        // A place is free: those that wait are accepted, and again only when somebody asks.
        try first.close().wait()  // Embedded: does not block.
        loop.run()
        #expect(socket.reads == 3)
        #expect(server.accepted == 2)
        _ = accept()
        let other = accept()
        try other.close().wait()  // Embedded: does not block.
        loop.run()
        #expect(socket.reads == 3)
        #expect(pauses.allSatisfy { $0.hasSuffix(" 0") })
    }

    /// The socket is not even looked at meanwhile: as long as somebody waits to be accepted, it would be ready.
    @Test(arguments: [(EMFILE, "process"), (ENFILE, "system"), (ENOBUFS, "memory"), (ENOMEM, "memory")])
    func withoutDescriptorsAcceptingPauses(number: Int32, reason: String) throws {
        try start(maximum: 10)
        fail(number)
        #expect(isWatched == false)
        // Asked by the server, and once more by the socket, which may have had more than one ready.
        listener.pipeline.read()
        fail(number)
        loop.advanceTime(by: AcceptGate.pause - .nanoseconds(1))
        #expect(socket.reads == 0)
        #expect(pauses.contains("http_accept_pauses_total{reason=\"\(reason)\"} 1"))

        loop.advanceTime(by: .nanoseconds(1))
        #expect(isWatched == true)
        #expect(socket.reads == 1)
        // The framework would close, or wait for as long as it thinks right.
        #expect(server.errors.isEmpty)
        fail(number)
        #expect(isWatched == false)
        #expect(pauses.contains("http_accept_pauses_total{reason=\"\(reason)\"} 2"))
    }

    /// Others find a descriptor as long as nobody can be accepted, and before the next one is.
    @Test func theReserveIsGivenUpMeanwhile() throws {
        try start(maximum: 10)
        #expect(reserve.isFull)
        fail(EMFILE)
        #expect(!reserve.isFull)
        loop.advanceTime(by: AcceptGate.pause)
        #expect(reserve.isFull)
    }

    @Test func otherErrorsAreTheServers() throws {
        try start(maximum: 10)
        fail(ECONNABORTED)
        listener.pipeline.fireErrorCaught(ChannelError.eof)
        #expect(server.errors.count == 2)
        #expect(isWatched == nil)
        listener.pipeline.read()
        #expect(socket.reads == 1)
    }

    @Test func whoHasWaitedLongestGivesWay() throws {
        try start(maximum: 10)
        let client = EmbeddedChannel(loop: loop)
        let evicted = Evictions()
        try client.pipeline.syncOperations.addHandler(evicted)
        let seat = try #require(seats.take(client))
        seat.waits(until: ConnectionDeadlines.Deadline(kind: .head, time: loop.now + .seconds(1)))
        fail(EMFILE)
        #expect(evicted.bounds == [.descriptors])
    }

    private final class Evictions: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var bounds: [ConnectionTable<ConnectionSeat>.Bound] = []

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let event = event as? ConnectionShouldGiveWay { bounds.append(event.bound) }
        }
    }

    /// Takes each text for a line.
    private final class Lines: TextOutputStream, Sendable {
        private let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }
        func write(_ text: String) { texts.withLock { $0.append(text) } }
    }

    @Test func itIsSaidOnceAMinute() throws {
        let lines = Lines()
        try start(
            maximum: 10, logger: Logger(label: "test") { StreamLogHandler(label: $0, stream: lines) })
        for _ in 0..<10 {
            fail(EMFILE)
            loop.advanceTime(by: AcceptGate.pause)
        }
        loop.advanceTime(by: AcceptGate.silence)
        fail(EMFILE)
        #expect(lines.all.count == 2)
        for line in lines.all {
            #expect(line.contains(" warning ") && line.contains("No connection can be accepted"))
        }
    }
}
