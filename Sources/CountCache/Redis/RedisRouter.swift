import NIOCore

/// Which node of a cluster has which keys, as far as redirects have told, and which nodes are worth a connection.
/// It knows nothing of connections.
struct RedisRouter {
    /// Nodes besides the one of the address.
    static let maxNodes = 16
    /// A node that no call went to for so long is let go of.
    static let idleTime = TimeAmount.seconds(60)

    /// Never used twice, so that what a connection says late is not taken for another's.
    struct NodeID: Hashable, Comparable, Sendable {
        fileprivate let number: UInt64
        /// The node of the address, which is always there.
        static let seed = NodeID(number: 0)

        /// The order of their coming.
        static func < (one: NodeID, other: NodeID) -> Bool { one.number < other.number }
    }

    enum Place: Equatable {
        case known(NodeID)
        case new(NodeID, replaces: NodeID?)
        /// All nodes are busy.
        case none
    }

    private struct Node {
        let endpoint: RedisEndpoint
        var callCount = 0
        var lastUse: NIODeadline
    }

    private let seed: RedisEndpoint
    private var nodes: [NodeID: Node] = [:]
    /// At most ``RedisHashSlot/count``; those of the seed are not in it.
    private var slots: [UInt16: NodeID] = [:]
    private var lastNumber: UInt64 = 0

    init(seed: RedisEndpoint) {
        self.seed = seed
    }

    /// The node that has the keys, by the first of them: the seed unless it is known better. Without a cluster this
    /// costs nothing.
    func node(for keys: [String]) -> NodeID {
        guard !slots.isEmpty, let key = keys.first else { return .seed }
        return slots[RedisHashSlot.slot(of: key)] ?? .seed
    }

    func endpoint(of id: NodeID) -> RedisEndpoint? {
        id == .seed ? seed : nodes[id]?.endpoint
    }

    /// The node at an endpoint. A new one takes the place of the one that was idle for longest if there are too
    /// many.
    mutating func place(for endpoint: RedisEndpoint, now: NIODeadline) -> Place {
        if endpoint == seed { return .known(.seed) }
        if let known = nodes.first(where: { $0.value.endpoint == endpoint })?.key { return .known(known) }
        var replaced: NodeID?
        if nodes.count >= Self.maxNodes {
            let idle = nodes.filter { $0.value.callCount == 0 }
            guard
                let oldest = idle.min(by: { ($0.value.lastUse, $0.key) < ($1.value.lastUse, $1.key) })?.key
            else { return .none }
            remove(oldest)
            replaced = oldest
        }
        lastNumber += 1
        let id = NodeID(number: lastNumber)
        nodes[id] = Node(endpoint: endpoint, lastUse: now)
        return .new(id, replaces: replaced)
    }

    /// Sends what has this slot to the node from now on.
    mutating func remember(_ slot: UInt16, at id: NodeID) {
        slots[slot] = id == .seed ? nil : id
    }

    /// Sends what went to the node to the seed from now on, which knows better or will.
    mutating func forgetSlots(of id: NodeID) {
        slots = slots.filter { $0.value != id }
    }

    mutating func callBegan(at id: NodeID, now: NIODeadline) {
        nodes[id]?.callCount += 1
        nodes[id]?.lastUse = now
    }

    mutating func callEnded(at id: NodeID) {
        nodes[id]?.callCount -= 1
    }

    /// When ``removeIdle(now:)`` has something to do, at the earliest.
    var nextDeadline: NIODeadline? {
        nodes.values.lazy.filter { $0.callCount == 0 }.map { $0.lastUse + Self.idleTime }.min()
    }

    /// Forgets the nodes that no call went to for ``idleTime``.
    mutating func removeIdle(now: NIODeadline) -> [NodeID] {
        let idle = nodes.filter { $0.value.callCount == 0 && $0.value.lastUse + Self.idleTime <= now }.map(
            \.key
        ).sorted()
        for id in idle { remove(id) }
        return idle
    }

    /// Forgets everything but the seed.
    mutating func removeAll() {
        nodes = [:]
        slots = [:]
    }

    /// How many slots are remembered.
    var slotCount: Int { slots.count }

    private mutating func remove(_ id: NodeID) {
        nodes[id] = nil
        forgetSlots(of: id)
    }
}
