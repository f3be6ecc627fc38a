import TestSupport

@testable import CountCache

/// An engine whose effects are read as text, in whole milliseconds: `load`, `answer 1 2: 7 store 5`. Callers have
/// numbers. The time to live is a second, less a fifth for the soft one, and nothing is left to chance but polls.
struct EngineUnderTest {
    typealias Engine = CountEngine<String, Int>

    struct Broken: Error {}

    static let rules = CountRules(
        softTimeToLive: 800 * milliseconds, timeToLive: 1_000 * milliseconds, jitter: 0,
        wait: 200 * milliseconds, maxStaleAge: 5_000 * milliseconds, pauseFactor: 10,
        loadTimeLimit: 300 * milliseconds, leaseTime: 1_500 * milliseconds)

    let key: CountKey
    var engine: Engine
    /// Nanoseconds.
    var now: Int64 = 0
    /// The flight that asked or counted last.
    private(set) var flight: UInt64 = 0
    private(set) var requests: [Lease.Request] = []
    private(set) var fills: [Lease.Fill] = []
    /// Wakes that were asked for and have not been given.
    private(set) var wakes: [(flight: UInt64, time: Int64)] = []
    private(set) var notes: [CountEvent] = []
    private(set) var troubles: [CountCacheTrouble] = []
    private var callers: [Int: (CountKey, CountPolicy, UInt64)] = [:]

    init(
        hasRedis: Bool = false, capacity: Int = 10, seed: UInt64 = 1,
        _ change: (inout CountRules) -> Void = { _ in }
    ) throws {
        key = try CountKey(collection: "posts")
        var rules = Self.rules
        change(&rules)
        engine = Engine(
            rules: rules, capacity: capacity, hasLeases: hasRedis, random: SeededGenerator(seed: seed))
    }

    /// The time in whole milliseconds.
    var elapsed: Int64 { now / 1_000_000 }

    mutating func pass(_ milliseconds: Int64) {
        now += milliseconds * 1_000_000
    }

    /// What a caller gets who does not wait.
    mutating func ask(_ policy: CountPolicy = .cached, of key: CountKey? = nil) -> [String] {
        ask(policy, .now, of: key ?? self.key)
    }

    mutating func wait(_ caller: Int, _ policy: CountPolicy = .cached, of key: CountKey? = nil) -> [String] {
        let number = engine.nextNumber()
        callers[caller] = (key ?? self.key, policy, number)
        return ask(policy, .waits(caller, number: number), of: key ?? self.key)
    }

    mutating func leave(_ caller: Int) -> Int? {
        callers[caller].flatMap { engine.leave($0, $1, number: $2) }
    }

    mutating func acquired(_ right: Lease.Right?, found: Lease.Found? = nil) -> [String] {
        let (flight, now) = (flight, now)
        let answer = right.map { Lease.Answer(found: found, right: $0) }
        return tell { $0.acquired(flight: flight, answer: answer, now: now, effects: &$1) }
    }

    /// - Parameter value: `nil` for a failure.
    mutating func loaded(_ value: Int?, flight ownFlight: UInt64? = nil) -> [String] {
        let (flight, now) = (ownFlight ?? flight, now)
        return tell {
            $0.loaded(
                flight: flight, result: value.map { .success($0) } ?? .failure(Broken()), now: now,
                effects: &$1)
        }
    }

    /// Gives every wake that is due.
    mutating func wake() -> [String] {
        var done: [String] = []
        while let index = wakes.firstIndex(where: { $0.time <= now }) {
            done += wake(flight: wakes.remove(at: index).flight)
        }
        return done
    }

    mutating func wake(flight: UInt64) -> [String] {
        let now = now
        return tell { $0.wake(flight: flight, now: now, effects: &$1) }
    }

    /// Counts at once, for so long.
    mutating func count(_ value: Int, taking cost: Int64 = 0) -> [String] {
        _ = wait(99)
        pass(cost)
        return loaded(value)
    }

    private mutating func ask(_ policy: CountPolicy, _ patience: Engine.Patience, of key: CountKey)
        -> [String]
    {
        var reply = Engine.Reply.none
        let now = now
        let done = tell { reply = $0.ask(key, policy, patience, loader: "", now: now, effects: &$1) }
        switch reply {
        case .count(let count): return [Self.text(count)] + done
        case .none: return ["none"] + done
        case .wait: return ["wait"] + done
        case .waiting: return done
        }
    }

    private mutating func tell(_ happening: (inout Engine, inout [Engine.Effect]) -> Void) -> [String] {
        var effects: [Engine.Effect] = []
        happening(&engine, &effects)
        return effects.compactMap { perform($0) }
    }

    private mutating func perform(_ effect: Engine.Effect) -> String? {
        switch effect {
        case .answer(let callers, let outcome):
            let names = callers.map(String.init).joined(separator: " ")
            switch outcome {
            case .count(let count): return "answer \(names): \(Self.text(count))"
            case .none: return "answer \(names): none"
            case .failure(let error): return "answer \(names): \(type(of: error))"
            }
        case .acquire(let number, let request):
            flight = number
            requests.append(request)
            return "acquire"
        case .load(let number, _, let limit):
            flight = number
            return limit.map { "load \($0)" } ?? "load"
        case .cancelLoad: return "cancel"
        case .fill(let fill):
            fills.append(fill)
            return "fill \(fill.value)"
        case .release(let release): return "release \(release.pause / 1_000_000)"
        case .wake(let flight, let time):
            wakes.append((flight, time))
            return nil
        case .note(let event):
            notes.append(event)
            return nil
        case .report(let trouble, _, _):
            troubles.append(trouble)
            return nil
        }
    }

    private static func text(_ count: Count) -> String {
        let more = count.isLowerBound ? "+" : ""
        return "\(count.value)\(more) \(count.source) \(count.age.nanoseconds / 1_000_000)"
    }
}
