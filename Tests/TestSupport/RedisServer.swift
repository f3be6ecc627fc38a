import Foundation

/// A private `redis-server` on a free port of the loopback interface, with its files in a temporary directory.
///
/// A shell stands between: it kills the server when this process ends in any way, because its standard input ends
/// then. So nothing is left behind even by a test run that crashes. Needs `redis-server` and `redis-cli`.
///
/// `@unchecked Sendable`: everything that changes is in `running`, guarded by `lock`.
public final class RedisServer: @unchecked Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// How clients come in. A port is always there, so that ``command(_:)`` works.
    public enum Transport: Sendable {
        case tcp
        /// A Unix domain socket as well.
        case unix
        /// TLS and nothing else.
        case tls(TestCertificates)
    }

    private struct Running {
        var shell: Process
        var input: FileHandle
        var output: RedisServerOutput
        var pid: pid_t
    }

    private static let startAttempts = 5
    /// bash, because dash waits for ever for a child if it inherits SIGCHLD blocked, as from a thread of Dispatch.
    private static let script = """
        redis-server "$@" </dev/null 2>&1 & pid=$!
        echo "pid $pid"
        read -r gone || kill -9 $pid
        wait $pid 2>/dev/null
        """

    public let port: Int
    /// What a client is told.
    public var url: String {
        switch transport {
        case .tcp: "redis://127.0.0.1:\(port)"
        case .unix: "unix://\(socketPath)"
        case .tls: "rediss://127.0.0.1:\(port)"
        }
    }

    private let directory: URL
    private let transport: Transport
    private let arguments: [String]
    private let lock = NSLock()
    private var running: Running?

    private init(port: Int, directory: URL, transport: Transport, arguments: [String]) {
        self.port = port
        self.directory = directory
        self.transport = transport
        self.arguments = arguments
    }

    deinit {
        kill()
        // Nothing can be done about a temporary directory that cannot be removed.
        try? FileManager.default.removeItem(at: directory)
    }

    /// Starts a server and returns when it accepts connections.
    ///
    /// - Parameter arguments: more of them, such as `["--requirepass", "secret"]`.
    public static func start(_ arguments: String..., over transport: Transport = .tcp) async throws
        -> RedisServer
    {
        try await start(arguments, over: transport)
    }

    /// Starts a server as a node of a cluster that has no other nodes and no slots yet: see ``RedisCluster``.
    static func startNode() async throws -> (server: RedisServer, busPort: Int) {
        var failure: (any Error)?
        for _ in 0..<startAttempts {
            let busPort = try freePort()
            let arguments = ["--cluster-enabled", "yes", "--cluster-port", "\(busPort)"]
            do {
                return (try await start(arguments, over: .tcp), busPort)
            } catch {
                // Somebody else may have taken this port, too.
                failure = error
            }
        }
        throw failure ?? Failure(description: "redis-server was not started")
    }

    private static func start(_ arguments: [String], over transport: Transport) async throws -> RedisServer {
        var lastError: (any Error)?
        for _ in 0..<startAttempts {
            let directory = FileManager.default.temporaryDirectory
                .appendingPathComponent("redis-\(UUID().uuidString)", isDirectory: true)
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            let server = RedisServer(
                port: try freePort(), directory: directory, transport: transport, arguments: arguments)
            do {
                try await server.restart()
                return server
            } catch {
                // Somebody else may have taken the port meanwhile.
                lastError = error
            }
        }
        throw lastError ?? Failure(description: "redis-server was not started")
    }

    /// Starts the server again after ``kill()``, on the same port, empty.
    public func restart() async throws {
        kill()
        let shell = Process()
        let (input, output) = (Pipe(), Pipe())
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments =
            ["-c", Self.script, "bash", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
            + ["--dir", directory.path] + transportArguments + arguments
        shell.standardInput = input
        shell.standardOutput = output
        // bash tells of each child that was killed.
        shell.standardError = FileHandle.nullDevice
        let lines = output.fileHandleForReading
        let printed = RedisServerOutput()
        try ChildProcess.run(shell)
        OutputReader.start(lines) { printed.read($0) }
        let ready = try await printed.wait(for: "Ready to accept connections")
        guard
            let pid = ready.split(separator: "\n").first(where: { $0.hasPrefix("pid ") })
                .flatMap({ pid_t($0.dropFirst(4)) })
        else { throw Failure(description: ready) }
        lock.withLock {
            running = Running(
                shell: shell, input: input.fileHandleForWriting, output: printed, pid: pid)
        }
    }

    /// Kills the server (SIGKILL) and returns when it is gone.
    public func kill() {
        guard
            let ended = lock.withLock({ () -> Running? in
                defer { running = nil }
                return running
            })
        else { return }
        _ = Foundation.kill(ended.pid, SIGKILL)
        // Tells the shell not to kill it once more. If the shell is gone already, there is nobody to tell.
        try? ended.input.write(contentsOf: Data("gone\n".utf8))
        try? ended.input.close()
        ended.shell.waitUntilExit()
    }

    /// Stops the server's process (SIGSTOP): connections stand, and nothing answers.
    public func freeze() {
        signal(SIGSTOP)
    }

    /// Lets a frozen server go on (SIGCONT).
    public func thaw() {
        signal(SIGCONT)
    }

    /// Returns when the server has printed a text since it was started.
    func waitForOutput(_ text: String) async throws {
        guard let output = lock.withLock({ running?.output }) else {
            throw Failure(description: "redis-server is not running")
        }
        _ = try await output.wait(for: text)
    }

    /// What `redis-cli` prints for a command, without the line feed at the end.
    public func command(_ words: String...) async throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["redis-cli", "-p", "\(port)"] + clientArguments + words
        process.standardOutput = output
        process.standardError = output
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { _ in
                let data = output.fileHandleForReading.readDataToEndOfFile()
                let text = String(decoding: data, as: UTF8.self)
                continuation.resume(returning: text.trimmingCharacters(in: .newlines))
            }
            do {
                try ChildProcess.run(process)
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private var socketPath: String { directory.appendingPathComponent("redis.sock").path }

    private var transportArguments: [String] {
        switch transport {
        case .tcp:
            ["--port", "\(port)"]
        case .unix:
            ["--port", "\(port)", "--unixsocket", socketPath]
        case .tls(let certificates):
            [
                "--port", "0", "--tls-port", "\(port)", "--tls-auth-clients", "no",
                "--tls-cert-file", certificates.certificatePath, "--tls-key-file", certificates.keyPath,
                "--tls-ca-cert-file", certificates.authorityPath,
            ]
        }
    }

    private var clientArguments: [String] {
        guard case .tls(let certificates) = transport else { return [] }
        return ["--tls", "--cacert", certificates.authorityPath]
    }

    private func signal(_ number: Int32) {
        lock.withLock {
            if let running { _ = Foundation.kill(running.pid, number) }
        }
    }

    private static func freePort() throws -> Int {
        let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw Failure(description: "no socket") }
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
        guard status == 0 else { throw Failure(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// What a server prints, to be waited for.
///
/// `@unchecked Sendable`: everything that changes is guarded by `lock`.
private final class RedisServerOutput: @unchecked Sendable {
    private static let signsOfFailure = ["aborting", "FATAL CONFIG", "not found", "Failed to"]

    private let lock = NSLock()
    private var text = ""
    private var hasEnded = false
    private var waiters: [(wanted: String, continuation: CheckedContinuation<String, any Error>)] = []

    /// Takes a piece of the output; an empty one is its end.
    func read(_ data: Data) {
        lock.withLock {
            text += String(decoding: data, as: UTF8.self)
            if data.isEmpty || Self.signsOfFailure.contains(where: text.contains) { hasEnded = true }
            answer()
        }
    }

    /// All that was printed, when the wanted text is in it.
    func wait(for wanted: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            lock.withLock {
                waiters.append((wanted, continuation))
                answer()
            }
        }
    }

    private func answer() {
        waiters.removeAll { wanted, continuation in
            if text.contains(wanted) {
                continuation.resume(returning: text)
            } else if hasEnded {
                continuation.resume(throwing: RedisServer.Failure(description: text))
            } else {
                return false
            }
            return true
        }
    }
}
