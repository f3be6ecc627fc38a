/// How a store is, as far as it knows at the moment. It is read from memory, and waits for nothing.
public struct StoreStatus: Hashable, Sendable {
    /// Whether writes become durable.
    public enum Writes: String, Sendable {
        case ok
        /// The last commit failed: the disk is full or read-only, for instance. Reads are served.
        case failing
    }

    /// Whether the clock can date posts.
    public enum Clock: String, Sendable {
        case ok
        /// It has gone ahead by more than an hour at once, and is not believed yet: posts are dated as if it had not.
        case ahead
        /// It is behind the newest post's date by more than a minute: posts are dated just behind that one.
        case behind
        /// It is out of all bounds, or there is no later date than the newest post's: no post can be published.
        case unusable
    }

    public var writes: Writes
    public var clock: Clock
    /// By how much the clock is ahead of the time that posts are dated with; zero where it is believed.
    public var clockLead: Duration
    /// By how much the latest date that was given is ahead of the time that posts are dated with; zero where it is not.
    public var dateLead: Duration

    public init(
        writes: Writes = .ok, clock: Clock = .ok, clockLead: Duration = .zero, dateLead: Duration = .zero
    ) {
        self.writes = writes
        self.clock = clock
        self.clockLead = clockLead
        self.dateLead = dateLead
    }
}
