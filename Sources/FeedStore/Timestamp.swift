/// A point in time, in whole microseconds since 1970-01-01T00:00:00 UTC.
///
/// An `Int64` of microseconds end to end: a sort key that went through a `Double`, a `Date` or a
/// text would lose digits, and with them rows at page boundaries.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Microseconds since the Unix epoch; negative before it.
    public var microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool {
        lhs.microseconds < rhs.microseconds
    }
}
