public import FeedStore

/// A large, reproducible data set for measurements: the same seed, sizes and time give the same bytes.
public enum BulkData {
    /// 2026-01-01T00:00:00Z, the end of the data's time span unless another one is asked for. Fixed, so
    /// that two databases filled on different days are equal.
    public static let epoch = Timestamp(microseconds: 1_767_225_600_000_000)

    /// The most posts a data set can have. Their mean distance in time is then 94 milliseconds.
    public static let maximumPosts = 1_000_000_000

    /// The most users a data set can have.
    public static let maximumUsers = 10_000_000

    /// How far the oldest post lies before the end of the time span: 1 095 days, in microseconds.
    public static let span: Int64 = 1095 * 86_400_000_000
}
