/// A small, fast generator whose output is fixed by its seed, on every platform and in every release.
///
/// Algorithm: G. Steele, D. Lea, C. Flood, *Fast Splittable Pseudorandom Number Generators*, OOPSLA 2014,
/// with the constants of S. Vigna's `splitmix64.c` (public domain). Not for secrets.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number in `0..<bound`, by D. Lemire's multiplication (*Fast Random Integer Generation in an
    /// Interval*, 2019) without its rejection step: the bias is below `bound / 2^64`.
    ///
    /// Written here, and not left to `Int.random(in:using:)`, because the standard library may change
    /// how it maps bits to a range, and with that every sample database.
    ///
    /// - Precondition: `bound` is positive.
    package mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "a range of random numbers cannot be empty")
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True for about `share` of 1 000 calls.
    package mutating func happens(perMille share: Int) -> Bool {
        below(1000) < share
    }
}
