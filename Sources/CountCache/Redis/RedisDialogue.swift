import NIOCore

/// What one call of a script says to Redis, and what it makes of the replies: the script's digest first, its source
/// if Redis does not know it, and the same elsewhere if a cluster says that its keys lie there. A value that knows
/// no connection and no clock.
struct RedisDialogue {
    /// Redirects of one call. A cluster that moves a slot needs two: `MOVED` to the new node, `ASK` back to the old.
    static let maxHops = 3

    enum Step: Equatable {
        /// Send the request, which has changed, to the same node.
        case resend
        /// Send the request, which may have changed, to this node. `moved`: from now on, what has this slot is to be
        /// sent there in the first place.
        case redirected(to: RedisEndpoint, moved: UInt16?)
        case finished(RedisReply)
        case failed(CountCacheTrouble)
    }

    let call: RedisScriptCall
    /// Redis said that it does not know the digest.
    private var sendsSource = false
    /// The node is asked for what is not its own yet.
    private var isAsking = false
    private var hops = 0

    init(_ call: RedisScriptCall) {
        self.call = call
    }

    /// What to send now, and how many replies there will be, of which the last counts.
    ///
    /// - Throws: ``CountCacheTrouble/overload`` when there is no memory for it.
    func request(_ encoder: inout RedisCommandEncoder) throws(CountCacheTrouble) -> (
        ByteBuffer, replyCount: Int
    ) {
        var bytes = ByteBuffer()
        if isAsking { try encoder.encode(["ASKING"], into: &bytes) }
        try encoder.encode(call, sendsSource: sendsSource, into: &bytes)
        return (bytes, isAsking ? 2 : 1)
    }

    /// Takes the reply of a node.
    mutating func received(_ reply: RedisReply, from endpoint: RedisEndpoint) -> Step {
        guard let code = reply.errorCode else { return .finished(reply) }
        switch code {
        case "NOSCRIPT" where !sendsSource:
            sendsSource = true
            return .resend
        case "MOVED", "ASK":
            guard hops < Self.maxHops, let redirect = RedisRedirect(reply, from: endpoint),
                isOurs(redirect.slot)
            else { return .failed(.redirect) }
            hops += 1
            isAsking = redirect.isTemporary
            return .redirected(to: redirect.endpoint, moved: isAsking ? nil : redirect.slot)
        default:
            return .finished(reply)
        }
    }

    /// Whether a redirect speaks of our keys. One that does not would lead other keys astray.
    private func isOurs(_ slot: UInt16) -> Bool {
        call.keys.first.map(RedisHashSlot.slot) == slot
    }
}

/// What `MOVED 3999 127.0.0.1:6381` and `ASK 3999 127.0.0.1:6381` say.
struct RedisRedirect: Equatable {
    let slot: UInt16
    let endpoint: RedisEndpoint
    /// `ASK`: this once, while a slot is on its way from node to node.
    let isTemporary: Bool

    /// - Parameter origin: who said it. Without a host its own is meant, and it has TLS if the origin has.
    init?(_ reply: RedisReply, from origin: RedisEndpoint) {
        guard case .error(let text) = reply else { return nil }
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "MOVED" || words[0] == "ASK",
            let slot = StrictDecimal.number(words[1].utf8), slot < RedisHashSlot.count,
            let colon = words[2].lastIndex(of: ":"),
            let port = StrictDecimal.number(words[2][words[2].index(after: colon)...].utf8),
            (1...65_535).contains(port)
        else { return nil }
        var host = String(words[2][..<colon])
        var tls = false
        if case .tcp(let originHost, _, let originTLS) = origin {
            if host.isEmpty { host = originHost }
            tls = originTLS
        }
        guard RedisEndpoint.isHost(host) else { return nil }
        self.slot = UInt16(slot)
        endpoint = .tcp(host: host, port: Int(port), tls: tls)
        isTemporary = words[0] == "ASK"
    }
}
