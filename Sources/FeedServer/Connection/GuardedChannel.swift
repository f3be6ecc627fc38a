import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// The framework's HTTP/1.1 channel with a ``RequestHeadGuard`` in front of the handler that makes the framework's
/// requests: the framework itself lets handlers in only behind that. Whoever answers finds the connection's
/// ``ConnectionLoad``.
struct GuardedChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        fileprivate let base: HTTP1Channel.Value
        fileprivate let load: ConnectionLoad
        var channel: any Channel { base.channel }
    }

    private let base: HTTP1Channel

    init(_ base: HTTP1Channel) {
        self.base = base
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
            try pipeline.addHandler(RequestHeadGuard(), position: .before(codec))
            return Value(base: value, load: try pipeline.handler(type: ConnectionGuard.self).load)
        }
    }

    func handle(value: Value, logger: Logger) async {
        await ConnectionLoad.$current.withValue(value.load) {
            await base.handle(value: value.base, logger: logger)
        }
    }
}
