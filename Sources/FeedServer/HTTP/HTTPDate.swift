import FeedStore

/// The `Date` field: IMF-fixdate, RFC 9110, section 5.6.7.
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// - Parameter time: not before 1970, which was a Thursday.
    static func text(_ time: Timestamp) -> String {
        let utc = time.utcComponents
        let day = days[Int(time.microseconds / 86_400_000_000 % 7)]
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(day), \(two(utc.day)) \(months[utc.month - 1]) \(utc.year) "
            + "\(two(utc.hour)):\(two(utc.minute)):\(two(utc.second)) GMT"
    }
}

/// The text of the current second, made once in that second. Owned by one event loop.
struct HTTPDateCache {
    private var second: Int64 = -1
    private var text = ""

    mutating func now() -> String {
        let time = Timestamp.now
        let second = time.microseconds / 1_000_000
        if second != self.second {
            self.second = second
            text = HTTPDate.text(time)
        }
        return text
    }
}
