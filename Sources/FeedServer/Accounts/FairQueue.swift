/// What waits for its turn, shared fairly among those who ask: a pure state machine.
///
/// Turns go round the owners, one for each (round robin, as in J. Nagle's RFC 970), whatever number of elements each
/// has. When the queue is full, whoever holds the most gives way to whoever would hold less, so that an owner with
/// nothing in it always gets in while another holds more than one.
struct FairQueue<Owner: Hashable, Element> {
    /// Names an element in the queue.
    typealias ID = UInt64

    enum Admission {
        case queued
        /// The element has taken the place of this one, whose owner held the most.
        case queuedInPlaceOf(Element)
        /// There is no place for this owner.
        case refused
    }

    private struct Entry {
        let id: ID
        let element: Element
    }

    /// Elements of all owners together.
    private let capacity: Int
    /// Elements of one owner.
    private let share: Int
    /// Those who have something here, in the order of their turns.
    private var turns: [Owner] = []
    /// In the order in which they came; never an empty list.
    private var entries: [Owner: [Entry]] = [:]
    /// Elements that wait.
    private(set) var count = 0

    /// - Parameters:
    ///   - capacity: elements that may wait, few enough to be looked through.
    ///   - share: of them, those of one owner.
    init(capacity: Int, share: Int) {
        self.capacity = capacity
        self.share = share
    }

    /// Adds an element behind its owner's others. An owner that has none gets its turn when each of those who are
    /// there already has had one.
    mutating func add(_ element: Element, id: ID, of owner: Owner) -> Admission {
        let held = entries[owner]?.count ?? 0
        guard held < share else { return .refused }
        guard count >= capacity else {
            append(Entry(id: id, element: element), to: owner)
            return .queued
        }
        guard let evicted = evict(fromOneWithMoreThan: held + 1) else { return .refused }
        append(Entry(id: id, element: element), to: owner)
        return .queuedInPlaceOf(evicted)
    }

    /// Takes out the element whose turn it is, `nil` where nothing waits.
    mutating func next() -> Element? {
        guard let owner = turns.first, let entry = entries[owner]?.first else { return nil }
        remove(at: 0, of: owner)
        // Behind all others, if there is more of its.
        if entries[owner] != nil { turns.append(turns.removeFirst()) }
        return entry.element
    }

    /// Takes out an element, `nil` where it has been taken out before.
    mutating func remove(_ id: ID) -> Element? {
        for (owner, list) in entries {
            guard let place = list.firstIndex(where: { $0.id == id }) else { continue }
            remove(at: place, of: owner)
            return list[place].element
        }
        return nil
    }

    /// Takes out everything.
    mutating func removeAll() -> [Element] {
        var all: [Element] = []
        while let element = next() { all.append(element) }
        return all
    }

    // MARK: Parts

    private mutating func append(_ entry: Entry, to owner: Owner) {
        if entries[owner] == nil { turns.append(owner) }
        entries[owner, default: []].append(entry)
        count += 1
    }

    /// Takes out the last element of the owner who has the most, if those are more than `bound`; of several such
    /// owners, that of the one whose turn is furthest.
    private mutating func evict(fromOneWithMoreThan bound: Int) -> Element? {
        let holdings = turns.reversed().map { ($0, entries[$0]?.count ?? 0) }
        guard let most = holdings.map(\.1).max(), most > bound,
            let owner = holdings.first(where: { $0.1 == most })?.0, let entry = entries[owner]?.last
        else { return nil }
        remove(at: most - 1, of: owner)
        return entry.element
    }

    private mutating func remove(at place: Int, of owner: Owner) {
        entries[owner]?.remove(at: place)
        count -= 1
        guard entries[owner]?.isEmpty == true else { return }
        entries[owner] = nil
        turns.removeAll { $0 == owner }
    }
}
