import Foundation
import Synchronization

/// A private `redis-server` on a free port of the loopback interface, for tests that kill, freeze, fill or configure
/// it; the others share one: ``RedisDatabase/shared()``. Needs `redis-server` and `redis-cli`.
public final class RedisServer: Sendable {
    /// How clients come in. A port is always there, so that ``command(_:)`` works.
    public enum Transport: Sendable {
        case tcp
        /// A Unix domain socket as well.
        case unix
        /// TLS and nothing else.
        case tls(TestCertificates)
    }

    private static let startAttempts = 5

    public let port: Int
    /// Its first database.
    public let database: RedisDatabase
    /// What a client is told.
    public var url: String { database.url }

    private let arguments: [String]
    /// Where the socket is, if there is one.
    private let folder: TemporaryFolder?
    private let process = Mutex<ChildProcess?>(nil)

    private init(transport: Transport, arguments: [String]) throws {
        port = try Self.freePort()
        let basics = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        let url: String
        var clientArguments = ["-p", "\(port)"]
        var ways = ["--port", "\(port)"]
        var socketFolder: TemporaryFolder?
        switch transport {
        case .tcp:
            url = "redis://127.0.0.1:\(port)"
        case .unix:
            let made = try TemporaryFolder()
            socketFolder = made
            url = "unix://\(made.path("redis.sock"))"
            ways += ["--unixsocket", made.path("redis.sock")]
        case .tls(let certificates):
            url = "rediss://127.0.0.1:\(port)"
            ways = [
                "--port", "0", "--tls-port", "\(port)", "--tls-auth-clients", "no",
                "--tls-cert-file", certificates.certificatePath, "--tls-key-file", certificates.keyPath,
                "--tls-ca-cert-file", certificates.authorityPath,
            ]
            clientArguments += ["--tls", "--cacert", certificates.authorityPath]
        }
        folder = socketFolder
        self.arguments = basics + ways + arguments
        database = RedisDatabase(url: url, clientArguments: clientArguments)
    }

    /// Starts a server and returns when it accepts connections.
    ///
    /// - Parameter arguments: more of them, such as `["--requirepass", "secret"]`.
    public static func start(_ arguments: String..., over transport: Transport = .tcp) async throws
        -> RedisServer
    {
        try await start(over: transport) { arguments }
    }

    /// Starts a server as a node of a cluster that has no other nodes and no slots yet: see ``RedisCluster``.
    static func startNode() async throws -> (server: RedisServer, busPort: Int) {
        var busPort = 0
        // A node keeps a file of what it knows of the others.
        let folder = try TemporaryFolder()
        let server = try await start(over: .tcp) {
            busPort = try freePort()
            return [
                "--cluster-enabled", "yes", "--cluster-port", "\(busPort)", "--dir", folder.url.path,
            ]
        }
        server.keptFolder.withLock { $0 = folder }
        return (server, busPort)
    }

    /// A node's files.
    private let keptFolder = Mutex<TemporaryFolder?>(nil)

    private static func start(over transport: Transport, _ arguments: () throws -> [String]) async throws
        -> RedisServer
    {
        var lastError: any Error = ChildProcess.Failure(description: "redis-server was not started")
        for _ in 0..<startAttempts {
            let server = try RedisServer(transport: transport, arguments: try arguments())
            do {
                try await server.restart()
                return server
            } catch let error as ChildProcess.Failure {
                // Somebody else may have taken a port meanwhile.
                lastError = error
            }
        }
        throw lastError
    }

    /// Starts the server again after ``kill()``, on the same port, empty.
    public func restart() async throws {
        try await kill()
        let child = try await ChildProcess.start("redis-server", arguments)
        try await child.wait(for: "accepting connections") {
            $0.output.contains("Ready to accept connections")
        }
        process.withLock { $0 = child }
    }

    /// Kills the server (SIGKILL) and returns when it is gone.
    public func kill() async throws {
        let child = process.withLock { process in
            defer { process = nil }
            return process
        }
        try await child?.killed()
    }

    /// Stops the server's process (SIGSTOP): connections stand, and nothing answers.
    public func freeze() {
        process.withLock { $0 }?.signal(SIGSTOP)
    }

    /// Lets a frozen server go on (SIGCONT).
    public func thaw() {
        process.withLock { $0 }?.signal(SIGCONT)
    }

    /// Returns when the server has printed a text since it was started.
    func waitForOutput(_ text: String) async throws {
        guard let child = process.withLock({ $0 }) else {
            throw ChildProcess.Failure(description: "redis-server is not running")
        }
        try await child.wait(for: text) { $0.output.contains(text) }
    }

    private static func freePort() throws -> Int {
        let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw ChildProcess.Failure(description: "no socket") }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(socket, pointer, length) == 0 ? getsockname(socket, pointer, &length) : -1
            }
        }
        guard status == 0 else { throw ChildProcess.Failure(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
