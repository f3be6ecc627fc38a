import Testing

@testable import FeedServer

struct BodyBudgetTests {
    private let registry = PrometheusRegistry()
    private let budget: BodyBudget

    init() {
        budget = BodyBudget(capacity: 400, metrics: ConnectionMetrics(factory: registry))
    }

    private func client(_ number: Int) -> ClientAddress {
        ClientAddress("192.0.2.\(number)") ?? .unknown
    }

    private func refusal(_ bytes: Int, _ number: Int) -> BodyBudget.Refusal? {
        do {
            try budget.take(bytes, for: client(number))
            return nil
        } catch {
            return error
        }
    }

    private func metrics(contain line: String) -> Bool {
        var text = ""
        registry.render(into: &text)
        return text.split(separator: "\n").contains(Substring(line))
    }

    @Test func oneAddressHasAQuarter() {
        #expect(refusal(60, 1) == nil)
        #expect(refusal(41, 1) == .address)
        #expect(refusal(40, 1) == nil)
        #expect(refusal(1, 1) == .address)
        #expect(refusal(100, 2) == nil)
        budget.giveBack(60, of: client(1))
        #expect(refusal(60, 1) == nil)
        #expect(metrics(contain: "http_request_bodies_refused_total{reason=\"address\"} 2"))
        #expect(metrics(contain: "http_request_body_bytes_held 200"))
    }

    @Test func allAddressesHaveTheWhole() {
        for number in 1...4 { #expect(refusal(100, number) == nil) }
        #expect(refusal(1, 5) == .server)
        // Who is past the own part is told of that.
        #expect(refusal(1, 4) == .address)
        budget.giveBack(1, of: client(2))
        #expect(refusal(1, 5) == nil)
        #expect(refusal(1, 5) == .server)
        #expect(metrics(contain: "http_request_bodies_refused_total{reason=\"server\"} 2"))
    }

    @Test func nothingIsLeftOfWhatWasGivenBack() {
        for number in 1...4 { #expect(refusal(100, number) == nil) }
        for number in 1...4 { budget.giveBack(100, of: client(number)) }
        #expect(metrics(contain: "http_request_body_bytes_held 0"))
        for number in 5...8 { #expect(refusal(100, number) == nil) }
    }

    // MARK: One connection's

    private let free = HeldBodies.uncounted

    @Test func theFirstBytesOfEachBodyAreNotCounted() {
        var bodies = HeldBodies()
        for _ in 0..<3 {
            bodies.requestBegan()
            #expect(bodies.receive(free - 1) == 0)
            #expect(bodies.receive(1) == 0)
            #expect(bodies.receive(7) == 7)
            #expect(bodies.receive(2) == 2)
        }
    }

    @Test func whatIsHeldGoesWithTheAnswerToItsRequest() {
        var bodies = HeldBodies()
        bodies.requestBegan()
        bodies.hold(5, for: client(1))
        bodies.hold(2, for: client(1))
        bodies.requestBegan()
        bodies.hold(0, for: client(1))
        bodies.requestBegan()
        bodies.hold(3, for: client(2))

        let first = bodies.requestAnswered()
        #expect(first?.bytes == 7 && first?.client == client(1))
        #expect(bodies.requestAnswered() == nil)
        let last = bodies.requestAnswered()
        #expect(last?.bytes == 3 && last?.client == client(2))
        #expect(bodies.removeAll().isEmpty)
    }

    @Test func aBodyThatFailsGoesAndEarlierOnesStay() {
        var bodies = HeldBodies()
        bodies.requestBegan()
        bodies.hold(5, for: client(1))
        bodies.requestBegan()
        #expect(bodies.requestFailed() == nil)
        bodies.hold(3, for: client(1))
        #expect(bodies.requestFailed()?.bytes == 3)
        #expect(bodies.requestFailed() == nil)
        #expect(bodies.removeAll().map(\.bytes) == [5])
        #expect(bodies.removeAll().isEmpty)
    }
}
