/// Where a count came from: the value of `X-Total-Count-Source`.
public enum CountSource: String, Sendable, CaseIterable {
    /// This process remembered it; younger than the time to live.
    case memory
    /// Redis remembered it: another process, or an earlier run of this one, counted. Younger than the time to live.
    case redis
    /// It was counted for this very call, or for one that waited for the same count. As old as the counting took.
    case store
    /// Past its time to live, and not past ``CountCacheConfiguration/maxStaleAge``: counting again takes longer
    /// than the caller was to wait, failed, or would cost more than its share of a core.
    case stale
}
