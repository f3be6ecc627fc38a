import Synchronization

/// Bounds the bytes of request bodies that a server holds at a time, and those of one client.
///
/// A body is held from when it comes until its request is answered, or will never be: what reads it gathers it as a
/// whole. Each has a bound of its own, but as many can be begun as there are connections.
final class BodyBudget: Sendable {
    /// Why no more is taken: the bound that was reached. The raw value is its label in metrics.
    enum Refusal: String, Error, CaseIterable {
        /// That of one address.
        case address
        /// That of the server.
        case server
    }

    /// One address may take one part of so many.
    static let parts = 4

    private struct State {
        var total = 0
        /// Never zero bytes.
        var clients: [ClientAddress: Int] = [:]
    }

    private let capacity: Int
    private let metrics: ConnectionMetrics
    private let state = Mutex(State())

    /// - Parameter capacity: bytes.
    init(capacity: Int, metrics: ConnectionMetrics) {
        self.capacity = capacity
        self.metrics = metrics
    }

    /// Counts bytes that have come, or refuses them.
    ///
    /// - Parameter client: by its network.
    func take(_ bytes: Int, for client: ClientAddress) throws(Refusal) {
        let refusal: Refusal? = state.withLock { state in
            let held = state.clients[client] ?? 0
            if held + bytes > capacity / Self.parts { return .address }
            if state.total + bytes > capacity { return .server }
            state.total += bytes
            state.clients[client] = held + bytes
            return nil
        }
        if let refusal {
            metrics.bodyRefused(refusal)
            throw refusal
        }
        metrics.bodyBytesChanged(by: bytes)
    }

    /// Takes back bytes that were counted.
    func giveBack(_ bytes: Int, of client: ClientAddress) {
        state.withLock { state in
            state.total -= bytes
            let held = (state.clients[client] ?? 0) - bytes
            state.clients[client] = held > 0 ? held : nil
        }
        metrics.bodyBytesChanged(by: -bytes)
    }
}
