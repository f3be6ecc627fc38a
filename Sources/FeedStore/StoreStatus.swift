/// How a store is, as far as it knows at the moment. It is read from memory, and waits for nothing.
public struct StoreStatus: Hashable, Sendable {
    /// Whether writes become durable.
    public enum Writes: String, Sendable {
        case ok
        /// The last commit failed: the disk is full or read-only, for instance. Reads are served.
        case failing
    }

    public var writes: Writes

    public init(writes: Writes = .ok) {
        self.writes = writes
    }
}
