import FeedStore
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answers feed pages where they are read: on the connection's event loop, without a task switch.
///
/// A bounded read takes less time than handing it to another thread. Whatever needs longer, has a
/// body or comes while an earlier request of the connection is being answered is passed on to the
/// framework, where the same ``CollectionResponder`` answers it. So is everything from a client that
/// does not take what was written: the framework answers one request after the other, as they are
/// taken, and nothing piles up. Where too many requests wait for a thread of the framework (``RequestLine``), they are
/// refused here.
///
/// Not `Sendable`: it belongs to one channel and lives on its event loop.
final class InlineResponder: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let responder: CollectionResponder
    private let observer: RequestObserver
    /// `nil` for every host.
    private let hosts: HostList?
    private let load: ConnectionLoad
    private var dates = HTTPDateCache()

    /// A request that can be answered as soon as its end has been read.
    private var pending: (head: HTTPRequest, target: CollectionTarget, query: Substring?, start: NIODeadline)?
    /// Requests that were passed on and are not answered yet.
    private var passedOn = 0
    /// The request that is being read has been refused: what comes of its body is dropped.
    private var isRefused = false

    init(responder: CollectionResponder, observer: RequestObserver, hosts: HostList?, load: ConnectionLoad) {
        self.responder = responder
        self.observer = observer
        self.hosts = hosts
        self.load = load
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            if passedOn == 0, context.channel.isWritable, let (target, query) = Self.feed(head),
                hosts?.contains(head.authority) != false
            {
                pending = (head, target, query, .now())
            } else {
                passOn(head, context)
            }
        case .body:
            passOnPending(context)
            if !isRefused { context.fireChannelRead(data) }
        case .end:
            if isRefused {
                isRefused = false
                return
            }
            guard let request = pending else {
                context.fireChannelRead(data)
                return
            }
            if let answer = answer(request.head, request.target, request.query) {
                pending = nil
                write(answer, to: request.head, route: request.target.pattern, start: request.start, context)
            } else {
                passOnPending(context)
                if !isRefused { context.fireChannelRead(data) }
                isRefused = false
            }
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data), passedOn > 0 { passedOn -= 1 }
        context.write(data, promise: promise)
    }

    // MARK: Parts

    /// The collection whose feed a request asks for, when it may be answered here.
    private static func feed(_ head: HTTPRequest) -> (CollectionTarget, Substring?)? {
        guard head.method == .get, let uri = head.path, uri.hasPrefix("/api/"),
            head.headerFields[.connection] == nil, head.headerFields[.expect] == nil
        else { return nil }
        let mark = uri.utf8.firstIndex(of: UInt8(ascii: "?"))
        guard let target = CollectionTarget(path: uri[..<(mark ?? uri.endIndex)]), target.paging == .feed,
            !uri.utf8.contains(UInt8(ascii: "#"))
        else { return nil }
        return (target, mark.map { uri[uri.utf8.index(after: $0)...] })
    }

    /// `nil` when the answer is not to be had at once, or fails in a way that has to be logged.
    private func answer(_ head: HTTPRequest, _ target: CollectionTarget, _ query: Substring?) -> Answer? {
        guard AcceptField.allows("application/json", in: head) else { return nil }
        do {
            guard let answer = try responder.respondIfImmediate(to: target, head: head, query: query) else {
                return nil
            }
            try load.takeAnswer(answer.body.readableBytes, to: head)
            return answer
        } catch is BodyBudget.Refusal {
            return Problem.answersWait.answer
        } catch let problem as Problem {
            return problem.answer
        } catch {
            // The framework's way answers it again, and reports the error if it still fails.
            return nil
        }
    }

    private func write(
        _ answer: Answer, to head: HTTPRequest, route: String, start: NIODeadline,
        _ context: ChannelHandlerContext
    ) {
        var fields = answer.fields
        fields[.date] = dates.now()
        if answer.status != .notModified { fields[.contentLength] = String(answer.body.readableBytes) }
        let response = HTTPResponse(status: answer.status, headerFields: fields)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        if head.method != .head, answer.body.readableBytes > 0 {
            context.write(wrapOutboundOut(.body(answer.body)), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        observer.finish(
            head: head, route: route, status: answer.status, bytes: answer.body.readableBytes, start: start)
    }

    private func passOnPending(_ context: ChannelHandlerContext) {
        guard let request = pending else { return }
        pending = nil
        passOn(request.head, context)
    }

    private func passOn(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        guard passedOn > 0 || load.enterLine() || OperationsResponder.isAsked(by: head) else {
            isRefused = true
            write(Self.overloaded, to: head, route: Self.refusedRoute, start: .now(), context)
            return
        }
        passedOn += 1
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// What metrics call an address that was not looked at.
    private static let refusedRoute = "refused"

    /// Made once: it has to cost little.
    private static let overloaded = Problem(
        code: .unavailable, detail: "The server has more to do than it can. Try again."
    ).answer
}
