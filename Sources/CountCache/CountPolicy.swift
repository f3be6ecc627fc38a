/// How good a total has to be, and so what it may cost.
public enum CountPolicy: Sendable, Hashable {
    /// Counted after the call began, whatever that costs. Calls that come while a count runs share the next one, so
    /// that a process takes at most one at a time for a key. It asks no other process and observes no share of a
    /// core; what it finds serves ``cached`` calls of this process afterwards.
    case exact
    /// At most one time to live old, or marked ``CountSource/stale``: what a ``CountCache`` is for.
    case cached
    /// Like ``cached``, but never more than so many rows are counted: "more than 1 000" at the price of 1 000 rows.
    /// At least 0. A cached total of all rows is used where there is one, cut down to the cap.
    case capped(at: Int)
    /// No total, at no cost.
    case none
}
