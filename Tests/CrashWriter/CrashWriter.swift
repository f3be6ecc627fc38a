import FeedStore
import Foundation

/// Writes posts from many tasks at once, as fast as it can, until it is killed. Prints the id of each
/// post once its write has been acknowledged, a line each. Usage: crash-writer DATABASE
@main
struct CrashWriter {
    static let writers = 16

    static func main() async throws {
        let store = try SQLiteStore(path: CommandLine.arguments[1])
        let users = try await store.user(id: 1)
        if users == nil { _ = try await store.createUser(username: "writer", email: "writer@example.com") }
        await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<writers {
                group.addTask {
                    while true {
                        let post = try await store.createPost(
                            userID: 1, title: "title", content: "content", status: .published)
                        guard let post else { continue }
                        // One write call for each line: a line is there whole or not at all.
                        FileHandle.standardOutput.write(Data("\(post.id)\n".utf8))
                    }
                }
            }
        }
    }
}
