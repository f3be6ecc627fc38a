import TestSupport
import Testing

@testable import FeedServer

/// No threads: what is asked is order alone.
struct FairQueueTests {
    /// A queue of names; what is added gets the next id.
    private struct Line {
        var queue: FairQueue<String, String>
        var lastID: UInt64 = 0

        init(capacity: Int, share: Int) {
            queue = FairQueue(capacity: capacity, share: share)
        }

        /// What became of it: its id, and what had to give way.
        @discardableResult
        mutating func add(_ element: String, of owner: String) -> (id: UInt64, outcome: String) {
            lastID += 1
            return switch queue.add(element, id: lastID, of: owner) {
            case .queued: (lastID, "queued")
            case .queuedInPlaceOf(let evicted): (lastID, "instead of \(evicted)")
            case .refused: (lastID, "refused")
            }
        }

        mutating func all() -> [String] { queue.removeAll() }
    }

    @Test func oneOwnersElementsComeInTheirOrder() {
        var line = Line(capacity: 8, share: 8)
        for name in ["a", "b", "c"] { line.add(name, of: "one") }
        #expect(line.queue.count == 3)
        #expect(line.all() == ["a", "b", "c"])
        #expect(line.queue.count == 0)
    }

    @Test func ownersTakeTurns() {
        var line = Line(capacity: 32, share: 16)
        for owner in ["a", "b", "c"] {
            for number in 1...3 { line.add("\(owner)\(number)", of: owner) }
        }
        #expect(line.all() == ["a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"])
    }

    /// The attack: nine loops of one address, which ask again as soon as they are served.
    @Test func aVictimIsServedWithinTwoOfAnAttackersTurns() {
        var line = Line(
            capacity: PasswordHasher.maximumWaiting, share: PasswordHasher.maximumWaitingForClient)
        for _ in 1...9 { line.add("attacker", of: "attacker") }
        for served in 0..<100 {
            #expect(line.queue.next() == "attacker")
            line.add("attacker", of: "attacker")
            guard served % 10 == 9 else { continue }
            line.add("victim", of: "victim")
            let next = [line.queue.next(), line.queue.next()]
            #expect(next.contains("victim"))
            line.add("attacker", of: "attacker")
        }
        #expect(line.queue.count == 9)
    }

    @Test func oneOwnerTakesNoMoreThanItsShare() {
        var line = Line(capacity: 4, share: 2)
        let outcomes = (1...4).map { line.add("a\($0)", of: "a").outcome }
        #expect(outcomes == ["queued", "queued", "refused", "refused"])
        #expect(line.add("b1", of: "b").outcome == "queued")
        #expect(line.all() == ["a1", "b1", "a2"])
        #expect(line.add("a5", of: "a").outcome == "queued")
    }

    @Test func whoHasTheMostGivesWay() {
        var line = Line(capacity: 5, share: 4)
        for number in 1...3 { line.add("a\(number)", of: "a") }
        for number in 1...2 { line.add("b\(number)", of: "b") }

        #expect(line.add("c1", of: "c").outcome == "instead of a3")
        // Of equals, the one whose turn is further; its last.
        #expect(line.add("d1", of: "d").outcome == "instead of b2")
        // Nothing would be fairer after it.
        #expect(line.add("c2", of: "c").outcome == "refused")
        #expect(line.add("e1", of: "e").outcome == "instead of a2")
        #expect(line.add("f1", of: "f").outcome == "refused")
        #expect(line.all() == ["a1", "b1", "c1", "d1", "e1"])
    }

    @Test func whatIsTakenOutLeavesTheOthersTheirTurns() {
        var line = Line(capacity: 8, share: 8)
        let first = line.add("a1", of: "a").id
        line.add("b1", of: "b")
        line.add("a2", of: "a")
        let last = line.add("c1", of: "c").id

        #expect(line.queue.remove(first) == "a1")
        #expect(line.queue.remove(first) == nil)
        #expect(line.queue.remove(last) == "c1")
        #expect(line.queue.count == 2)
        #expect(line.all() == ["a2", "b1"])
    }

    /// Whatever happens: bounds hold, nothing is lost, and nobody who waits is passed over by another twice.
    @Test(arguments: 0..<200) func chance(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...12, using: &random)
        let share = Int.random(in: 1...capacity, using: &random)
        var queue = FairQueue<Int, UInt64>(capacity: capacity, share: share)
        /// A model: what each owner has waiting, and how often each other was served meanwhile.
        var held: [Int: [UInt64]] = [:]
        var passed: [Int: [Int: Int]] = [:]
        var lastID: UInt64 = 0
        func owner(of id: UInt64) -> Int { held.first { $0.value.contains(id) }?.key ?? -1 }
        func take(_ id: UInt64) {
            let owner = owner(of: id)
            held[owner]?.removeAll { $0 == id }
            passed[owner] = [:]
        }
        for _ in 0..<300 {
            let asks = Int.random(in: 0..<6, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<4:
                lastID += 1
                let holdings = held.mapValues(\.count)
                let before = holdings[asks] ?? 0
                let total = holdings.values.reduce(0, +)
                switch queue.add(lastID, id: lastID, of: asks) {
                case .queued:
                    #expect(before < share && total < capacity)
                    held[asks, default: []].append(lastID)
                case .queuedInPlaceOf(let id):
                    #expect(before < share && total == capacity)
                    #expect(holdings[owner(of: id)] == holdings.values.max())
                    #expect(held[owner(of: id)]?.last == id)
                    held[owner(of: id)]?.removeLast()
                    held[asks, default: []].append(lastID)
                case .refused:
                    #expect(before == share || (total == capacity && holdings.values.max()! <= before + 1))
                }
                if before == 0 { passed[asks] = [:] }
            case 4..<7:
                guard let id = queue.next() else {
                    #expect(held.allSatisfy { $0.value.isEmpty })
                    continue
                }
                let served = owner(of: id)
                #expect(held[served]?.first == id)
                take(id)
                for (other, list) in held where other != served && !list.isEmpty {
                    passed[other, default: [:]][served, default: 0] += 1
                    #expect(passed[other]?[served] ?? 0 <= 1)
                }
            default:
                guard let id = held.values.flatMap(\.self).randomElement(using: &random) else { continue }
                #expect(queue.remove(id) == id)
                held[owner(of: id)]?.removeAll { $0 == id }
            }
            #expect(queue.count == held.values.map(\.count).reduce(0, +))
        }
    }
}
