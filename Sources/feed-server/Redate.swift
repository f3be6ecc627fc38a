import ArgumentParser
import FeedServer
import FeedStore
import Foundation

/// `feed-server redate`
struct Redate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring posts back to the present that a clock which was ahead has dated in the future.",
        discussion: """
            The server must be stopped, and the clock right. The posts keep their order; they are dated now, behind all \
            others. Clients whose cursors are among the old dates are told to start again.
            """)

    @Option(help: .init(ConfigurationKey.database.help, valueName: "path"))
    var database: String?

    @Flag(help: "Change the dates without asking.")
    var yes = false

    func run() async throws {
        do {
            let arguments = database.map { [ConfigurationKey.database: $0] } ?? [:]
            let path = try await ServerConfiguration(arguments: arguments).databasePath
            guard FileManager.default.fileExists(atPath: path) else {
                throw StoreError(.unusable, "there is no \(path)")
            }
            let now = Timestamp.now
            guard Timestamp.range.contains(now) else {
                throw StoreError(.unusable, "the clock is out of all bounds; set it right first")
            }
            let (posts, isAny) = try FutureDates.find(in: path, now: now)
            guard isAny else {
                StandardStreams.say("Nothing in \(path) is of the future: the clock says \(now.rfc3339).")
                return
            }
            guard yes || confirms(posts, in: path, now) else { throw ExitCode.failure }
            let changes = try FutureDates.bringBack(in: path, now: now)
            StandardStreams.say(
                """
                \(path): \(changes.posts) posts and \(changes.drafts) drafts are dated now, \
                \(changes.sessions) sessions were ended.
                """)
        } catch let code as ExitCode {
            throw code
        } catch {
            throw CommandFailure.exit(error, context: "can't change the dates")
        }
    }

    private func confirms(_ posts: Int, in path: String, _ now: Timestamp) -> Bool {
        print(
            "The clock says \(now.rfc3339). \(posts) posts in \(path) are of the future and will be dated now. "
                + "Continue? [y/N] ", terminator: "")
        fflush(nil)
        let answer = readLine()?.lowercased()
        if answer == "y" || answer == "yes" { return true }
        StandardStreams.say("Nothing was changed.")
        return false
    }
}
