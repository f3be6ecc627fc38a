/// A total, with how old it is and where it came from.
public struct Count: Sendable, Equatable {
    /// What was counted: zero or more.
    public var value: Int

    /// Whether there are more than ``value``: counting stopped there, because ``CountPolicy/capped(at:)`` asked for
    /// no more.
    public var isLowerBound: Bool

    /// Time since the counting *began*, which is the moment the total was certainly true at. Zero or more, and
    /// never less than the truth: every conversion between clocks rounds toward older.
    public var age: Duration

    /// Who knew it. Says also whether ``age`` is within the time to live: see ``CountSource``.
    public var source: CountSource

    public init(value: Int, isLowerBound: Bool = false, age: Duration, source: CountSource) {
        self.value = value
        self.isLowerBound = isLowerBound
        self.age = age
        self.source = source
    }
}
