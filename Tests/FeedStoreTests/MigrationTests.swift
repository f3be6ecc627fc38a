import Foundation
import GRDB
import TestSupport
import Testing

@testable import FeedStore

/// Files of older versions, files that take another's place, and dates that are changed from outside.
@Suite struct MigrationTests {
    // MARK: Older files

    @Test func aFileFromBeforeAccountsIsBroughtUpToDate() async throws {
        // given: what the version before accounts has left
        let folder = try TemporaryFolder(isInMemory: true)
        let path = folder.path("feed.sqlite")
        let queue = try SQLiteConnection.openWriter(path: path)
        try Schema.migrator.migrate(queue, upTo: "1: users and posts")
        try await queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO users (username, email, image_file) VALUES ('ann', 'ann@example.com', 'a.jpg');
                    INSERT INTO posts VALUES ('published', 1000, 1, 1, NULL, 'title', 'content');
                    UPDATE feed_state SET last_post_id = 1, last_date_posted = 1000;
                    """)
            #expect(try !db.tableExists("credentials") && !db.tableExists("sessions"))
        }
        try queue.close()
        for _ in 0..<2 {
            // when
            let store = try SQLiteStore(path: path)
            // then
            let user = try #require(try await store.user(id: 1))
            #expect(user.email == "ann@example.com")
            #expect(try await store.account(id: 1)?.user == user)
            #expect(try await store.post(id: 1, visibleTo: nil)?.title == "title")
            #expect(try await store.isImageFileUsed("a.jpg"))
            try await store.close()
        }
        let store = try SQLiteStore(path: path)
        #expect(try await store.account(id: 1)?.credentials == nil)
        let changed = try await store.updateAccount(id: 1, changes: AccountChanges(passwordHash: "hash"))
        #expect(changed?.credentials?.passwordHash == "hash")
        let post = try await store.createPost(userID: 1, title: "t", content: "c", status: .published)
        #expect(post?.id == 2)
        #expect(try await store.deleteUser(id: 1, credentialVersion: nil)?.author.id == 1)
        try store.writer.read { db in
            for table in ["users", "posts", "credentials", "sessions"] {
                let rows = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)")
                #expect(rows == 0, "\(table)")
            }
        }
        try await store.close()
    }

    /// Who is logged in stays so. What was not kept of older sessions is not known, and there are not too many.
    @Test func sessionsFromBeforeOriginsAreKept() async throws {
        // given: what the second version has left
        let folder = try TemporaryFolder(isInMemory: true)
        let path = folder.path("feed.sqlite")
        let queue = try SQLiteConnection.openWriter(path: path)
        try Schema.migrator.migrate(queue, upTo: "2: accounts")
        let count = UserSession.maximumPerUser + 7
        @Sendable func key(_ number: Int) -> [UInt8] { [UInt8](repeating: UInt8(number), count: 32) }
        try await queue.write { db in
            for (id, name) in [(1, "ann"), (2, "bob")] {
                try db.execute(
                    sql: """
                        INSERT INTO users (id, username, email) VALUES (?1, ?2, ?2 || '@example.com');
                        """, arguments: [id, name])
                try db.execute(sql: "INSERT INTO credentials VALUES (?, 'hash', 5)", arguments: [id])
            }
            for number in 0..<count {
                try db.execute(
                    sql: "INSERT INTO sessions VALUES (?, 1, ?)",
                    arguments: [Data(key(number)), 1_000 + number])
            }
            try db.execute(
                sql: "INSERT INTO sessions VALUES (?, 2, 1000)", arguments: [Data(key(count))])
        }
        try queue.close()
        let epoch = Timestamp(microseconds: 0)
        for _ in 0..<2 {
            // when
            let store = try SQLiteStore(path: path)
            // then
            let sessions = try await store.sessions(userID: 1, now: epoch)
            #expect(sessions.count == UserSession.maximumPerUser)
            #expect(Set(sessions.map(\.id)).count == sessions.count)
            for session in sessions {
                #expect(session.id.count == UserSession.idLength)
                #expect(session.origin == SessionOrigin())
                #expect(session.createdAt <= .now && session.createdAt == session.lastUsedAt)
            }
            for number in 0...count {
                let user = try await store.sessionUser(key: key(number), now: epoch)
                // Those that would have ended first are gone.
                #expect(user?.author.id == (number < 7 ? nil : number < count ? 1 : 2), "\(number)")
            }
            #expect(
                try await store.session(key: key(count - 1), now: epoch)?.session.expiresAt.microseconds
                    == Int64(1_000 + count - 1))
            #expect(try await store.account(id: 1)?.credentials?.version == 5)
            try await store.close()
        }
    }

    /// A check of all posts takes as long as reading them, at a start for which everybody waits. Here is one that it
    /// would find.
    @Test func whatAMigrationDoesNotChangeIsNotCheckedAnew() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let path = folder.path("feed.sqlite")
        let queue = try SQLiteConnection.openWriter(path: path)
        try Schema.migrator.migrate(queue, upTo: "2: accounts")
        try await queue.writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    PRAGMA foreign_keys = OFF;
                    INSERT INTO posts VALUES ('published', 1000, 1, 77, NULL, 'of nobody', 'content');
                    """)
        }
        try queue.close()
        let store = try SQLiteStore(path: path)
        #expect(try await store.count(.posts) == 1)
        try await store.close()
    }

    /// A statement that insists on an index by its name finds the same columns in it in every file.
    @Test func anOlderFileHasTheIndexesOfANewOne() async throws {
        func indexes(of path: String) async throws -> [String] {
            let store = try SQLiteStore(path: path)
            let indexes = try store.writer.read { db in
                try String.fetchAll(
                    db,
                    sql:
                        "SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
                )
            }
            try await store.close()
            return indexes
        }
        let folder = try TemporaryFolder(isInMemory: true)
        let old = folder.path("old.sqlite")
        let queue = try SQLiteConnection.openWriter(path: old)
        try Schema.migrator.migrate(queue, upTo: "1: users and posts")
        try queue.close()
        let new = folder.path("new.sqlite")
        try BulkLoader(replacing: new).finish()

        let expected = try await indexes(of: folder.path("empty.sqlite"))
        #expect(expected.count > 3)
        #expect(try await indexes(of: old) == expected)
        #expect(try await indexes(of: new) == expected)
    }

    // MARK: A file in another's place

    @Test func aReplacementTakesThePlaceWhenItIsFinished() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("feed.sqlite")
        try await Self.make(path, username: "old")
        let replacement = try DatabaseReplacement(of: path)
        #expect(replacement.path == path && replacement.buildPath != path)
        #expect(!FileManager.default.fileExists(atPath: replacement.buildPath))
        try await Self.make(replacement.buildPath, username: "new")
        // Until then nobody may write to the old one: what is written would be lost.
        let error = #expect(throws: StoreError.self) { try SQLiteStore(path: path) }
        #expect(error?.code == .unusable)
        #expect(throws: StoreError.self) { try DatabaseReplacement(of: path) }
        try replacement.finish()
        #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
        #expect(try Self.filesOfReplacements(in: folder) == [])
        #expect(try await Self.usernames(in: path) == ["new"])
    }

    @Test func aReplacementThatIsNotFinishedLeavesTheOldFile() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("feed.sqlite")
        try await Self.make(path, username: "old")
        do {
            let replacement = try DatabaseReplacement(of: path)
            try await Self.make(replacement.buildPath, username: "new")
        }
        #expect(try Self.filesOfReplacements(in: folder) == [])
        #expect(try await Self.usernames(in: path) == ["old"])
    }

    /// A crash in the middle of an earlier one: its files would be taken for parts of the new one.
    @Test func whatACrashHasLeftIsRemoved() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("feed.sqlite")
        try await Self.make(path, username: "old")
        for suffix in ["", "-wal", "-shm", "-journal", ".lock"] {
            try Data("left behind".utf8).write(to: URL(fileURLWithPath: "\(path).new\(suffix)"))
        }
        #expect(try Self.filesOfReplacements(in: folder).count == 5)
        let replacement = try DatabaseReplacement(of: path)
        #expect(try Self.filesOfReplacements(in: folder) == [])
        try await Self.make(replacement.buildPath, username: "new")
        try replacement.finish()
        #expect(try await Self.usernames(in: path) == ["new"])
        #expect(try Self.filesOfReplacements(in: folder) == [])
    }

    @Test func aReplacementOfNothingIsANewFile() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a/feed.sqlite")
        let replacement = try DatabaseReplacement(of: path)
        try await Self.make(replacement.buildPath, username: "new")
        try replacement.finish()
        #expect(try await Self.usernames(in: path) == ["new"])
    }

    @Test func whatIsNoDatabaseIsNotReplaced() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("diary.txt")
        let content = Data("Dear diary, this is not a database.".utf8)
        try content.write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: StoreError.self) { try DatabaseReplacement(of: path) }
        #expect(error?.code == .unusable)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
    }

    // MARK: Other dates

    @Test func datesAreChangedAndTheNextPostIsNewer() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let path = folder.path("feed.sqlite")
        let ids = try await Self.makePosts(4, in: path)
        let tomorrow = Timestamp(microseconds: Timestamp.now.microseconds + 86_400_000_000)
        let dates = [
            ids[0]: tomorrow, ids[1]: Timestamp(microseconds: 5), ids[3]: Timestamp(microseconds: 7),
        ]
        let before = try await Self.posts(in: path)
        try PostDates.change(dates, in: path)
        let after = try await Self.posts(in: path)
        #expect(after.map(\.id) == [ids[0], ids[2], ids[3], ids[1]], "in the feed's order")
        for post in after {
            let old = try #require(before.first { $0.id == post.id })
            var expected = old
            expected.datePosted = dates[post.id] ?? old.datePosted
            #expect(post == expected)
        }
        let store = try SQLiteStore(path: path)
        let next = try await store.createPost(userID: 1, title: "t", content: "c", status: .published)
        #expect(try #require(next).datePosted > tomorrow)
        try await store.close()
    }

    @Test func datesAreChangedAllOrNone() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let path = folder.path("feed.sqlite")
        let ids = try await Self.makePosts(3, in: path)
        let before = try await Self.posts(in: path)
        var dates = Dictionary(uniqueKeysWithValues: ids.map { ($0, Timestamp(microseconds: 5)) })
        dates[ids[2]] = Timestamp(microseconds: Timestamp.range.upperBound.microseconds + 1)
        let error = #expect(throws: StoreError.self) { try PostDates.change(dates, in: path) }
        #expect(error?.code == .unusable)
        #expect(try await Self.posts(in: path) == before)
    }

    @Test func datesOfAnOpenFileAreNotChanged() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let path = folder.path("feed.sqlite")
        let ids = try await Self.makePosts(1, in: path)
        let store = try SQLiteStore(path: path)
        let error = #expect(throws: StoreError.self) {
            try PostDates.change([ids[0]: Timestamp(microseconds: 5)], in: path)
        }
        #expect(error?.code == .unusable)
        // Nor by another name of it.
        let link = folder.path("link.sqlite")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(throws: StoreError.self) {
            try PostDates.change([ids[0]: Timestamp(microseconds: 5)], in: link)
        }
        #expect(try #require(try await store.post(id: ids[0], visibleTo: nil)).datePosted.microseconds > 5)
        try await store.close()
    }

    /// As a store leaves them, which opens them with the same writer.
    @Test func datesOfWhatIsNoDatabaseOfThisVersionAreNotChanged() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let missing = folder.path("a/missing.sqlite")
        let diary = folder.path("diary.txt")
        try Data("Dear diary, this is not a database.".utf8).write(to: URL(fileURLWithPath: diary))
        let other = folder.path("other.sqlite")
        let recipes = try DatabaseQueue(path: other)
        try await recipes.write { db in try db.execute(sql: "CREATE TABLE recipes (name)") }
        try recipes.close()
        let newer = folder.path("newer.sqlite")
        let ids = try await Self.makePosts(1, in: newer)
        let future = try DatabaseQueue(path: newer)
        try await future.write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('999: of the future')")
        }
        try future.close()
        for (path, says) in [
            (missing, "not there"), (diary, "not an SQLite database"), (other, "another application"),
            (newer, "newer version"),
        ] {
            // The file of one that is missing can't be read.
            let before = try? Data(contentsOf: URL(fileURLWithPath: path))
            let error = #expect(throws: StoreError.self) {
                try PostDates.change([ids[0]: Timestamp(microseconds: 5)], in: path)
            }
            #expect(error?.code == .unusable && error?.message.contains(says) == true, "\(path)")
            #expect((try? Data(contentsOf: URL(fileURLWithPath: path))) == before, "\(path)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("a")), "nothing is made")
    }

    // MARK: Given

    /// Makes a database with one user, and closes it.
    private static func make(_ path: String, username: String) async throws {
        let store = try SQLiteStore(path: path)
        _ = try await store.createUser(username: username, email: "\(username)@example.com")
        try await store.close()
    }

    private static func makePosts(_ count: Int, in path: String) async throws -> [Int64] {
        let store = try SQLiteStore(path: path)
        let user = try await store.createUser(username: "ann", email: "ann@example.com").author.id
        var ids: [Int64] = []
        for number in 1...count {
            let post = try await store.createPost(
                userID: user, title: "\(number)", content: "text", status: .published)
            ids.append(try #require(post).id)
        }
        try await store.close()
        return ids
    }

    private static func posts(in path: String) async throws -> [Post] {
        let store = try SQLiteStore(path: path)
        let query = PageQuery(collection: .posts, order: .newest, start: .first, pageSize: 50)
        let posts = try await store.page(query, visitor: RowCollector()).visitor.posts
        try await store.close()
        return posts
    }

    private static func usernames(in path: String) async throws -> [String] {
        let store = try SQLiteStore(path: path)
        let query = PageQuery(collection: .users, order: .newest, start: .first, pageSize: 50)
        let users = try await store.page(query, visitor: RowCollector()).visitor.users
        try await store.close()
        return users.map(\.username)
    }

    private static func filesOfReplacements(in folder: TemporaryFolder) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
            .filter { $0.hasPrefix("feed.sqlite.new") }
    }
}
