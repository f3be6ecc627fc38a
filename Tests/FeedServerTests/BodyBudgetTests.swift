import Synchronization
import Testing

@testable import FeedServer

struct BodyBudgetTests {
    private let registry = PrometheusRegistry()
    private let budget: BodyBudget

    init() {
        budget = BodyBudget(
            capacity: 400, share: 100, metrics: ConnectionMetrics(factory: registry).requestBodies)
    }

    private func client(_ number: Int) -> ClientAddress {
        ClientAddress("192.0.2.\(number)") ?? .unknown
    }

    private func claim(_ number: Int) -> BodyClaim {
        BodyClaim(client: client(number)) { _ in }
    }

    /// Why bytes of a body are refused that goes on.
    private func refusal(_ bytes: Int, _ claim: BodyClaim) -> BodyBudget.Refusal? {
        do {
            try budget.take(bytes, for: claim)
            return nil
        } catch {
            return error
        }
    }

    /// Why a whole body is refused.
    private func refusal(_ bytes: Int, _ number: Int) -> BodyBudget.Refusal? {
        let claim = claim(number)
        defer { budget.complete(claim) }
        return refusal(bytes, claim)
    }

    private func metrics(contain line: String) -> Bool {
        var text = ""
        registry.render(into: &text)
        return text.split(separator: "\n").contains(Substring(line))
    }

    /// Every body that is taken at all fits into the part of one address, also where the operator gives the least.
    @Test func theLeastPartHoldsTheLargestBody() async throws {
        func capacity(_ mebibytes: String) async throws -> Int {
            try await ServerConfiguration(
                arguments: [.maximumBodyMemory: mebibytes], environment: [:],
                environmentFile: "/nonexistent/.env"
            ).maximumBodyMemory
        }
        let largest = max(BodyLimits.json, BodyLimits.postForm, BodyLimits.form, BodyLimits.picture)
        #expect(try await capacity("32") / BodyBudget.parts >= largest)
        await #expect(throws: ConfigurationError.self) { try await capacity("31") }
        // By default, a dozen of the largest posts.
        let standard = try await capacity(ConfigurationKey.maximumBodyMemory.standard)
        #expect(standard / BodyBudget.parts >= 12 * BodyLimits.json)
    }

    @Test func oneAddressHasAQuarter() {
        #expect(refusal(60, 1) == nil)
        #expect(refusal(41, 1) == .address)
        #expect(refusal(40, 1) == nil)
        #expect(refusal(1, 1) == .address)
        #expect(refusal(100, 2) == nil)
        budget.giveBack(60, of: claim(1))
        #expect(refusal(60, 1) == nil)
        #expect(metrics(contain: "http_request_bodies_refused_total{reason=\"address\"} 2"))
        #expect(metrics(contain: "http_request_body_bytes_held 200"))
    }

