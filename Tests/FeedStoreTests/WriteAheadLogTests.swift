import Foundation
import GRDB
import TestSupport
import Testing

@testable import FeedStore

/// The log is emptied, whoever reads. See `docs/concurrency.md`.
@Suite struct WriteAheadLogTests {
    private static let firstPage = PageQuery(
        collection: .posts, order: .newest, start: .first, pageSize: 1)

    /// Readers that begin in the middle of every commit hold what was before it when it is over.
    @Test func aReadInsideEveryCommitDoesNotKeepTheLogFromBeingEmptied() async throws {
        // given
        let metrics = CountingMetrics()
        var configuration = SQLiteStore.Configuration.patient
        configuration.metrics = metrics
        let fixture = try StoreFixture(configuration: configuration)
        let store = fixture.store
        let user = try await store.createUser(username: "ann", email: "ann@example.com").author.id
        let commits: Int64 = 6_000
        // when
        for id in 1...commits {
            try await store.writer.write { db in
                try db.cachedStatement(
                    sql: """
                        INSERT INTO posts (status, date_posted, id, user_id, title, content)
                        VALUES ('published', ?1, ?1, ?2, 't', 'c')
                        """
                ).execute(arguments: [id, user])
                var rows = RowCollector()
                let edges = try store.pageIfImmediate(Self.firstPage, visitor: &rows)
                #expect(edges != nil && rows.posts.first?.id == (id == 1 ? nil : id - 1))
            }
        }
        // then: each has written four pages and more; all together 190 MiB
        #expect(store.log.bytes < SQLiteConnection.logBytes)
        #expect(metrics.value("feed_store_checkpoints_total") >= 20)
        #expect(try await store.count(.posts) == Int(commits))
    }

    /// A COUNT that takes long holds the log for as long as it may, and no longer.
    @Test func aLongReadHoldsTheLogUpToItsBound() async throws {
        // given: a read that does not end by itself
        var configuration = SQLiteStore.Configuration.patient
        configuration.logRules = .init(checkpointPages: 20, retryPages: 5, maximumPages: 200)
        let fixture = try StoreFixture(configuration: configuration)
        let store = fixture.store
        _ = try await store.createUser(username: "ann", email: "ann@example.com")
        let begun = Gate("a long read")
        let reading = Task {
            try await store.readers.waiting { _, db in
                // This takes the snapshot.
                _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM users")
                begun.open()
                return try Int.fetchOne(
                    db,
                    sql: """
                        WITH RECURSIVE endless (n) AS (VALUES (1) UNION ALL SELECT 1 FROM endless)
                        SELECT count(*) FROM endless
                        """)
            }
        }
        try await begun.pass()
        // when
        func commit() async throws {
            try await store.writer.write { db in
                try db.execute(sql: "UPDATE feed_state SET last_post_id = last_post_id + 1")
            }
        }
        for _ in 1...150 { try await commit() }
        #expect(store.log.bytes > 150 * SQLiteConnection.pageBytes, "it holds the log")
        for _ in 1...1_500 { try await commit() }
        // then: it was told to end, as at its deadline, and the log was begun anew
        let error = await #expect(throws: StoreError.self) { try await reading.value }
        #expect(error?.code == .timeout)
        // A busy machine may take a while to end it; without an end, all 1 650 commits are in the log.
        #expect(store.log.bytes < 1_000 * SQLiteConnection.pageBytes)
    }
}
