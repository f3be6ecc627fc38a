/// Whether Redis is in use.
public enum RedisState: String, Sendable, CaseIterable {
    /// The connection stands and Redis answers on it.
    case ok
    /// There is none, or not yet: counting in memory.
    case away
    /// No address was given.
    case off
}
