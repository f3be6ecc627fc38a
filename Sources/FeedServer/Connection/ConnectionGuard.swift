import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Holds an HTTP/1.1 client to the deadlines of ``ConnectionDeadlines``, answers what is not HTTP, and lets no
/// response be cut off when the server shuts down or the client closes its half.
///
/// It stands behind the HTTP decoder and ``RequestHeadGuard``, and in front of Hummingbird's handlers, and of any handler that answers
/// requests so early that Hummingbird does not see them. Hence it also holds back two events at which Hummingbird
/// closes a connection that is idle in its eyes, until what the early handler wrote is flushed.
///
/// A request costs the promise of its response's end here, and as a rule no timer operation: the one timer of a
/// connection is left to fire, and then set to the deadline that holds by then.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Responses that may wait for a client to take them. A client that pipelines on behind so many gets them, and
    /// is then closed; the requests that were not answered it has to repeat (RFC 9112, section 9.3.2). That bounds
    /// the memory where back pressure does not: for what is in the kernel's buffers when the client hangs up is read
    /// in one go.
    static let maximumUnflushedResponses = 128

    /// Bytes of a body that are still taken when its request has been answered without it. Whoever goes on
    /// sending has his connection closed; a smaller rest is read, so that the connection can be used again.
    static let maximumUnusedBody = 256 << 10

    private enum Shutdown {
        case notAsked
        /// The event is held back until everything is answered and flushed; no request is accepted any more.
        case draining
        case passedOn
    }

    private let policy: ConnectionPolicy
    let load: ConnectionLoad
    private var deadlines: ConnectionDeadlines
    private var context: ChannelHandlerContext?
    private var timer: (task: Scheduled<Void>, time: NIODeadline)?
    /// While the connection is open, and was let in.
    private var seat: ConnectionSeat?
    private var shutdown = Shutdown.notAsked
    private var holdsInputClosed = false
    /// Inbound parts go no further: they are not HTTP, or come after the last request that is accepted.
    private var dropsInbound = false
    /// Set when the decoder has failed and until that is answered.
    private var decodingError: (any Error)?
    /// Whether the request that is being read says that no other follows: see ``RequestHeadGuard``.
    private var isLastRequest = false
    /// The connection closes after the response to the last request that was accepted.
    private var closesWhenDone = false
    /// Bytes of the body being read that have come after its request was answered.
    private var unusedBody = 0
    private var heldBodies = HeldBodies()
    /// Whose the body is that is being read.
    private var bodyClient = ClientAddress.unknown
    /// Of the body that is being read, from when some of it is counted.
    private var bodyClaim: BodyClaim?
    /// Bytes of the answer that is being written.
    private var answerBytes = 0
    /// Outbound parts go no further: the last response is written.
    private var dropsOutbound = false

    init(policy: ConnectionPolicy, load: ConnectionLoad) {
        self.policy = policy
        self.load = load
        self.deadlines = ConnectionDeadlines(timeouts: policy.timeouts)
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { open(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        open(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        close()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        close()
        self.context = nil
    }

    private func open(_ context: ChannelHandlerContext) {
        guard !isOpen else { return }
        seat = policy.seats.take(context.channel)
        guard isOpen else {
            dropsInbound = true
            // Not in the middle of the pipeline's making.
            context.eventLoop.execute { [channel = context.channel] in channel.close(promise: nil) }
            return
        }
        bodyClient = seat?.address ?? .unknown
        load.open(context.channel)
        policy.metrics.opened()
        deadlines.connectionOpened(now: context.eventLoop.now)
        updateTimer(context)
    }

    private var isOpen: Bool { seat != nil }

    private func close() {
        guard let seat else { return }
        self.seat = nil
        policy.seats.leave(seat)
        load.close()
        for held in heldBodies.removeAll() { giveBack(held) }
        bodyClaim = nil
        policy.metrics.closed()
        timer?.task.cancel()
        timer = nil
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            if shutdown != .notAsked { dropsInbound = true }
            if deadlines.unflushedResponses >= Self.maximumUnflushedResponses {
                dropsInbound = true
                closesWhenDone = true
            }
            guard !dropsInbound else { return }
            // What else this field may say has been taken out.
            isLastRequest = head.headerFields[.connection] != nil
            if isLastRequest { closesWhenDone = true }
            unusedBody = 0
            heldBodies.requestBegan()
            bodyClaim = nil
            if policy.trustedProxies > 0 { bodyClient = client(of: head, context) }
            deadlines.requestBegan(now: context.eventLoop.now)
            if head.headerFields[.expect]?.utf8.isText(inAnyCase: "100-continue") == true {
                sendContinue(context)
            }
        case .body(let part):
            guard !dropsInbound else { return }
            if deadlines.unansweredRequests == 0 {
                unusedBody += part.readableBytes
                guard unusedBody <= Self.maximumUnusedBody else {
                    dropsInbound = true
                    dropsOutbound = true
                    closeOutput(context)
                    return
                }
            } else {
                do {
                    try hold(part.readableBytes, context)
                } catch {
                    errorCaught(context: context, error: error)
                    return
                }
            }
        case .end:
            guard !dropsInbound else { return }
            dropsInbound = isLastRequest
            if let claim = bodyClaim {
                policy.bodies.complete(claim)
                bodyClaim = nil
            }
            deadlines.requestEnded(now: context.eventLoop.now)
        }
        updateTimer(context)
        context.fireChannelRead(data)
    }

    /// Whose the body of a request is behind a proxy. Of a `GET`, which has none as a rule, that is not asked.
    private func client(of head: HTTPRequest, _ context: ChannelHandlerContext) -> ClientAddress {
        guard head.method != .get else { return seat?.address ?? .unknown }
        return ClientAddress(
            peer: context.channel.remoteAddress, fields: head.headerFields,
            trustedProxies: policy.trustedProxies
        ).network
    }

    /// Counts bytes of a body until its request is answered.
    private func hold(_ bytes: Int, _ context: ChannelHandlerContext) throws(BodyBudget.Refusal) {
        let counted = heldBodies.receive(bytes)
        guard counted > 0 else { return }
        let claim = bodyClaim ?? makeClaim(context.channel)
        bodyClaim = claim
        try policy.bodies.take(counted, for: claim)
        heldBodies.hold(counted, for: claim)
    }

    private func makeClaim(_ channel: any Channel) -> BodyClaim {
        BodyClaim(client: bodyClient) { claim in
            channel.pipeline.fireUserInboundEventTriggered(BodyShouldGiveWay(claim: claim))
        }
    }

    private func giveBack(_ held: HeldBodies.Hold) {
        policy.bodies.giveBack(held.bytes, of: held.claim)
        if held.claim == bodyClaim { bodyClaim = nil }
    }

    /// Cuts off a body that has lost its place: that of a request unless it has come to its end or has been answered,
    /// that of an answer unless the client has taken it.
    private func giveWay(_ event: BodyShouldGiveWay, _ context: ChannelHandlerContext) {
        if load.holds(event.claim) {
            policy.metrics.answerBodies.refused(.server)
            context.close(promise: nil)
            return
        }
        guard event.claim == bodyClaim, deadlines.isReadingRequest else { return }
        policy.metrics.requestBodies.refused(.server)
        errorCaught(context: context, error: BodyBudget.Refusal.server)
    }

    /// Asks for the body that a client holds back (RFC 9110, section 10.1.1). Behind an earlier request it
    /// waits until it is tired of waiting: an interim response can't overtake that request's own.
    private func sendContinue(_ context: ChannelHandlerContext) {
        guard deadlines.unansweredRequests == 1, deadlines.unflushedResponses == 0 else { return }
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        deadlines.writabilityChanged(to: context.channel.isWritable, now: context.eventLoop.now)
        updateTimer(context)
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent where !deadlines.owesNothing:
            shutdown = .draining
        case is ChannelShouldQuiesceEvent:
            shutdown = .passedOn
            context.fireUserInboundEventTriggered(event)
        case let event as ConnectionShouldGiveWay:
            giveWay(event, context)
        case let event as BodyShouldGiveWay:
            giveWay(event, context)
        case ChannelEvent.inputClosed where deadlines.unflushedResponses > 0:
            holdsInputClosed = true
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// Closes a connection whose client is waited for as before. One that has gone on meanwhile stays: no request is
    /// cut off.
    private func giveWay(_ event: ConnectionShouldGiveWay, _ context: ChannelHandlerContext) {
        guard let seat else { return }
        let silence = ConnectionSilence(deadlines.next)
        if silence != .none, silence == event.silence {
            // Only here it is sure.
            policy.metrics.evicted(event.bound.rawValue)
            context.close(promise: nil)
        } else {
            policy.seats.keep(seat)
        }
    }

    // MARK: Outbound

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !dropsOutbound else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let response) where response.status.kind == .informational:
            context.write(data, promise: promise)
        case .head(var response):
            deadlines.responseBegan()
            answerBytes = 0
            if shutdown == .draining || closesWhenDone, deadlines.unansweredRequests <= 1 {
                response.headerFields[.connection] = "close"
                context.write(wrapOutboundOut(.head(response)), promise: promise)
            } else {
                context.write(data, promise: promise)
            }
        case .body(let part):
            answerBytes += part.readableBytes
            context.write(data, promise: promise)
        case .end:
            writeEnd(data, promise: promise, context: context)
            answerDecodingError(context)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output {
            deadlines.outputClosed(now: context.eventLoop.now)
            updateTimer(context)
        }
        context.close(mode: mode, promise: promise)
    }

    private func writeEnd(_ end: NIOAny, promise: EventLoopPromise<Void>?, context: ChannelHandlerContext) {
        let promise = promise ?? context.eventLoop.makePromise()
        deadlines.responseEnded(now: context.eventLoop.now)
        if let held = heldBodies.requestAnswered() { giveBack(held) }
        let claim = answerBytes > ConnectionLoad.uncounted ? load.answerWritten() : nil
        // A failed write leaves nothing to be flushed either.
        promise.futureResult.hop(to: context.eventLoop).assumeIsolated().whenComplete { _ in
            if let claim { self.load.answerTaken(claim) }
            self.responseFlushed()
        }
        context.write(end, promise: promise)
        updateTimer(context)
    }

    private func responseFlushed() {
        guard isOpen, let context, context.channel.isActive else { return }
        deadlines.responseFlushed(now: context.eventLoop.now)
        updateTimer(context)
        guard deadlines.unflushedResponses == 0 else { return }
        if closesWhenDone, deadlines.owesNothing { dropsOutbound = true }
        guard !dropsOutbound else {
            closeOutput(context)
            return
        }
        if holdsInputClosed {
            holdsInputClosed = false
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        if shutdown == .draining, deadlines.owesNothing {
            shutdown = .passedOn
            context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }

    // MARK: Errors

    /// An error of the socket is passed on. Any other comes from the decoder, after which nothing that arrives can
    /// be understood, or is a body that there is no room for: it is answered once, behind the responses to the requests before it, and the connection is
    /// closed.
    ///
    /// The error is passed on only if it strikes in the middle of a request that was passed on, so that whoever
    /// reads its body learns that the body is not complete. Otherwise Hummingbird would write a response of its own.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !(error is IOError || error is ChannelError) else {
            context.fireErrorCaught(error)
            return
        }
        // The decoder repeats its error for every byte that follows.
        guard !dropsInbound || deadlines.isReadingRequest else { return }
        dropsInbound = true
        let isInRequest = deadlines.isReadingRequest
        let earlierRequests = deadlines.unansweredRequests - (isInRequest ? 1 : 0)
        let isResponseBegun = earlierRequests < 0 || (earlierRequests == 0 && deadlines.isWritingResponse)
        deadlines.requestFailed(now: context.eventLoop.now)
        if isInRequest, let held = heldBodies.requestFailed() { giveBack(held) }
        updateTimer(context)
        if isResponseBegun {
            dropsOutbound = true
            closeOutput(context)
        } else {
            decodingError = error
            answerDecodingError(context)
        }
        if isInRequest {
            context.fireErrorCaught(error)
        }
    }

    /// Writes the last response of this connection, once it is its turn.
    private func answerDecodingError(_ context: ChannelHandlerContext) {
        guard let error = decodingError, deadlines.unansweredRequests == 0 else { return }
        decodingError = nil
        dropsOutbound = true
        guard let problem = policy.decodingProblem(error) else {
            closeOutput(context)
            return
        }
        var head = problem.head
        head.headerFields[.connection] = "close"
        head.headerFields[.contentLength] = String(problem.body.readableBytes)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(problem.body)), promise: nil)
        writeEnd(wrapOutboundOut(.end(nil)), promise: nil, context: context)
        context.flush()
    }

    /// Closes the server's half and leaves the other to the client, for a while: closing a socket with unread bytes
    /// resets the connection, and the client may lose the response (RFC 9112, section 9.6).
    private func closeOutput(_ context: ChannelHandlerContext) {
        let closed = context.eventLoop.makePromise(of: Void.self)
        closed.futureResult.assumeIsolated().whenFailure { error in
            // Somebody else has closed it before, or the channel knows no half.
            guard error as? ChannelError != .outputClosed else { return }
            context.close(promise: nil)
        }
        close(context: context, mode: .output, promise: closed)
    }

    // MARK: Time

    /// Makes sure that the timer fires no later than the next deadline, and tells others which that is.
    private func updateTimer(_ context: ChannelHandlerContext) {
        guard let seat else { return }
        let next = deadlines.next
        seat.waits(until: next)
        guard let deadline = next else { return }
        if let timer, timer.time <= deadline.time { return }
        timer?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline.time) {
            self.timerFired(context)
        }
        timer = (task, deadline.time)
    }

    private func timerFired(_ context: ChannelHandlerContext) {
        timer = nil
        guard isOpen else { return }
        if let kind = deadlines.expired(now: context.eventLoop.now) {
            policy.metrics.timedOut(kind)
            context.close(promise: nil)
        } else {
            updateTimer(context)
        }
    }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}
