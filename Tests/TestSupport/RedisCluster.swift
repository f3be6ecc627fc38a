/// Two private Redis servers that make up a cluster: the one has the slots below 8 192, the other the rest. Nothing is
/// left behind: see ``RedisServer``.
public struct RedisCluster: Sendable {
    public let low: RedisServer
    public let high: RedisServer

    /// Starts the servers and returns when both find that all slots are served.
    public static func start() async throws -> RedisCluster {
        let (low, lowBus) = try await RedisServer.startNode()
        let (high, _) = try await RedisServer.startNode()
        for (server, first, last) in [(low, "0", "8191"), (high, "8192", "16383")] {
            try await expect("OK", from: server.database.command("cluster", "addslotsrange", first, last))
        }
        try await expect(
            "OK", from: high.database.command("cluster", "meet", "127.0.0.1", "\(low.port)", "\(lowBus)"))
        try await low.waitForOutput("Cluster state changed: ok")
        try await high.waitForOutput("Cluster state changed: ok")
        return RedisCluster(low: low, high: high)
    }

    private static func expect(_ expected: String, from answer: String) throws {
        guard answer == expected else { throw ChildProcess.Failure(description: answer) }
    }
}
