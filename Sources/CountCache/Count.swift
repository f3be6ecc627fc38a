/// A total, with how old it is and where it came from.
public struct Count: Sendable, Equatable {
    /// What was counted.
    public var value: Int

    /// Time since the counting *began*, which is the moment the total was certainly true at. Zero or more. A
    /// value from memory or Redis is younger than the time to live; one that was just counted may be older than
    /// that, if counting took longer.
    public var age: Duration

    /// Who knew it.
    public var source: CountSource

    public init(value: Int, age: Duration, source: CountSource) {
        self.value = value
        self.age = age
        self.source = source
    }
}
