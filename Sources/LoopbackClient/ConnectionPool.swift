import NIOCore
import NIOHTTP1
import NIOPosix

/// Connections by address: those that wait for a request, and requests that wait for one of them.
///
/// It belongs to the client's event loop, as all its connections do.
final class ConnectionPool {
    private struct Place {
        var idle: [ClientConnection] = []
        /// Connections, idle ones and those that are being opened included.
        var count = 0
        /// First come, first served.
        var waiting: [Exchange] = []
    }

    private let loop: any EventLoop
    private let connectionsPerAddress: Int
    private let maximumBodyBytes: Int
    private var places: [Target.Address: Place] = [:]
    private var isClosed = false

    init(loop: any EventLoop, connectionsPerAddress: Int, maximumBodyBytes: Int) {
        self.loop = loop
        self.connectionsPerAddress = connectionsPerAddress
        self.maximumBodyBytes = maximumBodyBytes
    }

    func begin(_ exchange: Exchange) {
        exchange.begin(on: loop)
        places[exchange.target.address, default: Place()].waiting.append(exchange)
        serve(exchange.target.address)
    }

    /// Closes idle connections, and the others when they become idle.
    func close() {
        isClosed = true
        for connection in places.values.flatMap(\.idle) { connection.close() }
    }

    // MARK: Turns

    private func serve(_ address: Target.Address) {
        while let exchange = takeNext(address) {
            if let connection = places[address]?.idle.popLast() {
                connection.send(exchange)
            } else {
                places[address]?.count += 1
                connect(for: exchange)
            }
        }
        if let place = places[address], place.count == 0, place.waiting.isEmpty { places[address] = nil }
    }

    /// Whose turn it is, where there is a connection or may be another one.
    private func takeNext(_ address: Target.Address) -> Exchange? {
        places[address]?.waiting.removeAll { $0.isOver }
        // That they are gone is told a moment later.
        places[address]?.idle.removeAll { !$0.isActive }
        guard let place = places[address], !place.waiting.isEmpty,
            !place.idle.isEmpty || place.count < connectionsPerAddress
        else { return nil }
        return places[address]?.waiting.removeFirst()
    }

    // MARK: Connections

    /// Opens a connection that has been counted.
    private func connect(for exchange: Exchange) {
        exchange.stage = .connection
        let address = exchange.target.address
        let bound = NIOLoopBound(exchange, eventLoop: loop)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(exchange.timeout)
            // A name can have several addresses, each of which is tried by a channel of its own.
            .channelInitializer { [maximumBodyBytes] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard !bound.value.isOver else { throw CancellationError() }
                    bound.value.channels.append(channel)
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(
                        ClientConnection(maximumBodyBytes: maximumBodyBytes))
                }
            }
        // What is no IP address is a name.
        let ipAddress = try? SocketAddress(ipAddress: address.host, port: address.port)
        let channel =
            if let ipAddress {
                bootstrap.connect(to: ipAddress)
            } else {
                bootstrap.connect(host: address.host, port: address.port)
            }
        channel.assumeIsolated().whenComplete { outcome in
            do {
                let operations = try outcome.get().pipeline.syncOperations
                let connection = try operations.handler(type: ClientConnection.self)
                connection.onIdle = { self.take($0, of: address) }
                connection.onClose = { self.forget($0, of: address, unanswered: $1) }
                connection.send(exchange)
            } catch {
                exchange.fail(.other(error))
                self.forget(nil, of: address, unanswered: nil)
            }
        }
    }

    private func take(_ connection: ClientConnection, of address: Target.Address) {
        guard !isClosed else { return connection.close() }
        places[address]?.idle.append(connection)
        serve(address)
    }

    /// - Parameter unanswered: is repeated on a new connection, which takes the place of the old one.
    private func forget(
        _ connection: ClientConnection?, of address: Target.Address, unanswered: Exchange?
    ) {
        places[address]?.idle.removeAll { $0 === connection }
        if let unanswered { return connect(for: unanswered) }
        places[address]?.count -= 1
        serve(address)
    }
}
