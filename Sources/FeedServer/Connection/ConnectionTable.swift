/// Who is connected from where, and which connection gives way to a new one: a pure state machine.
///
/// Where an address has as many connections as it may have, or the server as many as it takes, the new connection
/// gets the place of one that waits for its client (``ConnectionSilence``): of the address's own, or of the address
/// that has the most. So silent connections keep nobody out, however many one client opens.
struct ConnectionTable<Connection: Hashable> {
    /// Which bound was reached; the raw value is its label in metrics.
    enum Bound: String, CaseIterable {
        /// That of one address.
        case address
        /// That of the server.
        case server
        /// That of the process, or of the whole system.
        case descriptors
    }

    enum Admission {
        case admitted
        /// The first is to be closed, and counts no more.
        case admittedInPlaceOf(Connection, Bound)
        /// None could give way.
        case refused(Bound)
    }

    /// Tells how silent a connection is.
    typealias Look = (Connection) -> ConnectionSilence

    /// Connections that are looked at for one new connection, so that its cost has a bound.
    private static var maximumLooks: Int { 4_096 }

    private struct Place {
        let address: ClientAddress
        /// In the address's list.
        var index: Int
    }

    private let capacity: Int
    private let share: Int?
    private var places: [Connection: Place] = [:]
    /// Those of each address; never an empty list.
    private var lists: [ClientAddress: [Connection]] = [:]
    /// The addresses that have so many; never an empty set.
    private var ranks: [Int: Set<ClientAddress>] = [:]
    /// The most that an address has.
    private var most = 0

    /// - Parameters:
    ///   - capacity: connections at a time.
    ///   - share: of them, those of one address; `nil` for no such bound.
    init(capacity: Int, share: Int?) {
        self.capacity = capacity
        self.share = share
    }

    var count: Int { places.count }

    /// Adds a connection, if there is a place for it.
    ///
    /// At the bound of the server, one gives way that belongs to an address with more connections than the new one's,
    /// or to the new one's own.
    mutating func add(_ connection: Connection, from address: ClientAddress, look: Look) -> Admission {
        let held = lists[address]?.count ?? 0
        let bound: Bound
        let silent: Connection?
        if let share, held >= share {
            bound = .address
            silent = longestSilent(of: address, look: look)
        } else if count >= capacity {
            bound = .server
            silent =
                longestSilent(ofThoseWithMoreThan: held, look: look) ?? longestSilent(of: address, look: look)
        } else {
            insert(connection, from: address)
            return .admitted
        }
        guard let silent else { return .refused(bound) }
        remove(silent)
        insert(connection, from: address)
        return .admittedInPlaceOf(silent, bound)
    }

    /// Puts a connection back that was to be closed, and that its client has used in the last moment.
    ///
    /// - Returns: one that is to be closed instead of it, of the same address where that has more than its share, if
    ///   there is any; otherwise there are more than there should be until one closes.
    mutating func putBack(
        _ connection: Connection, from address: ClientAddress, look: Look
    ) -> (Connection, Bound)? {
        guard places[connection] == nil else { return nil }
        insert(connection, from: address)
        let bound: Bound
        let silent: Connection?
        if let share, lists[address]?.count ?? 0 > share {
            bound = .address
            silent = longestSilent(of: address, look: look)
        } else if count > capacity {
            bound = .server
            silent = longestSilent(ofThoseWithMoreThan: 0, look: look)
        } else {
            return nil
        }
        guard let silent else { return nil }
        remove(silent)
        return (silent, bound)
    }

    /// Takes out the connection that gives way where there is no room even for what is let in.
    ///
    /// - Returns: one that is to be closed; `nil` where none is silent.
    mutating func makeRoom(look: Look) -> Connection? {
        let silent = longestSilent(ofThoseWithMoreThan: 0, look: look)
        if let silent { remove(silent) }
        return silent
    }

    /// Takes out a connection that has closed. One that has given way is out already.
    mutating func remove(_ connection: Connection) {
        guard let place = places.removeValue(forKey: connection), var list = lists[place.address] else {
            return
        }
        // The last takes its place. The list is taken out meanwhile, or it would be copied.
        lists[place.address] = nil
        let last = list.removeLast()
        if last != connection {
            list[place.index] = last
            places[last]?.index = place.index
        }
        rank(place.address, from: list.count + 1, to: list.count)
        if !list.isEmpty { lists[place.address] = list }
    }

    // MARK: Parts

    private mutating func insert(_ connection: Connection, from address: ClientAddress) {
        let held = lists[address]?.count ?? 0
        places[connection] = Place(address: address, index: held)
        lists[address, default: []].append(connection)
        rank(address, from: held, to: held + 1)
    }

    private mutating func rank(_ address: ClientAddress, from old: Int, to new: Int) {
        ranks[old]?.remove(address)
        if ranks[old]?.isEmpty == true { ranks[old] = nil }
        if new > 0 { ranks[new, default: []].insert(address) }
        // By one at a time: where nobody has the most any more, somebody has one less.
        most = max(new, ranks[most] == nil ? most - 1 : most)
    }

    private func longestSilent(of address: ClientAddress, look: Look) -> Connection? {
        var search = Search(looks: Self.maximumLooks)
        search.go(through: lists[address] ?? [], look: look)
        return search.found
    }

    /// Of the addresses that have the most, and of those with less where none of these is silent.
    private func longestSilent(ofThoseWithMoreThan bound: Int, look: Look) -> Connection? {
        var search = Search(looks: Self.maximumLooks)
        var count = most
        while count > bound, search.found == nil, search.looks > 0 {
            for address in ranks[count] ?? [] where search.looks > 0 {
                search.go(through: lists[address] ?? [], look: look)
            }
            count -= 1
        }
        return search.found
    }

    private struct Search {
        /// Left.
        var looks: Int
        var found: Connection?
        private var silence = ConnectionSilence.none

        init(looks: Int) { self.looks = looks }

        mutating func go(through list: [Connection], look: Look) {
            for connection in list.prefix(looks) {
                let other = look(connection)
                if other < silence { (found, silence) = (connection, other) }
            }
            looks -= min(looks, list.count)
        }
    }
}
