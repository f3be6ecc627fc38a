import CountCache
import FeedStore

/// The total that stands on a page: what is remembered, made to agree with what the page itself has seen.
///
/// Page and total come of two reads, and the total may be the older one by its whole time to live. Whoever gets both
/// in one answer takes them for one: a page of ten rows whose total is 0 would end the walk of a client that goes by
/// it. So a total that the page proves wrong is moved by as little as makes it possible, and keeps its age and source.
struct PageTotal {
    /// The totals that are possible with the page, as far as it tells.
    let possible: ClosedRange<Int>

    /// A page behind a known number of rows. It proves how many there are at least, and where it has come to their
    /// end, how many there are: then `skip + count < total` is just what ``PageEdges/hasMore`` says.
    ///
    /// - Parameter skip: rows in front of the page, 0 or more.
    init(skip: Int, edges: PageEdges) {
        let seen = skip + edges.count
        if edges.hasMore {
            possible = seen + 1...Int.max
        } else {
            // Where a page is empty, all rows may be in front of it, or fewer.
            possible = (edges.count > 0 ? seen : 0)...seen
        }
    }

    /// A page wherever it starts. Behind a cursor nobody knows what is in front of it.
    init(start: PageStart, edges: PageEdges) {
        switch start {
        case .first: self.init(skip: 0, edges: edges)
        case .offset(let skip): self.init(skip: skip, edges: edges)
        case .after, .before: self.init(possible: edges.count + (edges.hasMore ? 1 : 0)...Int.max)
        }
    }

    private init(possible: ClosedRange<Int>) {
        self.possible = possible
    }

    /// The possible total that is next to the remembered one.
    func agreeing(with total: Count) -> Count {
        var total = total
        total.value = min(max(total.value, possible.lowerBound), possible.upperBound)
        return total
    }
}
