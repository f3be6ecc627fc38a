/// What happens while readers scroll, and when: an order of events that follows from the seed alone.
struct DriftTimeline: Sequence {
    enum Event: Equatable {
        /// A reader turns to a page of its walk, counted from 0.
        case page(walk: Int, number: Int)
        case insert
        case delete
    }

    struct Rates: Hashable {
        var insertsPerSecond: Double
        var deletesPerSecond: Double
    }

    private let events: [Event]

    /// - Parameters:
    ///   - walks: readers, who start one after the other, so that as many read at a time as a walk has pages.
    ///   - pages: of each walk.
    ///   - secondsPerPage: between two pages of one walk.
    init(walks: Int, pages: Int, secondsPerPage: Double, rates: Rates, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var timed: [(time: Double, event: Event)] = []
        for walk in 0..<walks {
            // Within the pause before the next one starts: not all turn their pages at once.
            let start = (Double(walk) + Double.random(in: 0..<1, using: &generator)) * secondsPerPage
            for page in 0..<pages {
                timed.append((start + Double(page) * secondsPerPage, .page(walk: walk, number: page)))
            }
        }
        let end = Double(walks + pages) * secondsPerPage
        for (event, rate) in [(Event.insert, rates.insertsPerSecond), (.delete, rates.deletesPerSecond)]
        where rate > 0 {
            var time = generator.wait(rate: rate)
            while time < end {
                timed.append((time, event))
                time += generator.wait(rate: rate)
            }
        }
        events = timed.sorted { $0.time < $1.time }.map(\.event)
    }

    func makeIterator() -> some IteratorProtocol<Event> {
        events.makeIterator()
    }
}
