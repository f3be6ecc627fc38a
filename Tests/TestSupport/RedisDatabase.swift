/// One database of a private Redis: what most tests need of it, each with keys of its own.
public struct RedisDatabase: Sendable {
    /// What a client is told.
    public let url: String
    private let words: [String]

    /// - Parameter clientArguments: what `redis-cli` needs to get there.
    init(url: String, clientArguments: [String]) {
        self.url = url
        words = clientArguments
    }

    /// An empty database of the server that the tests share, for those that do not kill, freeze, fill or configure it,
    /// and do not ask what it has done.
    public static func shared() async throws -> RedisDatabase {
        try await SharedRedis.database()
    }

    /// What `redis-cli` prints for a command, without the line feed at the end.
    public func command(_ command: String...) async throws -> String {
        try await run(command)
    }

    /// Returns the answer to a command when it is as it should be.
    ///
    /// - Throws: ``WaitFailure`` with the last answer.
    @discardableResult
    public func wait(for command: String..., until isReady: (String) -> Bool) async throws -> String {
        var answer = ""
        try await waitUntil("redis-cli \(command.joined(separator: " "))", last: { answer }) {
            answer = try await run(command)
            return isReady(answer)
        }
        return answer
    }

    /// Returns when a key is there.
    public func waitForKey(_ key: String) async throws {
        try await wait(for: "exists", key) { $0 == "1" }
    }

    private func run(_ command: [String]) async throws -> String {
        let report = try await ChildProcess.run("redis-cli", words + command)
        let text = report.output + report.errors
        return String(text.reversed().drop { $0.isNewline }.reversed())
    }
}

/// The one server, started when it is first asked for. It ends with this process.
private enum SharedRedis {
    private static let databaseCount = 4_096
    private static let server = Task {
        try await RedisServer.start("--databases", "\(databaseCount)")
    }
    private static let given = Watched(0)

    static func database() async throws -> RedisDatabase {
        let number = given.update { given in
            given += 1
            return given
        }
        precondition(number < databaseCount, "more tests than databases")
        let server = try await server.value
        return RedisDatabase(
            url: "\(server.url)/\(number)", clientArguments: ["-p", "\(server.port)", "-n", "\(number)"])
    }
}
