/// The right to count, given by Redis to one process at a time, and what is said about it in both directions. Ages
/// and durations are nanoseconds.
enum Lease {
    /// Asks for a count, and for the right to take one if there is none that is young enough.
    struct Request: Sendable, Equatable {
        var key: CountKey
        /// `<owner>-<number>`: tells this request's lease from every other, and its engine from every other.
        var token: String
        /// Nobody else may count for so long.
        var time: Int64
        /// A younger count is good enough…
        var softTimeToLive: Int64
        /// …and so is one younger than this many times what it took.
        var pauseFactor: Int64
    }

    /// What Redis says to a ``Request``.
    struct Answer: Sendable, Equatable {
        /// The count that Redis holds, however old.
        var found: Found?
        var right: Right
    }

    /// A count in Redis.
    struct Found: Sendable, Equatable {
        var value: Int
        /// At most this old when it was asked for.
        var age: Int64
        /// How long it took to count.
        var cost: Int64
    }

    enum Right: Sendable, Equatable {
        /// Nothing is to be counted: what was found is young enough.
        case needless
        /// Count, and fill with the request's token.
        case granted
        /// Another process counts, for so long at most.
        case held(remaining: Int64)
        /// A count failed or took too long; nobody is to try for so long.
        case barred(remaining: Int64)
        /// Redis gives no leases: it is full, a read-only replica, or forbids it.
        case denied
    }

    /// Ends a lease with its count. Only the holder's is taken.
    struct Fill: Sendable, Equatable {
        var key: CountKey
        var token: String
        var value: Int
        /// How long it took to count.
        var cost: Int64
        /// How long Redis is to keep it.
        var lifetime: Int64
    }

    /// Ends a lease without a count.
    struct Release: Sendable, Equatable {
        var key: CountKey
        var token: String
        /// Nobody is to count for so long; 0 for no pause.
        var pause: Int64
    }
}
