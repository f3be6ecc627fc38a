import NIOCore
import TestSupport
import Testing

@testable import FeedServer

/// No sockets: a connection is a number, and its silence is what the test says.
struct ConnectionTableTests {
    private func address(_ number: Int) -> ClientAddress {
        ClientAddress("10.0.\(number >> 8 & 255).\(number & 255)") ?? .unknown
    }

    private static func silence(_ kind: ConnectionDeadlines.Kind, _ seconds: Int64) -> ConnectionSilence {
        ConnectionSilence(.init(kind: kind, time: .uptimeNanoseconds(0) + .seconds(seconds)))
    }

    private func text(_ admission: ConnectionTable<Int>.Admission) -> String {
        switch admission {
        case .admitted: "admitted"
        case .admittedInPlaceOf(let other, let bound): "instead of \(other), \(bound)"
        case .refused(let bound): "refused, \(bound)"
        }
    }

    @Test func whatHasWaitedLongestForALittleGivesWayFirst() {
        let order: [ConnectionSilence] = [
            Self.silence(.linger, 9), Self.silence(.head, 3), Self.silence(.head, 5), Self.silence(.body, 1),
            Self.silence(.body, 2), Self.silence(.write, 1), Self.silence(.write, 1 << 33),
            ConnectionSilence(nil),
        ]
        #expect(order.sorted() == order)
        #expect(Set(order.map(\.rawValue)).count == order.count)
        #expect(ConnectionSilence(nil) == .none)
    }

    @Test func anAddressAtItsBoundGivesUpItsOwn() {
        var table = ConnectionTable<Int>(capacity: 10, share: 3)
        let (one, other) = (address(1), address(2))
        let look = { (connection: Int) in Self.silence(.head, Int64(100 - connection)) }
        for connection in 0..<3 {
            #expect(text(table.add(connection, from: one, look: look)) == "admitted")
            #expect(text(table.add(10 + connection, from: other, look: look)) == "admitted")
        }
        #expect(text(table.add(3, from: one, look: look)) == "instead of 2, address")
        #expect(text(table.add(4, from: one, look: { _ in .none })) == "refused, address")
        #expect(table.count == 6)
        table.remove(0)
        #expect(text(table.add(5, from: one, look: { _ in .none })) == "admitted")
    }

    @Test func aFullServerTakesFromWhoHasTheMost() {
        var table = ConnectionTable<Int>(capacity: 5, share: nil)
        let look = { (connection: Int) in Self.silence(.head, Int64(connection)) }
        for (connection, from) in [1, 2, 2, 2, 3].enumerated() {
            #expect(text(table.add(connection, from: address(from), look: look)) == "admitted")
        }
        // Those of address 2 are 1, 2 and 3.
        #expect(text(table.add(5, from: address(4), look: look)) == "instead of 1, server")
        // A slow body there, before an idle one elsewhere.
        let body = { (connection: Int) in
            connection == 3 ? Self.silence(.body, 1) : connection == 2 ? .none : look(connection)
        }
        #expect(text(table.add(6, from: address(5), look: body)) == "instead of 3, server")
        // Everybody has one: whoever has none yet still gets in, and nobody gets a second but for the first.
        #expect(text(table.add(7, from: address(6), look: look)) == "instead of 0, server")
        #expect(text(table.add(8, from: address(6), look: look)) == "instead of 7, server")
        #expect(text(table.add(9, from: address(7), look: { _ in .none })) == "refused, server")
        #expect(table.count == 5)
    }

    /// For whoever can't even be accepted.
    @Test func roomIsMadeByWhoHasTheMost() {
        var table = ConnectionTable<Int>(capacity: 10, share: nil)
        let look = { (connection: Int) in Self.silence(.head, Int64(connection)) }
        for (connection, from) in [1, 2, 2, 3].enumerated() {
            _ = table.add(connection, from: address(from), look: look)
        }
        #expect(table.makeRoom(look: look) == 1)
        #expect(table.makeRoom(look: { _ in .none }) == nil)
        #expect(table.makeRoom(look: look) == 0)
        #expect(table.count == 2)
    }

    @Test func whoHasTheMostDoesNotTakeFromOthers() {
        var table = ConnectionTable<Int>(capacity: 3, share: nil)
        for (connection, from) in [1, 1, 2].enumerated() {
            _ = table.add(connection, from: address(from), look: { _ in .none })
        }
        let onlyOther = { (connection: Int) in
            connection == 2 ? Self.silence(.head, 1) : ConnectionSilence.none
        }
        #expect(text(table.add(3, from: address(1), look: onlyOther)) == "refused, server")
        // A new address does.
        #expect(text(table.add(3, from: address(3), look: onlyOther)) == "instead of 2, server")
    }

