import Foundation
import GRDB
import TestSupport
import Testing

@testable import FeedStore

/// On disk: these are about the files.
@Suite struct OpeningTests {
    @Test func createsFileAndFolder() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.path("a/b/feed.sqlite"), configuration: .patient)
        #expect(try await store.count(.posts) == 0)
    }

    @Test func whatIsNoDatabaseIsLeftUntouched() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("notes.txt")
        let content = Data("Dear diary, this is not a database.".utf8)
        try content.write(to: URL(fileURLWithPath: path))
        expectUnusable(path, "not an SQLite database")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
        #expect(throws: StoreError.self) { try BulkLoader(replacing: path) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
    }

    @Test func anotherApplicationsDatabaseIsLeftUntouched() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("other.sqlite")
        try DatabaseQueue(path: path).write { db in try db.execute(sql: "CREATE TABLE recipes (name)") }
        let content = try Data(contentsOf: URL(fileURLWithPath: path))
        expectUnusable(path, "another application")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
    }

    @Test func aNewerVersionsDatabaseIsLeftUntouched() async throws {
        let fixture = try StoreFixture(isInMemory: false)
        try await fixture.store.close()
        let path = fixture.store.path
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('999: of the future')")
        }
        try queue.close()
        let content = try Data(contentsOf: URL(fileURLWithPath: path))
        expectUnusable(path, "newer version")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
    }

    @Test func aSecondWriterIsKeptOut() async throws {
        let fixture = try StoreFixture(isInMemory: false)
        expectUnusable(fixture.store.path, "in use by another process")
        #expect(throws: StoreError.self) { try BulkLoader(replacing: fixture.store.path) }
        try await fixture.store.close()
    }

    @Test func aLoadThatIsNotFinishedChangesNothing() async throws {
        // given
        let folder = try TemporaryFolder()
        let path = folder.path("feed.sqlite")
        do {
            let store = try SQLiteStore(path: path)
            _ = try await store.createUser(username: "ann", email: "ann@example.com")
            try await store.close()
        }
        // when
        do {
            let loader = try BulkLoader(replacing: path)
            try loader.add(users: [StoreFixture.user(1), StoreFixture.user(2)])
        }
        // then
        let store = try SQLiteStore(path: path, configuration: .patient)
        #expect(try await store.user(id: 1)?.author.username == "ann")
        #expect(try await store.count(.users) == 1)
    }

    /// A process that died leaves acknowledged writes in its log; replacing must not lose it early.
    @Test func aLogThatWasLeftBehindGoesIntoItsFileBeforeTheReplacement() async throws {
        // given: a database whose log was never emptied, as a killed process leaves it
        let folder = try TemporaryFolder()
        let living = folder.path("living.sqlite")
        let store = try SQLiteStore(path: living)
        _ = try await store.createUser(username: "ann", email: "ann@example.com")
        let dead = folder.path("dead.sqlite")
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: living + suffix, toPath: dead + suffix)
        }
        #expect(FileManager.default.fileExists(atPath: dead + "-wal"))
        // when
        let loader = try BulkLoader(replacing: dead)
        try loader.add(users: [StoreFixture.user(1), StoreFixture.user(2)])
        try loader.addPosts { _ in }
        try loader.finish()
        // then: the new one, and nothing of the old one's log
        #expect(!FileManager.default.fileExists(atPath: dead + "-wal"))
        let replaced = try SQLiteStore(path: dead, configuration: .patient)
        #expect(try await replaced.user(id: 1)?.author.username == "user1")
        #expect(try await replaced.count(.users) == 2)
        try await store.close()
    }

    /// What a crash in the first start leaves: a journal that only a writer can roll back.
    @Test func aJournalThatWasLeftBehindIsRolledBack() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("feed.sqlite")
        let other = folder.path("other.sqlite")
        // A transaction in the middle of its writing, copied with its journal.
        let queue = try DatabaseQueue(path: other)
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA cache_size = 1; CREATE TABLE filler (text)")
            try db.inTransaction {
                for _ in 0..<500 { try db.execute(sql: "INSERT INTO filler VALUES (hex(randomblob(500)))") }
                for suffix in ["", "-journal"] {
                    try FileManager.default.copyItem(atPath: other + suffix, toPath: path + suffix)
                }
                return .rollback
            }
        }
        // It is another application's all the same, and says so instead of 'readonly'.
        expectUnusable(path, "another application")
    }

    /// What a kill or a full disk in the first start leaves: the migrator's own table, and nothing else.
    @Test func aFirstStartThatWasInterruptedCanBeRepeated() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("feed.sqlite")
        let queue = try SQLiteConnection.openWriter(path: path)
        try await queue.write { db in
            try db.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        }
        try queue.close()
        let store = try SQLiteStore(path: path, configuration: .patient)
        #expect(try await store.count(.posts) == 0)
        try await store.close()
    }

    @Test func oneFileHasOneLockWhateverItIsCalled() async throws {
        let fixture = try StoreFixture(isInMemory: false)
        let link = fixture.folder.path("link.sqlite")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: fixture.store.path)
        expectUnusable(link, "in use by another process")
        let attributes = try FileManager.default.attributesOfItem(atPath: fixture.store.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func aCommitIsFlushedAndReadersCanNotWrite() throws {
        let fixture = try StoreFixture(isInMemory: false)
        let synchronous = try fixture.store.writer.read { db in
            try Int.fetchOne(db, sql: "PRAGMA synchronous")
        }
        #expect(synchronous == 2, "FULL")
        #expect(throws: StoreError.self) {
            try fixture.store.readers.immediate { _, db in try db.execute(sql: "DELETE FROM users") }
        }
    }

    private func expectUnusable(_ path: String, _ reason: String) {
        let error = #expect(throws: StoreError.self) { try SQLiteStore(path: path) }
        #expect(error?.code == .unusable)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }
}
