import HTTPTypes
import NIOCore

/// What all HTTP/1.1 connections of a server have in common, and the maker of their channel handlers.
///
/// The handlers belong into `HTTP1Channel.Configuration.additionalChannelHandlers`: behind the HTTP decoder, in
/// front of whoever answers.
struct ConnectionPolicy: Sendable {
    /// The answer to bytes that are not HTTP, by the decoder's error, and to a body that there is no room for
    /// (``BodyBudget/Refusal``), or `nil` to close without one.
    /// `Connection` and `Content-Length` are added to it.
    typealias DecodingProblem = @Sendable (any Error) -> (head: HTTPResponse, body: ByteBuffer)?

    var timeouts = ConnectionTimeouts()
    let metrics: ConnectionMetrics
    var seats: ConnectionSeats
    let line: RequestLine
    /// Of requests.
    let bodies: BodyBudget
    /// Bodies of answers that clients have not taken yet.
    let answers: BodyBudget
    /// How many proxies are believed when they tell whose a body is.
    var trustedProxies = 0
    let decodingProblem: DecodingProblem

    /// New handlers for one connection.
    ///
    /// - Parameter answering: makes those that answer before the framework does.
    ///
    /// `BackPressureHandler` stops reading while the client does not take what was written. Without it, requests
    /// that are answered on the event loop could fill the memory with responses within the write deadline.
    func makeHandlers(
        answering handlers: (ConnectionLoad) -> [any RemovableChannelHandler] = { _ in [] }
    ) -> [any RemovableChannelHandler] {
        let load = ConnectionLoad(line: line, answers: answers, trustedProxies: trustedProxies)
        return [BackPressureHandler(), ConnectionGuard(policy: self, load: load)] + handlers(load)
    }
}
