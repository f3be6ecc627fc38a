import HTTPTypes
import NIOCore
import Synchronization

/// What one connection takes of what all connections share, for whoever answers its requests: a place in the line for
/// the framework's threads, and memory for answers that its client has not taken yet.
///
/// An answer is counted from when it is made until the kernel has its last byte, so one that waits for a slow client
/// counts as long as it does. Where the server holds as much as it may (``BodyBudget``), the largest answer of the
/// address that holds the most gives way, if that is more than the new one's address would hold: its connection is
/// closed. Otherwise the new one is refused. Nobody waits for room: an answer that waits holds its memory, too.
final class ConnectionLoad: Sendable {
    /// Answers up to so many bytes are not counted: the connection's own buffers hold as much.
    static let uncounted = 64 << 10

    /// That of the connection whose requests the task answers.
    @TaskLocal static var current: ConnectionLoad?

    private struct State {
        /// While the connection is open.
        var channel: (any Channel)?
        /// Bytes of each answer that the client has not taken; `nil` while they are being counted.
        var answers: [BodyClaim: Int?] = [:]
        /// That of the answer which is about to be written; a connection's are written one after the other.
        var made: BodyClaim?
    }

    private let line: RequestLine
    private let isInLine = Atomic(false)
    private let answers: BodyBudget
    /// How many proxies are believed when they tell whose an answer is.
    private let trustedProxies: Int
    private let state = Mutex(State())

    init(line: RequestLine, answers: BodyBudget, trustedProxies: Int) {
        self.line = line
        self.answers = answers
        self.trustedProxies = trustedProxies
    }

    func open(_ channel: any Channel) {
        state.withLock { $0.channel = channel }
    }

    /// Gives everything back. What is made from now on is for nobody.
    func close() {
        leaveLine()
        let left = state.withLock { state in
            defer { state = State() }
            return state.answers
        }
        for case (let claim, let bytes?) in left { answers.giveBack(bytes, of: claim) }
    }

    // MARK: The line

    /// Takes a place for the first of the connection's requests that the framework has not answered: those behind it
    /// wait for its answer and not for a thread. `false` where there is none.
    func enterLine() -> Bool {
        guard line.enter() else { return false }
        isInLine.store(true, ordering: .releasing)
        return true
    }

    /// A thread has taken the request up, if it stood in the line.
    func leaveLine() {
        if isInLine.exchange(false, ordering: .acquiringAndReleasing) { line.leave() }
    }

    // MARK: Answers

    /// Counts an answer that is about to be written, or refuses it.
    ///
    /// - Parameters:
    ///   - bytes: of its body.
    ///   - head: of the request, which says behind proxies whose it is.
    func takeAnswer(_ bytes: Int, to head: HTTPRequest) throws(BodyBudget.Refusal) {
        guard bytes > Self.uncounted, let channel = state.withLock({ $0.channel }) else { return }
        let client = ClientAddress(
            peer: channel.remoteAddress, fields: head.headerFields, trustedProxies: trustedProxies)
        let claim = BodyClaim(client: client.network) { claim in
            channel.pipeline.fireUserInboundEventTriggered(BodyShouldGiveWay(claim: claim))
        }
        // Known before it can be told to give way.
        let isOpen = state.withLock { state in
            if state.channel != nil { state.answers[claim] = .some(nil) }
            return state.channel != nil
        }
        guard isOpen else { return }
        do {
            try answers.take(bytes, for: claim)
        } catch {
            _ = state.withLock { $0.answers.removeValue(forKey: claim) }
            throw error
        }
        let isHeld = state.withLock { state in
            guard state.answers[claim] != nil else { return false }
            state.answers[claim] = bytes
            state.made = claim
            return true
        }
        // The connection has closed in between.
        if !isHeld { answers.giveBack(bytes, of: claim) }
    }

    /// The answer that was about to be written has been written to its end.
    ///
    /// - Returns: what is given back with ``answerTaken(_:)``; `nil` where it is not counted.
    func answerWritten() -> BodyClaim? {
        state.withLock { state in
            defer { state.made = nil }
            return state.made
        }
    }

    /// The client has taken an answer, or never will.
    func answerTaken(_ claim: BodyClaim) {
        guard case let bytes?? = state.withLock({ $0.answers.removeValue(forKey: claim) }) else { return }
        answers.giveBack(bytes, of: claim)
    }

    /// Whether it is that of an answer which has not been taken yet.
    func holds(_ claim: BodyClaim) -> Bool {
        state.withLock { $0.answers[claim] != nil }
    }
}

extension Problem {
    /// There is no room for an answer.
    static let answersWait = Problem(
        code: .unavailable,
        detail:
            "Too many large answers wait for their clients to take them. Try again, or ask for a smaller page."
    )
}
