/// Decimal numbers in their only spelling, for text that comes from somewhere else: no sign, no leading zero, no
/// blank, no digit beyond ASCII. What Swift's own initialisers take besides would let two texts mean one number.
enum StrictDecimal {
    /// A number from 0 to `Int64.max`; `nil` for every other text. Allocates nothing.
    static func number(_ digits: some Collection<UInt8>) -> Int64? {
        guard let first = digits.first, first != UInt8(ascii: "0") || digits.count == 1 else { return nil }
        var number: Int64 = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (tenfold, isTooLong) = number.multipliedReportingOverflow(by: 10)
            let (sum, isTooHigh) = tenfold.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !isTooLong, !isTooHigh else { return nil }
            number = sum
        }
        return number
    }
}
