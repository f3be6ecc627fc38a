import ArgumentParser
import FeedServer
import FeedStore
import Foundation
import SampleData

/// `feed-server populate`
struct Populate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fill a database with sample data; what is in it is replaced.",
        discussion: """
            Without --posts: the tutorial's six users with their pictures and 44 posts, through the API. \
            With --posts: as many posts as wanted, the same ones for the same --seed.
            """)

    @Option(help: .init(ConfigurationKey.database.help, valueName: "path"))
    var database: String?

    @Flag(help: "Replace what is there without asking.")
    var yes = false

    @Option(help: "Number of posts, 1 to \(BulkData.maximumPosts).")
    var posts: Int?

    @Option(help: "Number of users who wrote them, 1 to \(BulkData.maximumUsers).")
    var users: Int?

    @Option(help: "Seed of the generated posts; the same seed gives the same posts.")
    var seed: UInt64?

    /// Posts between two reports of progress.
    private static let progressStep = 4_096

    func validate() throws {
        if posts == nil, users != nil || seed != nil {
            throw ValidationError("--users and --seed go with --posts.")
        }
        if let posts, !(1...BulkData.maximumPosts).contains(posts) {
            throw ValidationError("--posts must be 1 to \(BulkData.maximumPosts).")
        }
        if let users, !(1...BulkData.maximumUsers).contains(users) {
            throw ValidationError("--users must be 1 to \(BulkData.maximumUsers).")
        }
    }

    func run() async throws {
        do {
            let arguments = database.map { [ConfigurationKey.database: $0] } ?? [:]
            let configuration = try await ServerConfiguration(arguments: arguments)
            let path = configuration.databasePath
            guard yes || confirms(replacing: path) else { throw ExitCode.failure }
            if let posts {
                let loader = try BulkLoader(replacing: path)
                let count = try addGenerated(posts: posts, to: loader)
                try loader.finish()
                StandardStreams.say("\(path) now holds \(count) posts.")
            } else {
                let count = try await SampleServer.populate(replacing: path, media: configuration.mediaPath)
                StandardStreams.say(
                    """
                    \(path) now holds \(count) posts by \(TutorialData.Writer.allCases.count) users. \
                    Log in as \(TutorialData.Writer.mara.email) with the password \(TutorialData.password)
                    """)
            }
        } catch let code as ExitCode {
            throw code
        } catch {
            throw CommandFailure.exit(error, context: "can't populate")
        }
    }

    private func confirms(replacing path: String) -> Bool {
        guard FileManager.default.fileExists(atPath: path) else { return true }
        print("Everything in \(path) will be replaced. Continue? [y/N] ", terminator: "")
        fflush(nil)
        let answer = readLine()?.lowercased()
        if answer == "y" || answer == "yes" { return true }
        StandardStreams.say("Nothing was changed.")
        return false
    }

    private func addGenerated(posts: Int, to loader: BulkLoader) throws -> Int {
        let users = users ?? max(1, min(BulkData.maximumUsers, posts / 1_000))
        try loader.add(users: (1...users).map(BulkData.user))
        var generator = BulkPostGenerator(seed: seed ?? 1, posts: posts, users: users)
        let progress = ProgressBar(total: posts, unit: "posts")
        var done = 0
        try loader.addPosts { add in
            while try generator.next({ post in try post.load(add) }) {
                done += 1
                if done.isMultiple(of: Self.progressStep) { progress.update(done: done) }
            }
        }
        progress.finish(done: done)
        return done
    }
}

extension BulkPost {
    /// Hands the post's columns to the loader.
    fileprivate func load(_ add: (borrowing BulkPostColumns) throws -> Void) throws {
        try title.withUnsafeBufferPointer { title in
            try content.withUnsafeBufferPointer { content in
                try add(
                    BulkPostColumns(
                        id: id, userID: userID, status: status, datePosted: datePosted,
                        updatedAt: updatedAt, title: title, content: content))
            }
        }
    }
}
