/// Where a count came from: the value of `X-Total-Count-Source`.
public enum CountSource: String, Sendable, CaseIterable {
    /// This process remembered it.
    case memory
    /// Redis remembered it: another process, or an earlier run of this one, counted.
    case redis
    /// It was counted for this very call, or for one that waited for the same count.
    case store
    /// Past its time to live. Nothing answers with it yet: a count that fails is an error, because a total is
    /// promised to be at most one time to live old.
    case stale
}
