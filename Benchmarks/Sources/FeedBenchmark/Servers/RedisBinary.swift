import Foundation

/// Debian's redis-server, without persistence.
struct RedisBinary: Sendable {
    static let path = "/usr/bin/redis-server"

    /// Where its log is put.
    let folder: URL

    /// Runs `body` with the address of a Redis of its own.
    func serve<Value: Sendable>(body: (_ address: String) async throws -> Value) async throws -> Value {
        let port = try FreePort.find()
        let command = ServerProcess.Command(
            name: "redis-server", executable: Self.path,
            arguments: [
                "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir",
                folder.path,
            ],
            log: folder.appending(path: "redis.log")
        ) { log in log.contains("Ready to accept connections") ? port : nil }
        return try await ServerProcess.with(command) { _ in try await body("redis://127.0.0.1:\(port)") }
    }
}
