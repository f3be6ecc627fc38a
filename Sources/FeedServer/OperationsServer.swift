import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The listener of the operations address, where only operators and their probes get to.
///
/// It listens before the server takes its first request, and goes on until that has answered its last one: a probe
/// sees the server drain. Its connections are its own: clients that take all the others keep no probe out.
struct OperationsServer: Service {
    /// Connections at a time, where there are descriptors for them.
    static let maximumConnections = 64

    private let application: Application<FeedResponder>
    private let address: ListenAddress
    private let listening: AsyncStream<Void>

    /// - Parameters:
    ///   - accepting: bounds its sockets.
    ///   - onListening: called once with the address.
    init(
        address: ListenAddress, responder: FeedResponder, server: HTTPServerBuilder, accepting: AcceptLimit,
        logger: Logger, onListening: @escaping @Sendable (_ address: ListenAddress) async -> Void
    ) {
        let (listening, signal) = AsyncStream<Void>.makeStream()
        self.listening = listening
        self.address = address
        application = Application(
            responder: responder, server: server,
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port)),
            onServerRunning: { channel in
                await accepting.apply(to: channel)
                let port = channel.localAddress?.port ?? address.port
                await onListening(ListenAddress(host: address.host, port: port))
                signal.finish()
            },
            logger: logger)
    }

    /// - Throws: ``ConfigurationError`` where it can't listen.
    func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw ConfigurationError(
                .operationsAddress,
                "can't be served on \(address): \(String(cString: strerror(error.errnoCode)))")
        }
    }

    /// Returns when it listens. To be called once.
    ///
    /// - Throws: `CancellationError`: where it can't listen, the group that it is in is cancelled.
    func waitUntilListening() async throws {
        for await _ in listening {}
        try Task.checkCancellation()
    }
}
