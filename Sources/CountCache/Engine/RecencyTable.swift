/// A dictionary of bounded size that forgets what was not used for longest: a hash table into a doubly linked list
/// that lives in one array, so that nothing is allocated once it is full.
struct RecencyTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Node {
        var key: Key
        var value: Value
        /// Used just before this one was; `none` for the least recently used.
        var older: Int
        /// Used just after this one was; `none` for the most recently used.
        var newer: Int
    }

    private static var none: Int { -1 }

    private let capacity: Int
    private var positions: [Key: Int] = [:]
    private var nodes: [Node] = []
    private var oldest = Self.none
    private var newest = Self.none

    /// - Parameter capacity: how many keys are kept, above 0.
    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { nodes.count }

    /// The value of a key, which becomes the most recently used.
    mutating func use(_ key: Key) -> Value? {
        guard let position = positions[key] else { return nil }
        moveToNewest(position)
        return nodes[position].value
    }

    /// Sets the value of a key, which becomes the most recently used.
    mutating func set(_ value: Value, for key: Key) {
        if let position = positions[key] {
            nodes[position].value = value
            moveToNewest(position)
        } else if nodes.count < capacity {
            nodes.append(Node(key: key, value: value, older: Self.none, newer: Self.none))
            positions[key] = nodes.count - 1
            linkAsNewest(nodes.count - 1)
        } else {
            let position = oldest
            unlink(position)
            positions[nodes[position].key] = nil
            nodes[position].key = key
            nodes[position].value = value
            positions[key] = position
            linkAsNewest(position)
        }
    }

    private mutating func moveToNewest(_ position: Int) {
        guard position != newest else { return }
        unlink(position)
        linkAsNewest(position)
    }

    private mutating func unlink(_ position: Int) {
        let (older, newer) = (nodes[position].older, nodes[position].newer)
        if older == Self.none { oldest = newer } else { nodes[older].newer = newer }
        if newer == Self.none { newest = older } else { nodes[newer].older = older }
    }

    private mutating func linkAsNewest(_ position: Int) {
        nodes[position].older = newest
        nodes[position].newer = Self.none
        if newest == Self.none { oldest = position } else { nodes[newest].newer = position }
        newest = position
    }
}
