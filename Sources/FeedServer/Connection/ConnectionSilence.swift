import NIOCore

/// How long a connection has waited for its client, in one word, so that other threads can look at it. What compares
/// as less gives way first.
///
/// A connection waits for its client exactly while one of its deadlines runs. Those on which nothing is owed give way
/// before those on which a request has begun, and these before those on which a response is under way.
struct ConnectionSilence: RawRepresentable, Comparable, Sendable {
    /// Two bits of the kind, and the deadline's time in nanoseconds: the nearest has waited the longest.
    let rawValue: UInt64

    private static let timeBits = 62

    /// It is the server's turn.
    static let none = Self(rawValue: .max)

    init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    init(_ deadline: ConnectionDeadlines.Deadline?) {
        guard let deadline else {
            self = .none
            return
        }
        let kind: UInt64 =
            switch deadline.kind {
            case .linger: 0
            case .head: 1
            case .body: 2
            case .write: 3
            }
        // 146 years after the machine's start there are no bits left.
        let time = min(deadline.time.uptimeNanoseconds, 1 << Self.timeBits - 2)
        rawValue = kind << Self.timeBits | time
    }

    static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
}