    @Test func allAddressesHaveTheWhole() {
        for number in 1...4 { #expect(refusal(100, number) == nil) }
        #expect(refusal(1, 5) == .server)
        // Who is past the own part is told of that.
        #expect(refusal(1, 4) == .address)
        budget.giveBack(1, of: claim(2))
        #expect(refusal(1, 5) == nil)
        #expect(refusal(1, 5) == .server)
        #expect(metrics(contain: "http_request_bodies_refused_total{reason=\"server\"} 2"))
    }

    @Test func nothingIsLeftOfWhatWasGivenBack() {
        for number in 1...4 { #expect(refusal(100, number) == nil) }
        for number in 1...4 { budget.giveBack(100, of: claim(number)) }
        #expect(metrics(contain: "http_request_body_bytes_held 0"))
        for number in 5...8 { #expect(refusal(100, number) == nil) }
    }

    // MARK: Giving way

    /// Bodies that are begun and not finished, of four addresses that hold the whole; who is told is noted down.
    private func fill(_ told: Told) -> [[BodyClaim]] {
        (1...4).map { number in
            [60, 40].map { bytes in
                let claim = BodyClaim(client: client(number)) { _ in told.bytes.withLock { $0.append(bytes) }
                }
                #expect(refusal(bytes, claim) == nil)
                return claim
            }
        }
    }

    @Test func aBodyThatIsNotWholeGivesWayToWhoHoldsLess() {
        let told = Told()
        let claims = fill(told)
        let newcomer = claim(5)
        // The largest of somebody; then there is room for a while.
        #expect(refusal(1, newcomer) == nil)
        #expect(told.bytes.withLock { $0 } == [60])
        #expect(metrics(contain: "http_request_body_bytes_held 341"))
        #expect(refusal(59, newcomer) == nil)
        #expect(told.bytes.withLock { $0 } == [60])
        // Then one of those who still have the most.
        #expect(refusal(1, newcomer) == nil)
        #expect(told.bytes.withLock { $0 } == [60, 60])
        // What has lost its place is refused whatever comes, and not counted again.
        let gone = claims.filter { refusal(1, $0[0]) == .server }
        #expect(gone.count == 2)
        for list in gone { budget.giveBack(60, of: list[0]) }
        #expect(metrics(contain: "http_request_body_bytes_held 341"))
        for list in claims {
            if !gone.contains(list) { budget.giveBack(60, of: list[0]) }
            budget.giveBack(40, of: list[1])
        }
        budget.giveBack(61, of: newcomer)
        #expect(metrics(contain: "http_request_body_bytes_held 0"))
        for number in 1...4 { #expect(refusal(100, number) == nil) }
    }

    @Test func aWholeBodyStays() {
        let told = Told()
        let claims = fill(told)
        for claim in claims.joined() { budget.complete(claim) }
        #expect(refusal(1, 5) == .server)
        #expect(told.bytes.withLock { $0 }.isEmpty)
    }

    /// Its last bytes came before it was told.
    @Test func aBodyThatIsWholeJustInTimeTakesItsPlaceBack() {
        let told = Told()
        let claims = fill(told)
        #expect(refusal(60, 5) == nil)
        for claim in claims.joined() { budget.complete(claim) }
        #expect(metrics(contain: "http_request_body_bytes_held 460"))
        #expect(refusal(1, 6) == .server)
        for list in claims {
            budget.giveBack(60, of: list[0])
            budget.giveBack(40, of: list[1])
        }
        #expect(metrics(contain: "http_request_body_bytes_held 60"))
    }

    @Test func nobodyGivesWayToWhoWouldHoldAsMuch() {
        for number in 1...4 { #expect(refusal(80, claim(number)) == nil) }
        let fifth = claim(5)
        #expect(refusal(79, fifth) == nil)
        #expect(refusal(2, fifth) == .server)
        #expect(metrics(contain: "http_request_body_bytes_held 399"))
    }

    /// Can be captured, which a mutex can't.
    private final class Told: Sendable {
        let bytes = Mutex<[Int]>([])
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
        let (one, other) = (claim(1), claim(2))
        bodies.requestBegan()
        bodies.hold(5, for: one)
        bodies.hold(2, for: one)
        bodies.requestBegan()
        bodies.hold(0, for: claim(1))
        bodies.requestBegan()
        bodies.hold(3, for: other)

        let first = bodies.requestAnswered()
        #expect(first?.bytes == 7 && first?.claim == one)
        #expect(bodies.requestAnswered() == nil)
        let last = bodies.requestAnswered()
        #expect(last?.bytes == 3 && last?.claim == other)
        #expect(bodies.removeAll().isEmpty)
    }

    @Test func aBodyThatFailsGoesAndEarlierOnesStay() {
        var bodies = HeldBodies()
        bodies.requestBegan()
        bodies.hold(5, for: claim(1))
        bodies.requestBegan()
        #expect(bodies.requestFailed() == nil)
        bodies.hold(3, for: claim(1))
        #expect(bodies.requestFailed()?.bytes == 3)
        #expect(bodies.requestFailed() == nil)
        #expect(bodies.removeAll().map(\.bytes) == [5])
        #expect(bodies.removeAll().isEmpty)
    }
}
