import Testing

@testable import BenchmarkReport

@Suite struct NumbersTests {
    @Test(arguments: [
        (0.0, "0"), (0.012345, "0.0123"), (0.999, "0.999"), (0.9996, "1.00"), (9.996, "10.0"),
        (45.67, "45.7"),
        (999.6, "1_000"), (12_345, "12_300"), (1_234_567, "1_230_000"), (-45.67, "−45.7"),
        (.nan, "no number"),
        (-.infinity, "no number"),
    ])
    func `A figure has three digits that count`(number: Double, text: String) {
        #expect(Numbers.rounded(number) == text.replacing("_", with: Numbers.thousandsSeparator))
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1_000, "1_000"), (900_000, "900_000"), (-1_234, "−1_234")])
    func `A count has all of its digits`(number: Int, text: String) {
        #expect(Numbers.exact(number) == text.replacing("_", with: Numbers.thousandsSeparator))
    }

    @Test(arguments: [(0.5, "0.5"), (10, "10"), (2.50, "2.5"), (0, "0"), (100, "100")])
    func `A setting has no digits for show`(number: Double, text: String) {
        #expect(Numbers.short(number) == text)
    }

    @Test(arguments: [(0.5, "0.500 µs"), (312.4, "312 µs"), (4_560, "4.56 ms"), (1_200_000, "1.20 s")])
    func `A time has the unit that makes it short`(microseconds: Double, text: String) {
        #expect(Numbers.time(microseconds) == text)
    }

    @Test(arguments: [(59.4, "59 s"), (200, "3 min 20 s"), (3_900, "1 h 5 min")])
    func `A duration is in the units of a clock`(seconds: Double, text: String) {
        #expect(Numbers.duration(seconds) == text)
    }

    @Test func `A column is in milliseconds when all of it is large`() {
        #expect(TimeUnit.fitting([1_000, 50_000]) == .milliseconds)
        #expect(TimeUnit.fitting([999, 50_000]) == .microseconds)
        #expect(TimeUnit.fitting([]) == .microseconds)
    }

    @Test func `The middle of an even number of figures lies between two`() throws {
        #expect(Spread([]) == nil)
        let odd = try #require(Spread([3, 1, 2]))
        #expect((odd.minimum, odd.median, odd.maximum) == (1, 2, 3))
        #expect(try #require(Spread([4, 1, 2, 3])).median == 2.5)
    }
}