    @Test func whatIsPutBackIsMadeUpFor() {
        var table = ConnectionTable<Int>(capacity: 2, share: nil)
        let look = { (connection: Int) in Self.silence(.head, Int64(connection)) }
        for connection in 0..<2 { _ = table.add(connection, from: address(1), look: look) }
        #expect(text(table.add(2, from: address(2), look: look)) == "instead of 0, server")

        let instead = table.putBack(0, from: address(1), look: { $0 == 0 ? .none : look($0) })
        #expect(instead?.0 == 1 && instead?.1 == .server)
        #expect(table.count == 2)
        _ = table.add(3, from: address(3), look: { $0 == 2 ? look(2) : .none })
        #expect(table.putBack(2, from: address(2), look: { _ in .none }) == nil)
        #expect(table.count == 3)
        // It has more than it should have until one closes.
        #expect(text(table.add(4, from: address(4), look: { _ in .none })) == "refused, server")
        table.remove(2)
        table.remove(0)
        table.remove(0)
        #expect(text(table.add(4, from: address(4), look: { _ in .none })) == "admitted")
    }

    @Test func whatIsPutBackIsOfAnAddressThatHasAShare() {
        var table = ConnectionTable<Int>(capacity: 10, share: 2)
        let look = { (connection: Int) in Self.silence(.head, Int64(connection)) }
        _ = table.add(9, from: address(9), look: look)
        for connection in 0..<2 { _ = table.add(connection, from: address(1), look: look) }
        #expect(text(table.add(2, from: address(1), look: look)) == "instead of 0, address")

        let instead = table.putBack(0, from: address(1), look: { $0 == 0 ? .none : look($0) })
        #expect(instead?.0 == 1 && instead?.1 == .address)
        #expect(table.count == 3)
        // Those of others stay, also where none of its own is silent.
        _ = table.add(3, from: address(1), look: { $0 == 2 ? look(2) : .none })
        #expect(table.putBack(2, from: address(1), look: { $0 == 9 ? look(9) : .none }) == nil)
        #expect(text(table.add(4, from: address(1), look: { _ in .none })) == "refused, address")
    }

    /// Whatever happens: bounds hold, who gives way was silent, and had no fewer neighbours than who got its place.
    @Test(arguments: 0..<100) func chance(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...20, using: &random)
        let share = Bool.random(using: &random) ? Int.random(in: 1...capacity, using: &random) : nil
        var table = ConnectionTable<Int>(capacity: capacity, share: share)
        var model: [Int: Int] = [:]
        var silences: [Int: ConnectionSilence] = [:]
        func held(_ number: Int) -> Int { model.values.count { $0 == number } }
        for connection in 0..<400 {
            for open in model.keys.sorted() where Int.random(in: 0..<3, using: &random) == 0 {
                silences[open] =
                    Bool.random(using: &random)
                    ? .none : Self.silence(.head, Int64.random(in: 0..<1_000, using: &random))
            }
            let look = { silences[$0, default: .none] }
            if Int.random(in: 0..<4, using: &random) == 0,
                let gone = model.keys.sorted().randomElement(using: &random)
            {
                table.remove(gone)
                model[gone] = nil
            }
            let from = Int.random(in: 0..<6, using: &random)
            let mine = model.filter { $0.value == from }.keys
            switch table.add(connection, from: address(from), look: look) {
            case .admitted:
                #expect(model.count < capacity && held(from) < share ?? .max)
                model[connection] = from
            case .admittedInPlaceOf(let other, let bound):
                let loser = try #require(model[other])
                #expect(look(other) != .none)
                switch bound {
                case .address:
                    #expect(held(from) == share && loser == from)
                    let longest = mine.map(look).min()
                    #expect(look(other) == longest)
                case .server:
                    #expect(model.count == capacity)
                    #expect(loser == from || held(loser) > held(from))
                    let better = model.filter { held($0.value) > held(loser) && look($0.key) != .none }
                    #expect(better.isEmpty || loser == from)
                case .descriptors:
                    Issue.record("no bound of the table")
                }
                model[other] = nil
                model[connection] = from
            case .refused(let bound):
                #expect(mine.allSatisfy { look($0) == .none })
                #expect(bound == .address ? held(from) == share : model.count == capacity)
            }
            #expect(table.count == model.count && table.count <= capacity)
        }
        for connection in model.keys { table.remove(connection) }
        #expect(table.count == 0)
    }
}
