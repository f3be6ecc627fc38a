import Foundation
import GRDB
import Metrics
import Synchronization
import TestSupport
import Testing

@testable import FeedStore

@Suite struct WriteTests {
    @Test func aPostIsReadAsItWasWritten() async throws {
        let fixture = try StoreFixture()
        let user = try await fixture.store.createUser(username: "ann", email: "ann@example.com")
        let text = "\u{1}\"\\ <script> 🎈 שלום\n"
        let post = try #require(
            try await fixture.store.createPost(
                userID: user.author.id, title: text, content: text + text, status: .published))
        #expect(post.title == text && post.content == text + text)
        #expect(post.author == user.author && post.updatedAt == nil && post.status == .published)
        #expect(try await fixture.store.post(id: post.id, visibleTo: post.author.id) == post)
        let page = try await fixture.store.page(
            PageQuery(collection: .posts, order: .newest, start: .first, pageSize: 10),
            visitor: RowCollector())
        #expect(page.visitor.posts == [post])
    }

    /// A killed process would leave them behind.
    @Test func writingNeedsNoTemporaryFiles() throws {
        let fixture = try StoreFixture()
        let place = try fixture.store.writer.read { try Int.fetchOne($0, sql: "PRAGMA temp_store") }
        #expect(place == 2, "in memory: https://www.sqlite.org/pragma.html#pragma_temp_store")
    }

    @Test func textThatWouldBeCutOffIsRefused() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let user = try await store.createUser(username: "ann", email: "ann@example.com").author.id
        let error = await #expect(throws: StoreError.self) {
            try await store.createPost(userID: user, title: "a", content: "b\u{0}c", status: .draft)
        }
        #expect(error?.code == .invalid && error?.field == "content")
    }

    @Test func datesStrictlyIncreaseWhateverTheClockSays() async throws {
        // given: a clock that stands still, then goes back
        let time = Mutex(Timestamp(microseconds: 1_000_000))
        var configuration = SQLiteStore.Configuration.patient
        configuration.now = { time.withLock(\.self) }
        let fixture = try StoreFixture(configuration: configuration)
        let store = fixture.store
        let user = try await store.createUser(username: "ann", email: "ann@example.com").author.id
        func publish() async throws -> Post {
            try #require(
                try await store.createPost(userID: user, title: "t", content: "c", status: .published))
        }
        // when
        var posts = [try await publish(), try await publish()]
        time.withLock { $0.microseconds = 500_000 }
        posts.append(try await publish())
        // The newest is gone, and the store is opened again: its date is not given a second time.
        _ = try await store.deletePost(id: posts[2].id)
        try await store.close()
        let reopened = try SQLiteStore(path: store.path, configuration: configuration)
        let later = try await reopened.createPost(userID: user, title: "t", content: "c", status: .published)
        posts.append(try #require(later))
        // then
        #expect(posts.map(\.datePosted.microseconds) == [1_000_000, 1_000_001, 1_000_002, 1_000_003])
        #expect(posts.map(\.id) == [1, 2, 3, 4])
    }

    @Test func noPostIsEditedBeforeItWasPublished() async throws {
        // given: a post of a clock that was ahead
        let time = Mutex(Timestamp(microseconds: 2_000))
        var configuration = SQLiteStore.Configuration.patient
        configuration.now = { time.withLock(\.self) }
        let fixture = try StoreFixture(configuration: configuration)
        let store = fixture.store
        let user = try await store.createUser(username: "ann", email: "ann@example.com").author.id
        let post = try #require(
            try await store.createPost(userID: user, title: "t", content: "c", status: .published))
        let draft = try #require(
            try await store.createPost(userID: user, title: "t", content: "c", status: .draft))
        // when
        time.withLock { $0.microseconds = 1_000 }
        let edited = try #require(try await store.updatePost(id: post.id, changes: .init(title: "new")))
        let published = try #require(
            try await store.updatePost(id: draft.id, changes: .init(title: "new", publish: true)))
        // then
        #expect(edited.updatedAt == edited.datePosted && edited.datePosted.microseconds == 2_000)
        #expect(published.updatedAt == published.datePosted && published.datePosted.microseconds == 2_001)
    }

    @Test func publishingGivesTheDateAndEditingKeepsIt() async throws {
        let time = Mutex(Timestamp(microseconds: 1_000))
        var configuration = SQLiteStore.Configuration.patient
        configuration.now = { time.withLock(\.self) }
        let fixture = try StoreFixture(configuration: configuration)
        let store = fixture.store
        let user = try await store.createUser(username: "ann", email: "ann@example.com").author.id
        let draft = try #require(
            try await store.createPost(userID: user, title: "t", content: "c", status: .draft))
        #expect(draft.datePosted.microseconds == 1_000)
        time.withLock { $0.microseconds = 2_000 }
        let published = try #require(try await store.updatePost(id: draft.id, changes: .init(publish: true)))
        #expect(published.datePosted.microseconds == 2_000 && published.status == .published)
        #expect(published.updatedAt == nil)
        time.withLock { $0.microseconds = 3_000 }
        let edited = try #require(
            try await store.updatePost(id: draft.id, changes: .init(title: "new", publish: true)))
        #expect(edited.datePosted.microseconds == 2_000 && edited.updatedAt?.microseconds == 3_000)
        #expect(edited.title == "new" && edited.content == "c")
        #expect(try await store.count(.posts) == 1)
    }

    @Test func namesAndAddressesAreUniqueWhateverTheirCase() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        _ = try await store.createUser(username: "ann", email: "ann@example.com")
        for (username, email, field) in [
            ("Ann", "other@example.com", "username"), ("other", "ANN@example.com", "email"),
        ] {
            let error = await #expect(throws: StoreError.self) {
                try await store.createUser(username: username, email: email)
            }
            #expect(error?.code == .conflict && error?.field == field)
        }
        #expect(try await store.count(.users) == 1)
    }

    @Test func aUsersPostsGoWithIt() async throws {
        let fixture = try StoreFixture(dates: [1, 2, 3, 4])
        #expect(try await fixture.store.deleteUser(id: 1, credentialVersion: nil)?.author.username == "user1")
        #expect(try await fixture.store.deleteUser(id: 1, credentialVersion: nil) == nil)
        #expect(try await fixture.store.count(.posts) == 2)
        #expect(try await fixture.store.user(id: 1) == nil)
        let post = try await fixture.store.createPost(userID: 1, title: "t", content: "c", status: .draft)
        #expect(post == nil)
    }

    @Test func whatIsNotThereIsNotChanged() async throws {
        let fixture = try StoreFixture()
        #expect(try await fixture.store.updatePost(id: 7, changes: .init(title: "x")) == nil)
        #expect(try await !fixture.store.deletePost(id: 7))
    }

    /// Writes that wait together share a commit, and one that fails takes no other with it.
    @Test func waitingWritesShareOneCommit() async throws {
        // given: a writer that is held up inside its first write
        let metrics = CountingMetrics()
        var configuration = SQLiteStore.Configuration.patient
        configuration.metrics = metrics
        let fixture = try StoreFixture(configuration: configuration)
        let store = fixture.store
        let writes = 200
        let (before, tasks) = try await store.holdingTheWriter {
            let before = metrics.value("feed_store_commits_total")
            // when
            let tasks = (0..<writes).map { number -> Task<Bool, Never> in
                Task {
                    do {
                        // Every second one takes a name that is taken.
                        _ = try await store.createUser(
                            username: "user\(number / 2)", email: "user\(number)@example.com")
                        return true
                    } catch {
                        return false
                    }
                }
            }
            try await store.waitForWaitingWrites(writes)
            return (before, tasks)
        }
        var outcomes: [Bool] = []
        for task in tasks { outcomes.append(await task.value) }
        // then
        #expect(outcomes.count(where: \.self) == writes / 2)
        #expect(try await store.count(.users) == writes / 2)
        #expect(metrics.value("feed_store_commits_total") - before == 2)
        // The one that was held, and those that took a free name.
        #expect(metrics.value("feed_store_writes_total") == writes / 2 + 1)
    }

    @Test func aWriteThatIsCancelledWhileItWaitsIsNotCarriedOut() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        try await store.holdingTheWriter {
            let waiting = Task { try await store.createUser(username: "ann", email: "ann@example.com") }
            try await store.waitForWaitingWrites(1)
            waiting.cancel()
            // It hears of it at once, not after the commit before it.
            await #expect(throws: CancellationError.self) { try await waiting.value }
            #expect(store.writer.waitingCount == 0)
            let late = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await store.createUser(username: "bob", email: "bob@example.com")
            }
            await #expect(throws: CancellationError.self) { try await late.value }
        }
        #expect(try await store.count(.users) == 0)
    }

    @Test func aWriteThatWasBegunIsCarriedOutWhoeverIsCancelled() async throws {
        let fixture = try StoreFixture()
        let store = fixture.store
        let hold = ThreadHold()
        let begun = Task {
            try await store.writer.write { db in
                hold.hold()
                try db.execute(sql: "INSERT INTO users (username, email) VALUES ('ann', 'ann@example.com')")
            }
        }
        try await hold.arrived()
        begun.cancel()
        hold.release()
        try await begun.value
        #expect(try await store.count(.users) == 1)
    }

    /// Readers keep their snapshots, and yet see what was acknowledged, and do not keep the log from
    /// being emptied.
    @Test func readersSeeEveryCommitAndLetTheLogBeEmptied() async throws {
        let fixture = try StoreFixture(dates: [1])
        let store = fixture.store
        let text = String(repeating: "x", count: 8_000)
        for number in 1...2_000 {
            let post = try #require(
                try await store.createPost(userID: 1, title: "t", content: text, status: .published))
            let query = PageQuery(collection: .posts, order: .newest, start: .first, pageSize: 1)
            var rows = RowCollector()
            #expect(try store.pageIfImmediate(query, visitor: &rows)?.count == 1)
            #expect(rows.posts.first?.id == post.id, "after \(number) commits")
            _ = try await store.deletePost(id: post.id)
            #expect(try await store.post(id: post.id, visibleTo: 1) == nil)
        }
        let log = try FileManager.default.attributesOfItem(atPath: store.path + "-wal")[.size] as? Int
        // SQLite empties it after 1 000 pages; what these writes have written is ten times that.
        #expect(try #require(log) < 3 * 1_000 * SQLiteConnection.pageBytes)
    }

    /// A reader that took its snapshot while a commit was under way does not go on with it afterwards.
    @Test func aSnapshotFromWithinACommitDoesNotHideIt() async throws {
        // Many times: a snapshot that has grown too old under load would prove nothing.
        let count: Int64 = 100
        let fixture = try StoreFixture(dates: (1...count).map(\.self))
        let store = fixture.store
        let query = PageQuery(collection: .posts, order: .newest, start: .first, pageSize: 100)
        for id in 1...count {
            try await store.writer.write { db in
                try db.execute(sql: "DELETE FROM posts WHERE id = ?", arguments: [id])
                var before = RowCollector()
                _ = try store.pageIfImmediate(query, visitor: &before)
                #expect(before.posts.contains { $0.id == id })
            }
            var after = RowCollector()
            _ = try store.pageIfImmediate(query, visitor: &after)
            #expect(!after.posts.contains { $0.id == id })
        }
    }

    @Test func aClosedStoreSaysSo() async throws {
        let fixture = try StoreFixture()
        try await fixture.store.close()
        let error = await #expect(throws: StoreError.self) {
            try await fixture.store.createUser(username: "ann", email: "ann@example.com")
        }
        #expect(error?.code == .unavailable)
        let readError = await #expect(throws: StoreError.self) { try await fixture.store.count(.posts) }
        #expect(readError?.code == .unavailable)
        let boundedError = await #expect(throws: StoreError.self) {
            try await fixture.store.post(id: 1, visibleTo: nil)
        }
        #expect(boundedError?.code == .unavailable)
    }

    @Test func whatWasAcceptedBeforeTheEndIsWritten() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("feed.sqlite")
        let store = try SQLiteStore(path: path)
        let written = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<500 {
                group.addTask {
                    do {
                        _ = try await store.createUser(
                            username: "user\(number)", email: "user\(number)@example.com")
                        return true
                    } catch let error as StoreError where error.code == .unavailable {
                        return false
                    }
                }
            }
            group.addTask {
                try await store.close()
                return false
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        let reopened = try SQLiteStore(path: path, configuration: .patient)
        #expect(try await reopened.count(.users) == written)
    }

    @Test func aReadPastItsDeadlineIsInterrupted() async throws {
        var configuration = SQLiteStore.Configuration.patient
        configuration.readDeadline = .zero
        let fixture = try StoreFixture(configuration: configuration)
        let store = fixture.store
        let error = await #expect(throws: StoreError.self) { try await store.count(.posts) }
        #expect(error?.code == .timeout)
        // A bounded read has no deadline, and the reader is as good as before.
        #expect(try await store.post(id: 1, visibleTo: nil) == nil)
    }
}
