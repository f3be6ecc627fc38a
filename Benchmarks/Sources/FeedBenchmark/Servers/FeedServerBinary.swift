import ChildProcesses
import FeedStore
import Foundation
import Subprocess
import SystemPackage

/// The release binary of feed-server.
struct FeedServerBinary: Sendable {
    /// Authenticates the cursors of every server that is started, so that the benchmark can make cursors itself.
    static let secret = "a secret for benchmarks only"

    let path: String
    /// Where logs are put.
    let folder: URL

    static var cursors: PageCursorCodec { PageCursorCodec(secret: Array(secret.utf8)) }

    /// Fills a new database with generated posts.
    func populate(_ database: URL, posts: Int, seed: UInt64) async throws {
        _ = try await runChild(
            .path(FilePath(path)),
            arguments: [
                "populate", "--database", database.path, "--posts", "\(posts)", "--seed", "\(seed)", "--yes",
            ], limit: .seconds(1_800))
    }

    /// Runs `body` with a server on a database.
    ///
    /// Offsets are bounded by nothing but their time: 900 000 is to be measured, not refused.
    func serve<Value: Sendable>(
        _ database: URL, redis: String = "none", settings: [String] = [],
        body: (ServerProcess) async throws -> Value
    ) async throws -> Value {
        let command = ServerProcess.Command(
            name: "feed-server", executable: path,
            arguments: [
                "serve", "--database", database.path, "--port", "0", "--redis", redis, "--secret",
                Self.secret,
                "--max-skip", "1000000000", "--read-deadline", "120", "--count-share", "100",
                // Longer than any COUNT here takes: it is to be measured, and not answered 503.
                "--count-wait", "60",
            ] + settings,
            log: folder.appending(path: "feed-server.log")
        ) { log in
            let line = log.split(separator: "\n").first { $0.hasPrefix("Listening on ") }
            return line?.split(separator: ":").last.flatMap { Int($0) }
        }
        return try await ServerProcess.with(command, body: body)
    }
}
