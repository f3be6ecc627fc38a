/// A timestamp taken apart in UTC, in the proleptic Gregorian calendar.
public struct UTCComponents: Hashable, Sendable {
    public var year: Int
    /// 1…12
    public var month: Int
    /// 1…31
    public var day: Int
    public var hour: Int
    public var minute: Int
    public var second: Int
    /// 0…999 999
    public var microsecond: Int
}

extension Timestamp {
    /// The earliest and the latest time that RFC 3339 can write: years 1970 to 9999 here.
    public static let range = Timestamp(microseconds: 0)...Timestamp(microseconds: 253_402_300_799_999_999)

    /// Bytes of an RFC 3339 text with six fractional digits: `2025-08-06T14:30:00.123456Z`.
    public static let rfc3339Length = 27

    /// The civil date and time of day, in integer arithmetic.
    ///
    /// Days to civil date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
    /// `civil_from_days`.
    public var utcComponents: UTCComponents {
        let microsecondsPerDay: Int64 = 86_400_000_000
        var days = microseconds / microsecondsPerDay
        var timeOfDay = microseconds % microsecondsPerDay
        if timeOfDay < 0 {
            timeOfDay += microsecondsPerDay
            days -= 1
        }
        let shifted = Int(days) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let seconds = Int(timeOfDay / 1_000_000)
        return UTCComponents(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
            month: month,
            day: dayOfYear - (153 * monthFromMarch + 2) / 5 + 1,
            hour: seconds / 3_600,
            minute: seconds / 60 % 60,
            second: seconds % 60,
            microsecond: Int(timeOfDay % 1_000_000)
        )
    }

    /// RFC 3339 in UTC with exactly six fractional digits.
    ///
    /// - Precondition: the timestamp lies in ``range``; the store accepts no other.
    public var rfc3339: String {
        String(unsafeUninitializedCapacity: Self.rfc3339Length) { bytes in
            writeRFC3339(into: UnsafeMutableRawBufferPointer(bytes))
            return Self.rfc3339Length
        }
    }

    /// Writes the text of ``rfc3339`` into the first ``rfc3339Length`` bytes.
    public func writeRFC3339(into bytes: UnsafeMutableRawBufferPointer) {
        precondition(bytes.count >= Self.rfc3339Length)
        let utc = utcComponents
        func digits(_ value: Int, at offset: Int, count: Int) {
            var rest = value
            for index in stride(from: offset + count - 1, through: offset, by: -1) {
                bytes[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
        digits(utc.year, at: 0, count: 4)
        bytes[4] = UInt8(ascii: "-")
        digits(utc.month, at: 5, count: 2)
        bytes[7] = UInt8(ascii: "-")
        digits(utc.day, at: 8, count: 2)
        bytes[10] = UInt8(ascii: "T")
        digits(utc.hour, at: 11, count: 2)
        bytes[13] = UInt8(ascii: ":")
        digits(utc.minute, at: 14, count: 2)
        bytes[16] = UInt8(ascii: ":")
        digits(utc.second, at: 17, count: 2)
        bytes[19] = UInt8(ascii: ".")
        digits(utc.microsecond, at: 20, count: 6)
        bytes[26] = UInt8(ascii: "Z")
    }
}
