import NIOCore
import Synchronization

/// One connection's place among all of a server's: see ``ConnectionSeats``.
final class ConnectionSeat: Sendable {
    /// Whose it is: an IPv6 network of 64 bits is one address.
    let address: ClientAddress
    fileprivate let channel: any Channel
    private let silence = Atomic(ConnectionSilence.none.rawValue)

    fileprivate init(_ channel: any Channel) {
        self.channel = channel
        address = channel.remoteAddress.flatMap { ClientAddress($0) }?.network ?? .unknown
    }

    /// Says which deadline runs now, `nil` while it is the server's turn: the one thing that a request costs here.
    func waits(until deadline: ConnectionDeadlines.Deadline?) {
        silence.store(ConnectionSilence(deadline).rawValue, ordering: .relaxed)
    }

    fileprivate var currentSilence: ConnectionSilence {
        ConnectionSilence(rawValue: silence.load(ordering: .relaxed))
    }
}

extension ConnectionSeat: Hashable {
    static func == (one: ConnectionSeat, other: ConnectionSeat) -> Bool { one === other }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// Sent down a connection's pipeline, from whatever thread: another connection has been given its place. It is to
/// close, unless it has gone on meanwhile; then it says so with ``ConnectionSeats/keep(_:)``.
struct ConnectionShouldGiveWay: Sendable {
    /// What it waited for.
    let silence: ConnectionSilence
    /// The bound that was reached.
    let bound: ConnectionTable<ConnectionSeat>.Bound
}

/// Bounds the connections of a server, and of each address. What it decides is ``ConnectionTable``'s.
///
/// Every connection is accepted first, since only then it is known where it comes from.
final class ConnectionSeats: Sendable {
    private let table: Mutex<ConnectionTable<ConnectionSeat>>
    private let metrics: ConnectionMetrics

    /// - Parameters:
    ///   - capacity: connections at a time.
    ///   - share: of them, those of one address; `nil` for no such bound.
    init(capacity: Int, share: Int?, metrics: ConnectionMetrics) {
        table = Mutex(ConnectionTable(capacity: capacity, share: share))
        self.metrics = metrics
    }

    /// A seat for a connection that has opened, to be left when it has closed. `nil`: it is to be closed at once.
    func take(_ channel: any Channel) -> ConnectionSeat? {
        let seat = ConnectionSeat(channel)
        let admission = table.withLock { $0.add(seat, from: seat.address, look: \.currentSilence) }
        switch admission {
        case .admitted:
            return seat
        case .admittedInPlaceOf(let other, let bound):
            evict(other, bound)
            return seat
        case .refused(let bound):
            metrics.refused(bound.rawValue)
            return nil
        }
    }

    func leave(_ seat: ConnectionSeat) {
        table.withLock { $0.remove(seat) }
    }

    /// Closes the connection that has waited longest for its client, of the address that has the most: for others that
    /// can't even be accepted.
    func makeRoom() {
        if let other = table.withLock({ $0.makeRoom(look: \.currentSilence) }) { evict(other, .descriptors) }
    }

    /// Takes a seat back that was given away.
    func keep(_ seat: ConnectionSeat) {
        let other = table.withLock { $0.putBack(seat, from: seat.address, look: \.currentSilence) }
        if let (other, bound) = other { evict(other, bound) }
    }

    private func evict(_ seat: ConnectionSeat, _ bound: ConnectionTable<ConnectionSeat>.Bound) {
        seat.channel.pipeline.fireUserInboundEventTriggered(
            ConnectionShouldGiveWay(silence: seat.currentSilence, bound: bound))
    }
}
