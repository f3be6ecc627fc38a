import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing

@testable import FeedStore

/// Accounts: what they log in with, their sessions, their pictures and their end.
@Suite struct AccountStoreTests {
    // MARK: Accounts

    @Test func anAccountIsFoundByItsIDAndItsEmail() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let ann = try await store.createUser(
            username: "ann", email: "Ann@example.com", passwordHash: "hash")
        let bob = try await store.createUser(
            username: "bob", email: "bob@example.com", passwordHash: nil)
        #expect(ann.credentials == Credentials(passwordHash: "hash", version: 1))
        #expect(ann.user.author.username == "ann" && ann.user.author.imageFile == nil)
        #expect(try await store.account(id: ann.user.author.id) == ann)
        for email in ["Ann@example.com", "ann@example.com", "ANN@EXAMPLE.COM"] {
            #expect(try await store.account(email: email) == ann, "\(email)")
        }
        #expect(bob.credentials == nil)
        #expect(try await store.account(email: "bob@example.com") == bob)
        for email in ["", "ann", "nobody@example.com", "ann@example.com ", "%@example.com"] {
            #expect(try await store.account(email: email) == nil, "\(email)")
        }
        #expect(try await store.account(id: 99) == nil)
    }

    @Test func textWithNULIsRefused() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let ann = try await store.createUser(username: "ann", email: "ann@example.com").author.id
        for (username, email, field) in [
            ("a\0b", "other@example.com", "username"), ("other", "a@b\0c", "email"),
        ] {
            let created = await #expect(throws: StoreError.self) {
                try await store.createUser(username: username, email: email, passwordHash: "hash")
            }
            #expect(created?.code == .invalid && created?.field == field)
            let updated = await #expect(throws: StoreError.self) {
                try await store.updateAccount(
                    id: ann, changes: AccountChanges(username: username, email: email))
            }
            #expect(updated?.code == .invalid && updated?.field == field)
        }
        #expect(try await store.count(.users) == 1)
    }

    /// A user whose name is taken leaves nothing behind, no password either.
    @Test func aConflictCreatesNothing() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        _ = try await store.createUser(username: "ann", email: "ann@example.com", passwordHash: "hash")
        for (username, email, field) in [
            ("ANN", "other@example.com", "username"), ("other", "ANN@EXAMPLE.COM", "email"),
        ] {
            let error = await #expect(throws: StoreError.self) {
                try await store.createUser(username: username, email: email, passwordHash: "other")
            }
            #expect(error?.code == .conflict && error?.field == field)
        }
        #expect(try await store.count(.users) == 1)
        #expect(try Self.rows(of: "credentials", in: store) == 1)
    }

    @Test func anUpdateChangesWhatItNames() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let id = try await store.createUser(
            username: "ann", email: "ann@example.com", passwordHash: "hash"
        ).user.author.id
        let key = Self.key(1)
        try #require(try await Self.begin(key, of: id, in: store))
        func update(_ changes: AccountChanges) async throws -> Account? {
            let account = try await store.updateAccount(id: id, changes: changes)
            #expect(try await store.account(id: id) == account, "what it returns is what it wrote")
            return account
        }
        let before = try #require(try await store.account(id: id))
        #expect(try await update(AccountChanges()) == before)
        let named = try #require(try await update(AccountChanges(username: "anna")))
        #expect(named.user.author.username == "anna" && named.user.email == "ann@example.com")
        #expect(named.credentials == before.credentials)
        #expect(try await update(AccountChanges(email: "ann@example.com")) == named)
        #expect(try await store.sessionUser(key: key, now: .now)?.author.username == "anna")
        let moved = try #require(try await update(AccountChanges(email: "anna@example.org")))
        #expect(moved.user.author.username == "anna" && moved.user.email == "anna@example.org")
        // Its own name in other letters is not taken.
        #expect(try await update(AccountChanges(username: "Anna"))?.user.author.username == "Anna")
        #expect(try await store.account(email: "ann@example.com") == nil, "the old address is free")
        #expect(try await store.updateAccount(id: 99, changes: AccountChanges(username: "x")) == nil)
        #expect(try await store.updateAccount(id: 99, changes: AccountChanges(passwordHash: "x")) == nil)
        #expect(try Self.rows(of: "credentials", in: store) == 1)
    }

    @Test func anUpdateThatConflictsChangesNothing() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let ann = try await store.createUser(
            username: "ann", email: "ann@example.com", passwordHash: "hash")
        _ = try await store.createUser(username: "bob", email: "bob@example.com")
        let before = try await store.account(id: ann.user.author.id)
        for (changes, field) in [
            (AccountChanges(username: "Bob", email: "new@example.com", passwordHash: "new"), "username"),
            (AccountChanges(username: "new", email: "BOB@example.com", passwordHash: "new"), "email"),
        ] {
            let error = await #expect(throws: StoreError.self) {
                try await store.updateAccount(id: ann.user.author.id, changes: changes)
            }
            #expect(error?.code == .conflict && error?.field == field)
            #expect(try await store.account(id: ann.user.author.id) == before)
        }
    }

    @Test func aNewPasswordRaisesTheVersionAndEndsTheSessions() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let ids = try await [
            store.createUser(username: "ann", email: "ann@example.com", passwordHash: "1"),
            store.createUser(username: "bob", email: "bob@example.com", passwordHash: "b"),
        ].map(\.user.author.id)
        for (index, id) in ids.enumerated() {
            for key in [Self.key(UInt8(2 * index)), Self.key(UInt8(2 * index + 1))] {
                #expect(try await Self.begin(key, of: id, in: store))
            }
        }
        let changed = try await store.updateAccount(
            id: ids[0], changes: AccountChanges(passwordHash: "2"))
        #expect(changed?.credentials == Credentials(passwordHash: "2", version: 2))
        // The same hash again is a new password, too.
        let again = try await store.updateAccount(
            id: ids[0], changes: AccountChanges(username: "anna", passwordHash: "2"))
        #expect(again?.credentials == Credentials(passwordHash: "2", version: 3))
        for key in [Self.key(0), Self.key(1)] {
            #expect(try await store.sessionUser(key: key, now: .now) == nil)
        }
        for key in [Self.key(2), Self.key(3)] {
            #expect(try await store.sessionUser(key: key, now: .now)?.author.id == ids[1])
        }
        // Whoever checked the password before it was changed is too late.
        #expect(try await !Self.begin(Self.key(4), of: ids[0], version: 1, in: store))
        #expect(try await Self.begin(Self.key(4), of: ids[0], version: 3, in: store))
        // Who had no password gets one.
        let eve = try await store.createUser(username: "eve", email: "eve@example.com").author.id
        #expect(try await !Self.begin(Self.key(5), of: eve, in: store))
        let first = try await store.updateAccount(id: eve, changes: AccountChanges(passwordHash: "e"))
        #expect(first?.credentials == Credentials(passwordHash: "e", version: 1))
        #expect(try await Self.begin(Self.key(5), of: eve, in: store))
    }

    @Test func aNewEmailRaisesTheVersionAndEndsTheSessions() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let id = try await store.createUser(
            username: "ann", email: "ann@example.com", passwordHash: "hash"
        ).user.author.id
        let other = try await store.createUser(
            username: "bob", email: "bob@example.com", passwordHash: "hash"
        ).user.author.id
        try #require(try await Self.begin(Self.key(9), of: other, in: store))
        // In other letters it is another one, too.
        for (number, email) in ["ann@example.org", "Ann@example.org"].enumerated() {
            let version = Int64(number + 1)
            let key = Self.key(UInt8(number))
            try #require(try await Self.begin(key, of: id, version: version, in: store))
            let moved = try await store.updateAccount(
                id: id, changes: AccountChanges(email: email, credentialVersion: version))
            #expect(moved?.credentials == Credentials(passwordHash: "hash", version: version + 1))
            #expect(try await store.sessionUser(key: key, now: .now) == nil)
            // Whoever had checked the password before is too late.
            let late = try await store.updateAccount(
                id: id, changes: AccountChanges(email: "late@example.com", credentialVersion: version))
            #expect(late == nil)
        }
        // With a new password it rises once.
        let both = try await store.updateAccount(
            id: id, changes: AccountChanges(email: "a@example.com", passwordHash: "new"))
        #expect(both?.credentials == Credentials(passwordHash: "new", version: 4))
        #expect(try await store.sessionUser(key: Self.key(9), now: .now) != nil)
        #expect(try await store.account(id: other)?.credentials?.version == 1)
    }

    /// Compare and set: a password that was changed meanwhile is not undone.
    @Test func aHashIsRenewedWhereItIsStillTheOldOne() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let id = try await store.createUser(
            username: "ann", email: "ann@example.com", passwordHash: "old"
        ).user.author.id
        #expect(try await Self.begin(Self.key(1), of: id, in: store))
        try await store.renewPasswordHash(userID: id, from: "other", to: "wrong")
        #expect(try await store.account(id: id)?.credentials?.passwordHash == "old")
        try await store.renewPasswordHash(userID: 99, from: "old", to: "wrong")
        try await store.renewPasswordHash(userID: id, from: "old", to: "new")
        #expect(
            try await store.account(id: id)?.credentials == Credentials(passwordHash: "new", version: 1))
        #expect(try await store.sessionUser(key: Self.key(1), now: .now) != nil)
    }

    // MARK: Sessions

    @Test func aSessionHasItsUserUntilItEnds() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let user = try await store.createUser(
            username: "ann", email: "ann@example.com", passwordHash: "hash"
        ).user
        let end = Timestamp(microseconds: 1_000)
        func owner(_ key: UInt8, at microseconds: Int64) async throws -> User? {
            try await store.sessionUser(key: Self.key(key), now: Timestamp(microseconds: microseconds))
        }
        for key: UInt8 in [1, 2] {
            #expect(try await Self.begin(Self.key(key), of: user.author.id, in: store))
        }
        #expect(try await Self.begin(Self.key(3), of: user.author.id, until: end, in: store))
        #expect(try await owner(3, at: 999) == user)
        #expect(try await owner(3, at: 1_000) == nil)
        #expect(try await owner(4, at: 0) == nil)
        try await store.deleteSession(key: Self.key(1))
        try await store.deleteSession(key: Self.key(1))
        #expect(try await owner(1, at: 0) == nil)
        #expect(try await owner(2, at: 0) == user)
        #expect(try await !Self.begin(Self.key(5), of: 99, in: store))
        #expect(try await owner(5, at: 0) == nil)
    }

    /// So that the table does not grow for ever, and no log-in has to tidy up for long.
    @Test func expiredSessionsAreRemovedAFewAtATime() async throws {
        let time = Mutex(Timestamp(microseconds: 1_000))
        var configuration = SQLiteStore.Configuration.patient
        configuration.now = { time.withLock(\.self) }
        let fixture = try StoreFixture(configuration: configuration)
        let store = fixture.store
        let id = try await store.createUser(
            username: "ann", email: "ann@example.com", passwordHash: "hash"
        ).user.author.id
        func begin(_ key: UInt8, expiresAt microseconds: Int64) async throws {
            let expiry = Timestamp(microseconds: microseconds)
            try #require(try await Self.begin(Self.key(key), of: id, until: expiry, in: store))
        }
        let expiring: UInt8 = 40
        for key in 0..<expiring { try await begin(key, expiresAt: 2_000 + Int64(key)) }
        #expect(try Self.rows(of: "sessions", in: store) == Int(expiring))
        time.withLock { $0.microseconds = 3_000 }
        var left = [try Self.rows(of: "sessions", in: store)]
        for key in 100..<UInt8(110) {
            try await begin(key, expiresAt: 9_000)
            left.append(try Self.rows(of: "sessions", in: store))
        }
        // Each adds one, removes some of the expired, and none of the others.
        let removed = zip(left, left.dropFirst()).map { $0 + 1 - $1 }
        #expect(removed.allSatisfy { (0..<Int(expiring)).contains($0) }, "\(removed)")
        #expect(removed.first != 0)
        #expect(removed.reduce(0, +) == Int(expiring))
        #expect(left.last == 10)
    }

    // MARK: Pictures

    @Test func aPictureReplacesTheOneBefore() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let ids = try await [
            store.createUser(username: "ann", email: "ann@example.com"),
            store.createUser(username: "bob", email: "bob@example.com"),
        ].map(\.author.id)
        func set(_ index: Int, _ file: String?) async throws -> String? {
            let change = try #require(
                try await store.setImageFile(userID: ids[index], credentialVersion: nil, to: file))
            #expect(change.user.author.imageFile == file)
            #expect(try await store.user(id: ids[index]) == change.user)
            return change.previous
        }
        #expect(try await set(0, "a.jpg") == nil)
        #expect(try await set(1, "a.jpg") == nil)
        #expect(try await set(0, "b.jpg") == "a.jpg")
        #expect(try await store.isImageFileUsed("a.jpg"))
        #expect(try await store.isImageFileUsed("b.jpg"))
        #expect(try await set(1, nil) == "a.jpg")
        #expect(try await !store.isImageFileUsed("a.jpg"))
        #expect(try await set(1, nil) == nil)
        #expect(try await set(0, "b.jpg") == "b.jpg")
        for name in ["B.jpg", "", "b"] { #expect(try await !store.isImageFileUsed(name)) }
        #expect(try await store.setImageFile(userID: 99, credentialVersion: nil, to: "c.jpg") == nil)
        #expect(try await !store.isImageFileUsed("c.jpg"))
    }

    @Test func otherCredentialsSetNoPicture() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let id = try await store.createUser(
            username: "ann", email: "ann@example.com", passwordHash: "hash"
        ).user.author.id
        #expect(try await store.setImageFile(userID: id, credentialVersion: 1, to: "a.jpg") != nil)
        _ = try await store.endSessions(userID: id)
        for file in ["b.jpg", nil] {
            #expect(try await store.setImageFile(userID: id, credentialVersion: 1, to: file) == nil)
        }
        #expect(try await store.user(id: id)?.author.imageFile == "a.jpg")
    }

    // MARK: The end of a user

    @Test(arguments: [
        // Posts, and commits: those that delete posts, until one finds fewer than it may delete, and the last.
        (0, 2), (1, 2), (SQLiteStore.deletedPostsPerCommit - 1, 2), (SQLiteStore.deletedPostsPerCommit, 3),
        (2 * SQLiteStore.deletedPostsPerCommit + 7, 4),
    ])
    func aUserIsDeletedInSteps(posts: Int, commits: Int) async throws {
        let metrics = CountingMetrics()
        let (folder, store) = try Self.open(posts: posts, metrics: metrics)
        let user = try #require(try await store.user(id: 1))
        for id: Int64 in [1, 2] {
            _ = try await store.updateAccount(id: id, changes: AccountChanges(passwordHash: "hash"))
            try #require(try await Self.begin(Self.key(UInt8(id)), of: id, in: store))
        }
        let before = metrics.value("feed_store_commits_total")
        #expect(try await store.deleteUser(id: 1, credentialVersion: nil) == user)
        #expect(metrics.value("feed_store_commits_total") - before == commits)
        #expect(try await store.account(id: 1) == nil)
        #expect(try await store.sessionUser(key: Self.key(1), now: .now) == nil)
        try Self.expectOnlyTheSecondUser(in: store, posts: 1)
        #expect(try await store.sessionUser(key: Self.key(2), now: .now)?.author.id == 2)
        #expect(try await store.deleteUser(id: 1, credentialVersion: nil) == nil)
        #expect(try await store.deleteUser(id: 99, credentialVersion: nil) == nil)
        // Its name is free again, its id is not given a second time.
        let next = try await store.createUser(username: "user1", email: "user1@example.com")
        #expect(next.author.id == 3)
        try await store.close()
        withExtendedLifetime(folder) {}
    }

    /// Whoever checked the password before it was changed is too late.
    @Test func otherCredentialsDeleteNothing() async throws {
        let posts = SQLiteStore.deletedPostsPerCommit + 1
        let (folder, store) = try Self.open(posts: posts, metrics: CountingMetrics())
        _ = try await store.updateAccount(id: 1, changes: AccountChanges(passwordHash: "hash"))
        for other: Int64 in [0, 2] {
            #expect(try await store.deleteUser(id: 1, credentialVersion: other) == nil)
            #expect(try await store.deleteUser(id: 2, credentialVersion: other) == nil, "it has none")
        }
        #expect(try Self.rows(of: "posts", in: store) == posts + 1)
        #expect(try await store.deleteUser(id: 1, credentialVersion: 1)?.author.id == 1)
        try Self.expectOnlyTheSecondUser(in: store, posts: 1)
        try await store.close()
        withExtendedLifetime(folder) {}
    }

    @Test func aNewPasswordEndsADeletionThatIsUnderWay() async throws {
        let step = SQLiteStore.deletedPostsPerCommit
        let (folder, store) = try Self.open(posts: 2 * step + 7, metrics: CountingMetrics())
        _ = try await store.updateAccount(id: 1, changes: AccountChanges(passwordHash: "hash"))
        let (deleted, outcomes) = try await Self.deleteTheFirstUser(
            in: store, credentialVersion: 1,
            meanwhile: [
                {
                    try await store.updateAccount(id: 1, changes: AccountChanges(passwordHash: "new"))?
                        .credentials?.version
                }
            ])
        #expect(deleted == nil)
        #expect(outcomes == [2])
        #expect(try await store.account(id: 1)?.credentials?.passwordHash == "new")
        #expect(try Self.rows(of: "posts", in: store) == step + 7 + 1, "only the first step")
        try await store.close()
        withExtendedLifetime(folder) {}
    }

    /// Somebody else's write does not wait for the whole deletion.
    @Test func othersWriteWhileAUserIsDeleted() async throws {
        let posts = 3 * SQLiteStore.deletedPostsPerCommit
        let (folder, store) = try Self.open(posts: posts, metrics: CountingMetrics())
        let (deleted, outcomes) = try await Self.deleteTheFirstUser(
            in: store,
            meanwhile: [
                {
                    try await store.writer.write { db in
                        try Int64.fetchOne(db, sql: "SELECT count(*) FROM posts WHERE user_id = 1")
                    }
                },
                {
                    try await store.createPost(
                        userID: 2, title: "meanwhile", content: "text", status: .published)?.author.id
                },
            ])
        #expect(outcomes == [Int64(posts - SQLiteStore.deletedPostsPerCommit), 2])
        #expect(deleted?.author.id == 1)
        try Self.expectOnlyTheSecondUser(in: store, posts: 2)
        try await store.close()
        withExtendedLifetime(folder) {}
    }

    /// A post that its author writes behind the last step goes with the author.
    @Test func whatIsWrittenMeanwhileIsDeletedToo() async throws {
        let (folder, store) = try Self.open(posts: 3, metrics: CountingMetrics())
        let (deleted, outcomes) = try await Self.deleteTheFirstUser(
            in: store,
            meanwhile: [
                {
                    try await store.createPost(
                        userID: 1, title: "meanwhile", content: "text", status: .published)?.id
                }
            ])
        let post = try #require(outcomes[0])
        #expect(try await store.post(id: post, visibleTo: 1) == nil)
        #expect(deleted?.author.id == 1)
        try Self.expectOnlyTheSecondUser(in: store, posts: 1)
        let late = try await store.createPost(userID: 1, title: "t", content: "c", status: .draft)
        #expect(late == nil)
        try await store.close()
        withExtendedLifetime(folder) {}
    }

    // MARK: Given

    /// In a day: when no test runs any more.
    private static var later: Timestamp {
        Timestamp(microseconds: Timestamp.now.microseconds + 86_400_000_000)
    }

    private static func key(_ number: UInt8) -> [UInt8] {
        [UInt8](repeating: number, count: 32)
    }

    /// Begins a session; where nothing else is said, one that lasts, with the first password.
    private static func begin(
        _ key: [UInt8], of userID: Int64, version: Int64 = 1, until end: Timestamp = later,
        in store: SQLiteStore
    ) async throws -> Bool {
        try await store.createSession(
            key: key, userID: userID, credentialVersion: version, expiresAt: end, origin: SessionOrigin())
    }

    private static func rows(of table: String, in store: SQLiteStore) throws -> Int {
        try store.writer.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? -1 }
    }

    /// A store with two users: the first has so many posts, some of them drafts, the second has one.
    private static func open(
        posts: Int, metrics: CountingMetrics
    ) throws -> (folder: TemporaryFolder, store: SQLiteStore) {
        let folder = try TemporaryFolder(isInMemory: true)
        let path = folder.path("feed.sqlite")
        let loader = try BulkLoader(replacing: path)
        try loader.add(users: [StoreFixture.user(1), StoreFixture.user(2)])
        try loader.addPosts { add in
            let text = Array("text".utf8)
            for number in 1...Int64(posts + 1) {
                try text.withUnsafeBufferPointer { text in
                    try add(
                        BulkPostColumns(
                            id: number, userID: number <= posts ? 1 : 2,
                            status: number % 3 == 0 && number <= posts ? .draft : .published,
                            datePosted: Timestamp(microseconds: number), updatedAt: nil, title: text,
                            content: text))
                }
            }
        }
        try loader.finish()
        var configuration = SQLiteStore.Configuration.patient
        configuration.firstCredentialVersion = { 1 }
        configuration.metrics = metrics
        return (folder, try SQLiteStore(path: path, configuration: configuration))
    }

    /// Deletes the first user, while other writes wait behind the deletion's first step: they get into the
    /// same commit, and before every further step.
    private static func deleteTheFirstUser(
        in store: SQLiteStore, credentialVersion: Int64? = nil,
        meanwhile writes: [@Sendable () async throws -> Int64?]
    ) async throws -> (deleted: User?, outcomes: [Int64?]) {
        let (deletion, tasks) = try await store.holdingTheWriter {
            let deletion = Task {
                try await store.deleteUser(id: 1, credentialVersion: credentialVersion)
            }
            try await store.waitForWaitingWrites(1)
            var tasks: [Task<Int64?, any Error>] = []
            for write in writes {
                tasks.append(Task { try await write() })
                try await store.waitForWaitingWrites(1 + tasks.count)
            }
            return (deletion, tasks)
        }
        var outcomes: [Int64?] = []
        for task in tasks { outcomes.append(try await task.value) }
        return (try await deletion.value, outcomes)
    }

    /// Nothing is left of the first user, in any table.
    private static func expectOnlyTheSecondUser(in store: SQLiteStore, posts: Int) throws {
        try store.writer.read { db in
            #expect(try Int64.fetchAll(db, sql: "SELECT id FROM users") == [2])
            let owners = try Int64.fetchAll(db, sql: "SELECT user_id FROM posts")
            #expect(owners == [Int64](repeating: 2, count: posts))
            for table in ["credentials", "sessions"] {
                #expect(try Int64.fetchOne(db, sql: "SELECT min(user_id) FROM \(table)") ?? 2 == 2)
            }
            #expect(try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").isEmpty)
            #expect(try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"])
        }
    }
}
