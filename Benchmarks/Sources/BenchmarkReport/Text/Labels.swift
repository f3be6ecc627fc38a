// How the document calls what the figures' enumerations name.

extension DepthFigures.Way {
    var label: String {
        switch self {
        case .cursor: "cursor"
        case .offset: "offset, best form"
        case .naiveOffset: "offset, naive form"
        }
    }

    /// For the head of a narrow column.
    var shortLabel: String {
        switch self {
        case .cursor: "cursor"
        case .offset: "offset"
        case .naiveOffset: "naive offset"
        }
    }
}

extension DepthFigures.Place {
    var label: String {
        switch self {
        case .http: "feed-server, over HTTP"
        case .store: "The store, in process"
        case .peer: "The peer, over HTTP"
        }
    }
}

extension DriftFigures.Way {
    var label: String {
        switch self {
        case .cursor: "cursor"
        case .page: "page number"
        case .offset: "offset"
        }
    }
}

extension TotalsFigures.Way {
    var label: String {
        switch self {
        case .count: "a COUNT for each request"
        case .memory: "remembered in memory"
        case .redis: "remembered in memory and Redis"
        case .redisAway: "Redis configured, but away"
        case .none: "no total"
        }
    }

    /// In the lines of a narrow label below an axis.
    var axisLabel: String {
        switch self {
        case .count: "COUNT\neach time"
        case .memory: "memory"
        case .redis: "Redis"
        case .redisAway: "Redis\naway"
        case .none: "no total"
        }
    }
}

extension TotalsFigures.Place {
    var label: String {
        switch self {
        case .http: "feed-server, over HTTP"
        case .library: "the libraries, in process"
        case .peer: "the peer, over HTTP"
        }
    }
}

extension TotalsFigures.Row {
    /// "remembered in memory, 1 s to live, the libraries, in process"
    var label: String {
        let time = timeToLive.map { ", \(Numbers.short($0)) s to live" } ?? ""
        return "\(way.label)\(time), \(place.label)"
    }
}

extension ThroughputFigures.Server {
    var label: String {
        switch self {
        case .feedServer: "feed-server"
        case .peer: "the peer"
        }
    }
}

extension ThroughputFigures.Workload {
    var label: String {
        switch self {
        case .firstPage: "first page"
        case .randomCursors: "random cursors"
        case .userFeed: "a user's feed"
        case .offsetPage: "offset, page 1 (the peer counts)"
        }
    }

    /// In the lines of a narrow label below an axis.
    var axisLabel: String {
        switch self {
        case .firstPage: "first\npage"
        case .randomCursors: "random\ncursors"
        case .userFeed: "a user's\nfeed"
        case .offsetPage: "offset,\npage 1"
        }
    }
}

extension GrowthFigures.Read {
    var label: String {
        switch self {
        case .firstPage: "first page"
        case .randomCursor: "random cursor"
        case .middleOffset: "offset to the middle"
        case .count: "COUNT"
        }
    }
}

extension WritesFigures.Way {
    var label: String {
        switch self {
        case .groupCommit: "the store, which groups commits"
        case .commitEach: "a commit for each post"
        case .http: "over HTTP"
        }
    }
}

enum Labels {
    /// "1 connection", "64 connections".
    static func count(_ number: Int, _ singular: String, _ plural: String) -> String {
        "\(Numbers.exact(number)) \(number == 1 ? singular : plural)"
    }

    /// "a, b and c"
    static func list(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }
}

extension String {
    /// For the beginning of a line.
    var capitalizedFirst: String {
        // It is the name of a program.
        hasPrefix("feed-server") ? self : prefix(1).uppercased() + dropFirst()
    }

    /// With a full stop, if it has none: a reason may be half a sentence or a whole one.
    var endingSentence: String {
        hasSuffix(".") ? self : self + "."
    }
}
