import Foundation
import GRDB
import TestSupport
import Testing

@testable import FeedStore

/// A store knows whether it can write.
@Suite struct CommitHealthTests {
    @Test func aStoreWhoseCommitsFailSaysSoUntilOneSucceeds() async throws {
        // given: one that does not try by itself
        let metrics = CountingMetrics()
        var configuration = SQLiteStore.Configuration.patient
        configuration.metrics = metrics
        configuration.probeInterval = .seconds(86_400)
        let fixture = try StoreFixture(configuration: configuration)
        let store = fixture.store
        let user = try await store.createUser(username: "ann", email: "ann@example.com").author.id
        #expect(store.status.writes == .ok)
        // when
        try await store.writer.write { db in try db.execute(sql: "PRAGMA max_page_count = 1") }
        let error = await #expect(throws: StoreError.self) {
            try await store.createPost(
                userID: user, title: "t", content: String(repeating: "x", count: 50_000), status: .draft)
        }
        // then: reads are served
        #expect(error?.code == .unavailable)
        #expect(store.status.writes == .failing)
        #expect(metrics.value("feed_store_commit_failures_total") == 1)
        #expect(try await store.user(id: user) != nil)
        // A commit that writes nothing proves nothing.
        #expect(try await !store.deletePost(id: 99))
        #expect(store.status.writes == .failing)
        try await store.writer.write { db in try db.execute(sql: "PRAGMA max_page_count = 1000000") }
        #expect(store.status.writes == .failing)
        _ = try await store.createUser(username: "bob", email: "bob@example.com")
        #expect(store.status.writes == .ok)
        #expect(metrics.value("feed_store_commit_failures_total") == 1)
    }

    @Test(arguments: [ResultCode.SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_IOERR])
    func aStoreThatNobodyWritesToFindsOutThatItCanWriteAgain(_ code: ResultCode) async throws {
        // given
        let metrics = CountingMetrics()
        var configuration = SQLiteStore.Configuration.patient
        configuration.metrics = metrics
        configuration.probeInterval = .milliseconds(1)
        let fixture = try StoreFixture(configuration: configuration)
        let store = fixture.store
        // when
        let error = await #expect(throws: StoreError.self) {
            try await store.writer.write { _ in throw DatabaseError(resultCode: code) }
        }
        // then
        #expect(error?.code == .unavailable)
        #expect(metrics.value("feed_store_commit_failures_total") == 1)
        try await waitUntil("a store that can write", last: { "\(store.status)" }) {
            store.status.writes == .ok
        }
        try await store.close()
    }

    /// What is wrong with one write is not wrong with the store.
    @Test func aWriteThatIsRefusedIsNoFailureOfTheStore() async throws {
        let fixture = try StoreFixture()
        _ = try await fixture.store.createUser(username: "ann", email: "ann@example.com")
        _ = await #expect(throws: StoreError.self) {
            try await fixture.store.createUser(username: "ann", email: "other@example.com")
        }
        #expect(fixture.store.status.writes == .ok)
    }
}
