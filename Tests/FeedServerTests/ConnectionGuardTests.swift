import HTTPTypes
import Metrics
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Testing

@testable import FeedServer

@Suite("Connection guard")
struct ConnectionGuardTests {
    /// Stands for the socket: takes writes only while it is told to, and closes by halves.
    private final class Socket: ChannelOutboundHandler {
        typealias OutboundIn = Any
        typealias OutboundOut = Any
        var isStuck = false
        var isOutputClosed = false
        private var pending: [(NIOAny, EventLoopPromise<Void>?)] = []

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            if isStuck {
                pending.append((data, promise))
            } else {
                context.write(data, promise: promise)
            }
        }

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            if mode == .output {
                isOutputClosed = true
                promise?.succeed()
            } else {
                context.close(mode: mode, promise: promise)
            }
        }

        func release(_ context: ChannelHandlerContext) {
            isStuck = false
            for (data, promise) in pending { context.write(data, promise: promise) }
            pending = []
            context.flush()
        }
    }

    /// Stands for Hummingbird: keeps what reaches it.
    private final class Server: ChannelInboundHandler {
        typealias InboundIn = HTTPRequestPart
        typealias OutboundOut = HTTPResponsePart
        var paths: [String] = []
        var events: [String] = []
        var errors = 0
        var answered = 0

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if case .head(let head) = unwrapInboundIn(data) { paths.append(head.path ?? "") }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event is ChannelShouldQuiesceEvent { events.append("quiesce") }
            if event as? ChannelEvent == .inputClosed { events.append("inputClosed") }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { errors += 1 }
    }

    private let channel = EmbeddedChannel()
    private let registry = PrometheusRegistry()
    private let seats: ConnectionSeats
    /// 1 MiB for one address.
    private let bodies: BodyBudget
    private let answers: BodyBudget
    private let socket = Socket()
    private let server = Server()

    init() throws {
        let metrics = ConnectionMetrics(factory: registry)
        bodies = BodyBudget(capacity: 4 << 20, share: 1 << 20, metrics: metrics.requestBodies)
        answers = BodyBudget(capacity: 1 << 20, share: nil, metrics: metrics.answerBodies)
        seats = ConnectionSeats(capacity: 1, share: nil, metrics: metrics)
        let policy = ConnectionPolicy(
            timeouts: shortTimeouts, metrics: metrics, seats: seats, line: RequestLine(metrics: registry),
            bodies: bodies, answers: answers
        ) { error in
            let status: HTTPResponse.Status =
                error is BodyBudget.Refusal
                ? .tooManyRequests
                : error as? HTTPParserError == .headerOverflow ? .requestHeaderFieldsTooLarge : .badRequest
            let head = HTTPResponse(status: status, headerFields: [.contentType: "application/problem+json"])
            return (head, ByteBuffer(string: "{}"))
        }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(socket)
        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
        try pipeline.addHandler(RequestHeadGuard())
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try pipeline.addHandlers(policy.makeHandlers())
        try pipeline.addHandler(server)
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
        try channel.connect(to: address).wait()  // Embedded: does not block.
    }

    // MARK: Steps

    private func send(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
    }

    private func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n" }

    private func respond(_ body: String = "ok") {
        server.answered += 1
        let length = HTTPFields([HTTPField(name: .contentLength, value: String(body.utf8.count))])
        channel.write(HTTPResponsePart.head(.init(status: .ok, headerFields: length)), promise: nil)
        channel.write(HTTPResponsePart.body(ByteBuffer(string: body)), promise: nil)
        channel.writeAndFlush(HTTPResponsePart.end(nil), promise: nil)
    }

    private func received() throws -> String {
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text
    }

    private func release() throws {
        socket.release(try channel.pipeline.syncOperations.context(handler: socket))
    }

    private func pass(_ seconds: Int64) {
        channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
    }

    private func quiesce() {
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }

    private func closeInput() {
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    private func metrics(contain line: String) -> Bool {
        var text = ""
        registry.render(into: &text)
        return text.split(separator: "\n").contains(Substring(line))
    }

    private func timedOut(_ kind: String) -> Bool {
        !channel.isActive && metrics(contain: "http_connection_timeouts_total{kind=\"\(kind)\"} 1")
    }

    // MARK: Deadlines

    @Test("a head that comes byte by byte is not waited for beyond its deadline")
    func slowHead() throws {
        #expect(metrics(contain: "http_connections_open 1"))
        try send("GET / HTTP/1.1\r\n")
        pass(29)
        try send("Host: h\r\n")
        #expect(channel.isActive)
        pass(1)
        #expect(timedOut("head"))
        #expect(metrics(contain: "http_connections_open 0"))
    }

    @Test("an idle connection closes a head's time after the last response")
    func idle() throws {
        pass(20)
        try send(get("/1"))
        pass(100)
        respond()
        pass(29)
        #expect(channel.isActive)
        pass(1)
        #expect(timedOut("head"))
    }

    @Test("a connection that is used stays open")
    func keepAlive() throws {
        for _ in 0..<20 {
            pass(25)
            try send(get("/"))
            respond()
        }
        #expect(channel.isActive)
        #expect(server.paths.count == 20)
    }

    @Test("a body that dribbles does not extend its deadline")
    func slowBody() throws {
        try send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")
        for _ in 0..<59 {
            pass(1)
            try send("x")
        }
        #expect(channel.isActive)
        pass(1)
        #expect(timedOut("body"))
        #expect(server.errors == 1, "whoever reads the body must learn that it is not complete")
    }

    @Test("a client that does not take its response is closed")
    func neverReads() throws {
        try send(get("/"))
        socket.isStuck = true
        respond()
        pass(19)
        #expect(channel.isActive)
        pass(1)
        #expect(timedOut("write"))
    }

    @Test("a client that takes its response in time is not closed")
    func readsLate() throws {
        try send(get("/"))
        socket.isStuck = true
        respond()
        pass(19)
        try release()
        pass(29)
        #expect(channel.isActive)
    }

    @Test("a client that stops taking a streamed response is closed")
    func stalledStream() throws {
        try send(get("/"))
        channel.writeAndFlush(HTTPResponsePart.head(.init(status: .ok)), promise: nil)
        pass(1000)
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        pass(20)
        #expect(timedOut("write"))
    }

    @Test("pipelined requests are passed on, and time out only after the last response")
    func pipelined() throws {
        try send(get("/1") + get("/2") + get("/3"))
        #expect(server.paths == ["/1", "/2", "/3"])
        for _ in 0..<3 {
            pass(100)
            respond()
        }
        #expect(channel.isActive)
        pass(30)
        #expect(timedOut("head"))
    }

    @Test("a client that pipelines on without taking its responses gets so many and no more")
    func overrun() throws {
        socket.isStuck = true
        for _ in 0..<ConnectionGuard.maximumUnflushedResponses + 3 {
            try send(get("/"))
            if server.paths.count > server.answered { respond() }
        }
        #expect(server.paths.count == ConnectionGuard.maximumUnflushedResponses)
        #expect(!socket.isOutputClosed)
        try release()
        #expect(try received().split(separator: "HTTP/1.1 200").count == server.paths.count)
        #expect(socket.isOutputClosed)
    }

    @Test("a client that does not close after the server has is closed")
    func linger() throws {
        try send(get("/"))
        respond()
        channel.close(mode: .output, promise: nil)
        try send(get("/"))
        pass(5)
        #expect(timedOut("linger"))
    }

    @Test("the timer is gone with the connection")
    func timerCancelled() throws {
        try channel.close().wait()  // Embedded: does not block.
        pass(1000)
        #expect(metrics(contain: "http_connection_timeouts_total{kind=\"head\"} 0"))
    }

    // MARK: Giving way

    /// Another connection comes to the server's one place; what this one is sent is carried out later.
    private func comesAnother() -> Bool {
        seats.take(EmbeddedChannel()) != nil
    }

    @Test("an idle connection gives way to another")
    func giveWayIdle() throws {
        pass(1)
        #expect(comesAnother())
        channel.embeddedEventLoop.run()
        #expect(!channel.isActive)
        #expect(metrics(contain: "http_connections_evicted_total{reason=\"server\"} 1"))
        #expect(metrics(contain: "http_connections_open 0"))
    }

    @Test("a slow body gives way to another")
    func giveWayBody() throws {
        try send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nx")
        #expect(comesAnother())
        channel.embeddedEventLoop.run()
        #expect(!channel.isActive)
    }

    @Test("a connection that is being answered does not give way")
    func giveWayBusy() throws {
        try send(get("/"))
        #expect(!comesAnother())
        channel.embeddedEventLoop.run()
        #expect(channel.isActive)
        #expect(metrics(contain: "http_connections_refused_total{reason=\"server\"} 1"))
        respond()
        #expect(try received().hasPrefix("HTTP/1.1 200 "))
        #expect(comesAnother())
    }

    @Test("a connection stays that has gone on since it was to give way")
    func giveWayTooLate() throws {
        let idle = ConnectionSilence(
            ConnectionDeadlines.Deadline(kind: .head, time: channel.eventLoop.now + shortTimeouts.head))
        try send(get("/"))
        channel.pipeline.fireUserInboundEventTriggered(ConnectionShouldGiveWay(silence: idle, bound: .server))
        #expect(channel.isActive)
        pass(1)
        respond()
        channel.pipeline.fireUserInboundEventTriggered(ConnectionShouldGiveWay(silence: idle, bound: .server))
        channel.pipeline.fireUserInboundEventTriggered(
            ConnectionShouldGiveWay(silence: .none, bound: .server))
        #expect(channel.isActive)
        #expect(try received().hasPrefix("HTTP/1.1 200 "))
        #expect(metrics(contain: "http_connections_evicted_total{reason=\"server\"} 0"))
    }

    /// What closes for one that stayed is counted as well, and none is that stays.
    @Test(
        "a connection that gives way is counted when it is closed",
        arguments: ["address", "server", "descriptors"])
    func giveWayCounted(reason: String) throws {
        let bound = try #require(ConnectionTable<ConnectionSeat>.Bound(rawValue: reason))
        let idle = ConnectionSilence(
            ConnectionDeadlines.Deadline(kind: .head, time: channel.eventLoop.now + shortTimeouts.head))
        #expect(metrics(contain: "http_connections_evicted_total{reason=\"\(reason)\"} 0"))
        channel.pipeline.fireUserInboundEventTriggered(ConnectionShouldGiveWay(silence: idle, bound: bound))
        channel.embeddedEventLoop.run()
        #expect(!channel.isActive)
        #expect(metrics(contain: "http_connections_evicted_total{reason=\"\(reason)\"} 1"))
    }

    @Test("a connection that is not let in is closed, and what it sends is not read")
    func refused() throws {
        let other = EmbeddedChannel()
        try send(get("/"))
        let metrics = ConnectionMetrics(factory: registry)
        let policy = ConnectionPolicy(
            timeouts: shortTimeouts, metrics: metrics, seats: seats, line: RequestLine(metrics: registry),
            bodies: bodies, answers: answers
        ) { _ in nil }
        try other.pipeline.syncOperations.addHandlers(policy.makeHandlers())
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
        try other.connect(to: address).wait()  // Embedded: does not block.
        other.embeddedEventLoop.run()
        #expect(!other.isActive)
        #expect(self.metrics(contain: "http_connections_open 1"))
    }

    // MARK: Bodies

    private static let partOfABody = String(repeating: "x", count: 200 << 10)

    private func sendPart(of length: Int = 1 << 20) throws {
        try send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\n" + Self.partOfABody)
    }

    private func holds(_ bytes: Int) -> Bool {
        metrics(contain: "http_request_body_bytes_held \(bytes)")
    }

    private var counted: Int { Self.partOfABody.utf8.count - HeldBodies.uncounted }

    @Test("a body is held until its request is answered")
    func bodyAnswered() throws {
        try sendPart(of: Self.partOfABody.utf8.count)
        #expect(holds(counted))
        respond()
        #expect(holds(0))
        // What comes of it behind the answer is not kept by anybody.
        try sendPart()
        respond()
        try send(Self.partOfABody)
        #expect(holds(0))
    }

    @Test("a body is held until its connection is closed")
    func bodyDisconnected() throws {
        try sendPart()
        #expect(holds(counted))
        try channel.close().wait()  // Embedded: does not block.
        #expect(holds(0))
    }

    @Test("a body is held until its deadline")
    func bodyTimedOut() throws {
        try sendPart()
        #expect(holds(counted))
        pass(60)
        #expect(timedOut("body"))
        #expect(holds(0))
    }

    @Test("a body is held until it breaks")
    func bodyBroken() throws {
        let length = String(Self.partOfABody.utf8.count, radix: 16)
        try send(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\(length)\r\n" + Self.partOfABody
        )
        #expect(holds(counted))
        try send("\r\nno length\r\n")
        #expect(holds(0))
    }

    @Test("a body that there is no room for is refused, its reader told, and the connection closed")
    func bodyRefused() throws {
        try sendPart(of: 4 << 20)
        for _ in 0..<5 {
            #expect(!socket.isOutputClosed)
            try send(Self.partOfABody)
        }
        #expect(try received().hasPrefix("HTTP/1.1 429 "))
        #expect(socket.isOutputClosed)
        #expect(server.errors == 1)
        #expect(holds(0))
        try send(Self.partOfABody)
        #expect(holds(0))
        respond()
        #expect(try received() == "", "the handler's response comes too late")
        #expect(metrics(contain: "http_request_bodies_refused_total{reason=\"address\"} 1"))
    }

    private func take(_ bytes: Int, from number: Int) throws -> BodyClaim {
        let claim = BodyClaim(client: .numbered(number)) { _ in }
        try bodies.take(bytes, for: claim)
        bodies.complete(claim)
        return claim
    }

    /// Bodies of others, so that with this connection's the server holds as much as it may.
    private func fillTheRest() throws {
        let share = 1 << 20
        for number in 1...3 { _ = try take(share, from: number) }
        _ = try take(share - counted, from: 4)
    }

    @Test("a body that is not whole gives way to one of an address that holds less")
    func bodyGivesWay() throws {
        try sendPart()
        try fillTheRest()
        _ = try take(100, from: 5)
        #expect(try received().hasPrefix("HTTP/1.1 429 "))
        #expect(socket.isOutputClosed)
        #expect(server.errors == 1)
        #expect(holds((4 << 20) - counted + 100))
        #expect(metrics(contain: "http_request_bodies_refused_total{reason=\"server\"} 1"))
    }

    @Test("a whole body stays until its request is answered")
    func bodyStays() throws {
        try sendPart(of: Self.partOfABody.utf8.count)
        try fillTheRest()
        #expect(throws: BodyBudget.Refusal.server) { _ = try take(100, from: 5) }
        respond()
        #expect(try received().hasPrefix("HTTP/1.1 200 "))
        #expect(holds((4 << 20) - counted))
    }

    // MARK: Answers that the client does not take

    private static let largeAnswer = String(repeating: "x", count: 600 << 10)

    private func load() throws -> ConnectionLoad {
        try channel.pipeline.syncOperations.handler(type: ConnectionGuard.self).load
    }

    /// As whoever answers does: counts it first.
    private func respondLarge() throws {
        let head = HTTPRequest(method: .get, scheme: nil, authority: "h", path: "/")
        try load().takeAnswer(Self.largeAnswer.utf8.count, to: head)
        respond(Self.largeAnswer)
    }

    private func holdsAnswers(_ bytes: Int) -> Bool {
        metrics(contain: "http_response_body_bytes_held \(bytes)")
    }

    @Test("a large answer is held until the client has taken it")
    func answerHeld() throws {
        socket.isStuck = true
        try send(get("/"))
        try respondLarge()
        #expect(holdsAnswers(600 << 10))
        // There is no room for a second one.
        #expect(throws: BodyBudget.Refusal.server) { try respondLarge() }
        try release()
        #expect(holdsAnswers(0))
        try send(get("/"))
        try respondLarge()
        #expect(
            holdsAnswers(0) && metrics(contain: "http_response_bodies_refused_total{reason=\"server\"} 1"))
    }

    @Test("a small answer is not counted")
    func answerSmall() throws {
        socket.isStuck = true
        try send(get("/"))
        let head = HTTPRequest(method: .get, scheme: nil, authority: "h", path: "/")
        try load().takeAnswer(ConnectionLoad.uncounted, to: head)
        respond(String(repeating: "x", count: ConnectionLoad.uncounted))
        #expect(holdsAnswers(0))
    }

    @Test("a connection that closes gives back what its client has not taken, and what was only made")
    func answerOfAClosedConnection() throws {
        let head = HTTPRequest(method: .get, scheme: nil, authority: "h", path: "/")
        socket.isStuck = true
        try send(get("/") + get("/"))
        try respondLarge()
        try load().takeAnswer(300 << 10, to: head)
        #expect(holdsAnswers(900 << 10))
        let load = try load()
        pass(60)
        #expect(timedOut("write"))
        #expect(holdsAnswers(0))
        // What is made later is for nobody.
        try load.takeAnswer(300 << 10, to: head)
        #expect(holdsAnswers(0))
    }

    @Test("whoever does not take a large answer gives way to an address that holds less")
    func answerGivesWay() throws {
        socket.isStuck = true
        try send(get("/"))
        try respondLarge()
        let other = BodyClaim(client: .numbered(2)) { _ in }
        try answers.take(500 << 10, for: other)
        channel.embeddedEventLoop.run()
        #expect(!channel.isActive)
        #expect(holdsAnswers(500 << 10))
        #expect(metrics(contain: "http_response_bodies_refused_total{reason=\"server\"} 1"))
        answers.giveBack(500 << 10, of: other)
        #expect(holdsAnswers(0))
    }

    // MARK: Shutdown and half-closed connections

    @Test("an idle connection is told to quiesce at once")
    func quiesceIdle() {
        quiesce()
        #expect(server.events == ["quiesce"])
    }

    @Test("a response is flushed before the shutdown goes on")
    func quiesceUnflushed() throws {
        try send(get("/"))
        socket.isStuck = true
        respond()
        quiesce()
        #expect(server.events.isEmpty)
        try release()
        #expect(server.events == ["quiesce"])
        #expect(try received().hasSuffix("ok"))
    }

    @Test("while draining, what is asked is answered, the last with Connection: close, and no more is taken")
    func draining() throws {
        try send(get("/1") + get("/2"))
        quiesce()
        try send(get("/3"))
        #expect(server.paths == ["/1", "/2"])
        respond()
        #expect(try !received().lowercased().contains("connection: close"))
        #expect(server.events.isEmpty)
        respond()
        #expect(try received().lowercased().contains("connection: close"))
        #expect(server.events == ["quiesce"])
    }

    @Test("a client that closes its half still gets its response")
    func halfClosed() throws {
        try send(get("/"))
        socket.isStuck = true
        respond()
        closeInput()
        #expect(server.events.isEmpty)
        try release()
        #expect(server.events == ["inputClosed"])
    }

    @Test("a half-closed connection with nothing to flush is passed on at once")
    func halfClosedIdle() {
        closeInput()
        #expect(server.events == ["inputClosed"])
    }

    // MARK: Errors

    @Test("what is not HTTP is answered once, with the problem, and the connection is closed")
    func garbage() throws {
        try send("nonsense\r\n\r\n")
        try send("more nonsense\r\n\r\n")
        let text = try received()
        #expect(text.hasPrefix("HTTP/1.1 400 "))
        #expect(text.contains("Connection: close\r\n"))
        #expect(text.contains("Content-Length: 2\r\n"))
        #expect(text.hasSuffix("\r\n\r\n{}"))
        #expect(socket.isOutputClosed)
        #expect(server.errors == 0)
        pass(5)
        #expect(timedOut("linger"))
    }

    @Test("the answer depends on the error")
    func headerOverflow() throws {
        try send("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 100_000))\r\n\r\n")
        #expect(try received().hasPrefix("HTTP/1.1 431 "))
    }

    @Test("a broken body is answered, and its reader told")
    func brokenBody() throws {
        try send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n")
        #expect(server.errors == 1)
        #expect(try received().hasPrefix("HTTP/1.1 400 "))
        respond()
        #expect(try received() == "", "the handler's response comes too late")
    }

    @Test("the answer waits for the responses to earlier requests")
    func garbageBehindRequest() throws {
        try send(get("/1") + "nonsense\r\n\r\n")
        #expect(try received() == "")
        respond("first")
        let text = try received()
        #expect(text.hasPrefix("HTTP/1.1 200 "))
        #expect(text.contains("firstHTTP/1.1 400 "))
        #expect(socket.isOutputClosed)
    }

    @Test("a response under way is not mixed with another")
    func brokenBodyUnderResponse() throws {
        try send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        channel.writeAndFlush(HTTPResponsePart.head(.init(status: .ok)), promise: nil)
        _ = try received()
        try send("not a size\r\n")
        #expect(try received() == "")
        #expect(socket.isOutputClosed)
    }

    @Test("an informational response is not the response")
    func brokenBodyAfterContinue() throws {
        try send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        channel.writeAndFlush(HTTPResponsePart.head(.init(status: .continue)), promise: nil)
        _ = try received()
        try send("not a size\r\n")
        #expect(try received().hasPrefix("HTTP/1.1 400 "))
    }

    @Test("an error of the socket is passed on")
    func socketError() {
        channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
        #expect(server.errors == 1)
    }

    // MARK: The last request

    @Test(
        "behind a request that is to be the last, none is read",
        arguments: [
            "GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
            "GET /2 HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Close\r\n\r\n",
            "GET /2 HTTP/1.0\r\n\r\n", "CONNECT 2:443 HTTP/1.1\r\nHost: 2:443\r\n\r\n",
            "GET /2 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        ])
    func lastRequest(request: String) throws {
        try send(get("/1") + request + get("/3"))
        #expect(server.paths.count == 2)
        respond()
        #expect(try !received().contains("Connection: close"))
        #expect(!socket.isOutputClosed)
        respond()
        #expect(try received().contains("Connection: close\r\n"))
        #expect(socket.isOutputClosed)
        try send(get("/4"))
        #expect(try received() == "")
        #expect(server.paths.count == 2)
        #expect(server.errors == 0)
        pass(5)
        #expect(timedOut("linger"))
    }

    @Test("a connection that is to be kept is kept, in HTTP/1.0 too")
    func keptAlive() throws {
        for head in ["GET / HTTP/1.1\r\nHost: h", "GET / HTTP/1.0\r\nHost: h"] {
            try send("\(head)\r\nConnection: Keep-Alive\r\n\r\n")
            respond()
            #expect(try received().hasPrefix("HTTP/1.1 200 "))
        }
        #expect(!socket.isOutputClosed)
        #expect(server.paths.count == 2)
    }

    @Test("a head that is refused is answered in its turn, and nothing behind it is read")
    func refusedHead() throws {
        try send(get("/1") + "POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: foo, chunked\r\n\r\n")
        try send("0\r\n\r\n" + get("/3"))
        #expect(try received() == "")
        respond("first")
        #expect(try received().contains("firstHTTP/1.1 400 "))
        #expect(socket.isOutputClosed)
        #expect(server.paths == ["/1"])
        #expect(server.errors == 0)
    }

    // MARK: Bodies

    private let heldBack = "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"

    @Test("a body that is held back is asked for")
    func expectedContinue() throws {
        try send(heldBack)
        #expect(try received() == "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(server.paths == ["/2"])
        try send("ok")
        respond()
        #expect(try received().hasPrefix("HTTP/1.1 200 OK\r\n"))
        try send(get("/3"))
        respond()
        #expect(try received().hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test("an interim response does not overtake the response to an earlier request")
    func continueBehindAnEarlierRequest() throws {
        try send(get("/1") + heldBack)
        #expect(try received() == "")
        respond()
        #expect(try received().hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test("a body that nobody wants any more is read to a bound, and then the connection is closed")
    func unusedBody() throws {
        try send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n")
        // While the request is being answered, its body may be as large as it likes.
        try send(String(repeating: "x", count: 2 * ConnectionGuard.maximumUnusedBody))
        respond()
        try send(String(repeating: "x", count: ConnectionGuard.maximumUnusedBody))
        #expect(!socket.isOutputClosed)
        try send("x")
        #expect(socket.isOutputClosed)
    }
}
