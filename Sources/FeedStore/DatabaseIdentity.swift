/// Tells a database from every other, wherever something is kept of it beside it: totals in a Redis, for instance.
///
/// All that have the same database open have the same one. Where a database's file may have been replaced, by a backup
/// or by another database, it gets a new one, so that nothing that was kept of other rows is taken for its own.
public struct DatabaseIdentity: Hashable, Sendable, CustomStringConvertible {
    /// 128 bits in hexadecimal digits.
    public let description: String

    /// The number of its digits.
    static let length = 32

    /// One that no database has had.
    public init() {
        let bits = UInt128.random(in: 0...UInt128.max)
        let digits = String(bits, radix: 16)
        description = String(repeating: "0", count: Self.length - digits.count) + digits
    }

    /// One that was given before.
    init(kept description: String) {
        self.description = description
    }
}
