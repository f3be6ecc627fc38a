import Synchronization

/// Bounds the bytes of bodies that a server holds at a time, and those of one client: of requests, or of answers.
///
/// The body of a request is held from when it comes until it is answered, or will never be: what reads it gathers it as
/// a whole. That of an answer is held until the client has taken it. Each has a bound of its own, but there can be as
/// many as there are connections.
///
/// Where the server holds as much as it may, a body that has not come to its end gives way to that of another address
/// which holds less: the largest of the address that holds the most. So a few addresses that begin bodies and do not
/// finish them keep nobody out.
final class BodyBudget: Sendable {
    /// Why no more is taken: the bound that was reached. The raw value is its label in metrics.
    enum Refusal: String, Error, CaseIterable {
        /// That of one address.
        case address
        /// That of the server.
        case server
    }

    /// Of the bodies of requests, one address may have one part of so many.
    static let parts = 4

    fileprivate struct State {
        var total = 0
        /// Never zero bytes.
        var clients: [ClientAddress: Int] = [:]
        /// Bodies that are still coming, or going, those of each address; never an empty list.
        var coming: [ClientAddress: [BodyClaim: Int]] = [:]
        /// Bodies that have lost their place, and are not cut off yet: they count no more.
        var leaving: [BodyClaim: Int] = [:]
    }

    private let capacity: Int
    private let share: Int?
    private let metrics: BodyMetrics
    private let state = Mutex(State())

    /// - Parameters:
    ///   - capacity: bytes.
    ///   - share: of them, those of one address; `nil` for no such bound.
    init(capacity: Int, share: Int?, metrics: BodyMetrics) {
        self.capacity = capacity
        self.share = share
        self.metrics = metrics
    }

    /// Counts bytes of a body that have come, or refuses them.
    func take(_ bytes: Int, for claim: BodyClaim) throws(Refusal) {
        var evicted: [BodyClaim: Int] = [:]
        let refusal: Refusal? = state.withLock { state in
            if state.leaving[claim] != nil { return .server }
            let held = (state.clients[claim.client] ?? 0) + bytes
            if let share, held > share { return .address }
            while state.total + bytes > capacity {
                guard let (other, size) = state.evict(fromOneWithMoreThan: held) else { return .server }
                evicted[other] = size
            }
            state.add(bytes, of: claim.client)
            state.coming[claim.client, default: [:]][claim, default: 0] += bytes
            return nil
        }
        for (other, size) in evicted {
            metrics.bytesChanged(by: -size)
            other.giveWay(other)
        }
        if let refusal {
            metrics.refused(refusal)
            throw refusal
        }
        metrics.bytesChanged(by: bytes)
    }

    /// A body has come to its end, and gives way no more. One that has lost its place just before takes it back: there
    /// is more than there should be until it is answered.
    func complete(_ claim: BodyClaim) {
        let size: Int? = state.withLock { state in
            state.stopComing(claim)
            guard let size = state.leaving.removeValue(forKey: claim) else { return nil }
            state.add(size, of: claim.client)
            return size
        }
        if let size { metrics.bytesChanged(by: size) }
    }

    /// Takes back all bytes of a body that were counted.
    func giveBack(_ bytes: Int, of claim: BodyClaim) {
        let isCounted = state.withLock { state in
            state.stopComing(claim)
            guard state.leaving.removeValue(forKey: claim) == nil else { return false }
            state.add(-bytes, of: claim.client)
            return true
        }
        if isCounted { metrics.bytesChanged(by: -bytes) }
    }
}

extension BodyBudget.State {
    fileprivate mutating func add(_ bytes: Int, of client: ClientAddress) {
        total += bytes
        let held = (clients[client] ?? 0) + bytes
        clients[client] = held > 0 ? held : nil
    }

    fileprivate mutating func stopComing(_ claim: BodyClaim) {
        coming[claim.client]?[claim] = nil
        if coming[claim.client]?.isEmpty == true { coming[claim.client] = nil }
    }

    /// Takes the place of the largest body that is still coming, of the address that holds the most, if that is more
    /// than `bound`.
    fileprivate mutating func evict(fromOneWithMoreThan bound: Int) -> (BodyClaim, Int)? {
        let most = coming.keys.max { clients[$0] ?? 0 < clients[$1] ?? 0 }
        guard let most, clients[most] ?? 0 > bound,
            let (claim, size) = coming[most]?.max(by: { $0.value < $1.value })
        else { return nil }
        stopComing(claim)
        leaving[claim] = size
        add(-size, of: most)
        return (claim, size)
    }
}
