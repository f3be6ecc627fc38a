import Foundation
import GRDB
import TestSupport
import Testing

@testable import FeedStore

/// A database is the same one after an orderly end, and another where its file may have been replaced.
@Suite struct DatabaseIdentityTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder(isInMemory: true)
        path = folder.path("feed.sqlite")
    }

    @Test func anIdentityIsOfOneDatabase() {
        let identities = (0..<100).map { _ in DatabaseIdentity().description }
        #expect(Set(identities).count == 100)
        #expect(identities.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) })
    }

    @Test func itIsKeptOverAnOrderlyEnd() async throws {
        let first = try await identity(of: path, addingPosts: 3)
        #expect(try await identity(of: path, addingPosts: 3) == first)
        #expect(try await identity(of: path) == first)
        #expect(try await identity(of: folder.path("other.sqlite")) != first)
    }

    /// The copy that a deployment is tried with, and what `cp` and `mv` bring back.
    @Test func aCopyIsAnotherDatabase() async throws {
        let first = try await identity(of: path, addingPosts: 1)
        let copy = folder.path("copy.sqlite")
        for suffix in ["", ".lock"] {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
        }
        let second = try await identity(of: copy)
        #expect(second != first)
        #expect(try await identity(of: path) == first, "the original has not changed")
        // Back in the original's place.
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: copy, toPath: path)
        let last = try await identity(of: path)
        #expect(![first, second].contains(last))
    }

    /// The file is the same one: only its content is that of the backup.
    @Test func aBackupThatIsWrittenIntoTheFileIsAnotherDatabase() async throws {
        let first = try await identity(of: path)
        let backup = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(try await identity(of: path, addingPosts: 500) == first)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(contentsOf: backup)
        try file.truncate(atOffset: UInt64(backup.count))
        try file.close()
        #expect(try await identity(of: path) != first)
    }

    @Test func aReplacementIsAnotherDatabase() async throws {
        let first = try await identity(of: path)
        try BulkLoader(replacing: path).finish()
        let second = try await identity(of: path)
        #expect(second != first)
        let replacement = try DatabaseReplacement(of: path)
        let built = try await identity(of: replacement.buildPath)
        try replacement.finish()
        let last = try await identity(of: path)
        #expect(![first, second].contains(last))
        #expect(built != first)
    }

    /// A killed server leaves no mark; what a backup of its files holds is no orderly end either.
    @Test func withoutAnOrderlyEndItIsAnotherDatabase() async throws {
        let store = try SQLiteStore(path: path)
        #expect(try Data(contentsOf: lockFile).isEmpty)
        let first = store.identity
        try await store.close()
        #expect(try !Data(contentsOf: lockFile).isEmpty)
        try Data().write(to: lockFile)
        let second = try await identity(of: path)
        #expect(second != first)
        // What operators do who bring back a whole volume.
        try FileManager.default.removeItem(at: lockFile)
        let third = try await identity(of: path)
        #expect(![first, second].contains(third))
        try Data(repeating: 0xff, count: 1_000).write(to: lockFile)
        let last = try await identity(of: path)
        #expect(![first, second, third].contains(last))
    }

    @Test func anOlderFileGetsAnIdentity() async throws {
        let queue = try SQLiteConnection.openWriter(path: path)
        try Schema.migrator.migrate(queue, upTo: "4: whose a post is, in its index")
        try queue.close()
        let first = try await identity(of: path)
        #expect(try await identity(of: path) == first)
    }

    private var lockFile: URL { URL(fileURLWithPath: path + ".lock") }

    /// Opens a database, writes posts, and closes it.
    private func identity(of path: String, addingPosts count: Int = 0) async throws -> DatabaseIdentity {
        let store = try SQLiteStore(path: path, configuration: .patient)
        if count > 0 {
            let name = UUID().uuidString
            let user = try await store.createUser(username: name, email: "\(name)@example.com").author.id
            for number in 0..<count {
                _ = try await store.createPost(
                    userID: user, title: "\(number)", content: "text", status: .published)
            }
        }
        try await store.close()
        return store.identity
    }
}
