/// A count as Redis keeps it: `<count> <microseconds>`, the second being the time on *Redis's* clock (`TIME`) at
/// which the counting began. Both are decimal digits without sign or leading zero.
///
/// Hosts' clocks do not enter into it, so they may disagree. A process looks a count up with `GET` and `TIME` in
/// one go and gets its age as the difference. One that finds none counts and knows, from the `TIME` it just got and
/// from its own monotonic clock, what Redis's clock must at least have shown when it began. Every step rounds
/// toward *older*, so an age is never understated, however slow the network. The expiry (`PX`) only cleans up: what
/// a reader believes is the stamp.
struct CountStamp: Equatable {
    /// Longest valid text in bytes: two numbers of 19 digits and a space.
    static let maxLength = 39

    /// Zero or more.
    var value: Int
    /// Microseconds of Redis's clock since 1970, zero or more.
    var countedAt: Int64

    init(value: Int, countedAt: Int64) {
        self.value = value
        self.countedAt = countedAt
    }

    /// Strict: `nil` for anything but what ``text`` writes.
    init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.maxLength else { return nil }
        let parts = bytes.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 2,
            let value = Self.number(parts[0]),
            let countedAt = Self.number(parts[1])
        else { return nil }
        self.init(value: Int(value), countedAt: countedAt)
    }

    var text: String { "\(value) \(countedAt)" }

    /// A non-negative decimal number in its only spelling.
    static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        let text = String(decoding: digits, as: UTF8.self)
        guard let number = Int64(text), number >= 0, String(number) == text else { return nil }
        return number
    }
}
