import Foundation
import Logging
import NIOCore

/// Stands at the door of a server: accepts no connection while there are as many as there are descriptors for, and waits
/// for a moment where the system has none.
///
/// Every connection is accepted before it is known whose it is, and those that give way need a moment to close
/// (``ConnectionSeats``). So there are a few more sockets than connections that are let in, and these few have a bound here.
///
/// Where accept(2) fails, the framework's own handler (`AcceptBackoffHandler`) puts off the next read; but the socket goes
/// on being watched for the read that has failed, and is tried again at once, for as long as somebody knocks: a core spins.
/// Here it is not watched meanwhile. What others may need until then comes out of a ``DescriptorReserve``: nothing is
/// accepted before that is there again.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    /// From a failure to the next try.
    static let pause = TimeAmount.milliseconds(500)
    /// From one line of the log about failures to the next.
    static let silence = TimeAmount.minutes(1)

    /// What there was too little of; the raw value is its label in metrics.
    enum Want: String, CaseIterable {
        /// Descriptors of this process.
        case process
        /// Descriptors of the whole system.
        case system
        /// Memory for sockets.
        case memory

        /// - Returns: `nil` for an error that has other reasons.
        init?(_ error: any Error) {
            switch (error as? IOError)?.errnoCode {
            case EMFILE: self = .process
            case ENFILE: self = .system
            case ENOBUFS, ENOMEM: self = .memory
            default: return nil
            }
        }
    }

    private let maximum: Int
    private let seats: ConnectionSeats
    private let reserve: DescriptorReserve
    private let metrics: ConnectionMetrics
    private let logger: Logger
    /// Sockets that were accepted and are not closed.
    private var open = 0
    private var isPausing = false
    /// Somebody wants to accept.
    private var isReadHeld = false
    private var nextLine = NIODeadline.distantPast

    /// - Parameter maximum: sockets at a time.
    init(
        maximum: Int, seats: ConnectionSeats, reserve: DescriptorReserve, metrics: ConnectionMetrics,
        logger: Logger
    ) {
        self.maximum = maximum
        self.seats = seats
        self.reserve = reserve
        self.metrics = metrics
        self.logger = logger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        open += 1
        unwrapInboundIn(data).closeFuture.hop(to: context.eventLoop).assumeIsolated().whenComplete { _ in
            self.open -= 1
            self.readIfHeld(context)
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        isReadHeld = true
        readIfHeld(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let want = Want(error) else {
            context.fireErrorCaught(error)
            return
        }
        reserve.release()
        guard !isPausing else { return }
        isPausing = true
        isReadHeld = true
        setWatched(false, context)
        metrics.acceptPaused(want.rawValue)
        if context.eventLoop.now >= nextLine {
            nextLine = context.eventLoop.now + Self.silence
            logger.warning("No connection can be accepted for now: \(error)", metadata: ["open": "\(open)"])
        }
        seats.makeRoom()
        resumeLater(context)
    }

    private func resumeLater(_ context: ChannelHandlerContext) {
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            guard self.reserve.take() else {
                self.reserve.release()
                self.seats.makeRoom()
                self.resumeLater(context)
                return
            }
            self.isPausing = false
            self.setWatched(true, context)
            self.readIfHeld(context)
        }
    }

    private func readIfHeld(_ context: ChannelHandlerContext) {
        guard isReadHeld, !isPausing, open < maximum else { return }
        isReadHeld = false
        context.read()
    }

    private func setWatched(_ isWatched: Bool, _ context: ChannelHandlerContext) {
        // It fails where the server has stopped listening meanwhile, which is as good.
        try? context.channel.syncOptions?.setOption(.autoRead, value: isWatched)
    }
}

/// How many sockets a server has at a time: its connections, and those that close for others.
struct AcceptLimit: Sendable {
    /// Sockets that are accepted at once, before the next look (`ChannelOptions.maxMessagesPerRead` of a server).
    private static let batch = 4

    let maximum: Int
    let seats: ConnectionSeats
    let reserve: DescriptorReserve
    let metrics: ConnectionMetrics
    let logger: Logger

    /// - Parameters:
    ///   - capacity: of the seats.
    ///   - reserve: one for all servers of a process.
    init(
        capacity: Int, seats: ConnectionSeats, reserve: DescriptorReserve, metrics: ConnectionMetrics,
        logger: Logger
    ) {
        maximum = capacity + Self.closing(of: capacity)
        self.seats = seats
        self.reserve = reserve
        self.metrics = metrics
        self.logger = logger
    }

    /// The descriptors that so many connections need.
    static func descriptors(for capacity: Int) -> Int {
        capacity + closing(of: capacity) + batch
    }

    /// The connections that so many descriptors suffice for, not negative.
    static func connections(for descriptors: Int) -> Int {
        max(descriptors - batch - closing(of: descriptors), 0)
    }

    /// Sockets that close while others take their seats.
    private static func closing(of capacity: Int) -> Int { max(batch, capacity / 16) }

    /// Bounds the sockets that a server accepts from now on.
    func apply(to server: any Channel) async {
        do {
            try await server.eventLoop.submit {
                try server.pipeline.syncOperations.addHandler(
                    AcceptGate(
                        maximum: maximum, seats: seats, reserve: reserve, metrics: metrics, logger: logger),
                    position: .first)
            }.get()
        } catch {
            // It has stopped already.
            logger.debug("The server does not listen: \(error)")
        }
    }
}
