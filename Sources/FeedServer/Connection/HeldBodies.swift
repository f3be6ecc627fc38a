/// The bodies of one connection's requests that are not answered yet, as far as they are counted against a
/// ``BodyBudget``: a pure state machine. Requests are answered in the order in which they came.
struct HeldBodies {
    /// The first bytes of each body are not counted: the connection's own buffers hold as much. So a log-in costs
    /// nothing, and goes on while others hold all that there is.
    static let uncounted = 4 << 10

    /// What is counted of one body.
    struct Hold: Equatable {
        fileprivate let request: Int
        let claim: BodyClaim
        fileprivate(set) var bytes: Int
    }

    private var begunRequests = 0
    private var answeredRequests = 0
    /// Bytes of the body that is being read.
    private var received = 0
    /// In the order of their requests.
    private var holds: [Hold] = []

    mutating func requestBegan() {
        begunRequests += 1
        received = 0
    }

    /// Bytes of the last request's body have come.
    ///
    /// - Returns: so many are to be counted now.
    mutating func receive(_ bytes: Int) -> Int {
        let before = max(received, Self.uncounted)
        received += bytes
        return max(received, Self.uncounted) - before
    }

    /// Bytes of the last request's body were counted for a claim, the same for all of one body.
    mutating func hold(_ bytes: Int, for claim: BodyClaim) {
        guard bytes > 0 else { return }
        if holds.last?.request == begunRequests {
            holds[holds.count - 1].bytes += bytes
        } else {
            holds.append(Hold(request: begunRequests, claim: claim, bytes: bytes))
        }
    }

    /// - Returns: what is to be given back.
    mutating func requestAnswered() -> Hold? {
        answeredRequests += 1
        guard let first = holds.first, first.request <= answeredRequests else { return nil }
        return holds.removeFirst()
    }

    /// The last request will never be complete.
    ///
    /// - Returns: what is to be given back.
    mutating func requestFailed() -> Hold? {
        holds.last?.request == begunRequests ? holds.removeLast() : nil
    }

    /// The connection has closed.
    ///
    /// - Returns: what is to be given back.
    mutating func removeAll() -> [Hold] {
        defer { holds = [] }
        return holds
    }
}
