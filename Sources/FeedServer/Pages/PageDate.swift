import FeedStore

/// The names of the months, January first.
private let monthNames = [
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
]

extension Timestamp {
    /// The day in UTC as pages show it: `August 06, 2025`.
    var pageDate: String {
        let utc = utcComponents
        let day = utc.day < 10 ? "0\(utc.day)" : "\(utc.day)"
        return "\(monthNames[utc.month - 1]) \(day), \(utc.year)"
    }

    /// Day and minute in UTC: `August 06, 2025, 14:30 UTC`.
    var pageMoment: String {
        let utc = utcComponents
        let (hour, minute) = (String(100 + utc.hour).dropFirst(), String(100 + utc.minute).dropFirst())
        return "\(pageDate), \(hour):\(minute) UTC"
    }
}
