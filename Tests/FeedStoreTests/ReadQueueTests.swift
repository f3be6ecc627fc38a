import TestSupport
import Testing

@testable import FeedStore

/// More long reads than there are threads for.
@Suite("Queue of long reads")
struct ReadQueueTests {
    @Test func whatComesPastTheBoundIsRefusedAtOnce() async throws {
        // given: threads that are busy
        let metrics = CountingMetrics()
        var configuration = SQLiteStore.Configuration.patient
        configuration.metrics = metrics
        let fixture = try StoreFixture(configuration: configuration)
        let store = fixture.store
        let user = try await store.createUser(username: "ann", email: "ann@example.com").author.id
        for _ in 1...3 {
            _ = try await store.createPost(userID: user, title: "t", content: "c", status: .published)
        }
        let hold = ThreadHold()
        let busy = (0..<ReaderPool.slowThreads).map { _ in
            Task { try await store.readers.waiting { _, _ in hold.hold() } }
        }
        try await hold.arrived(busy.count)
        let query = PageQuery(collection: .posts, order: .newest, start: .offset(1), pageSize: 10)

        // when
        let waiting = (0..<SQLiteStore.maximumSlowReads).map { _ in Task { try await fixture.page(query).ids }
        }
        try await waitUntil("a full queue", last: { "\(store.slowPages.count)" }) {
            store.slowPages.count == SQLiteStore.maximumSlowReads
        }

        // then
        let refused = await #expect(throws: StoreError.self) { _ = try await fixture.page(query) }
        #expect(refused?.code == .overloaded)
        #expect(metrics.value("feed_store_reads_refused_total") == 1)
        // Others are not kept out: what needs no thread, and a total.
        #expect(
            try await fixture.page(
                PageQuery(
                    collection: .posts, order: .newest, start: .first, pageSize: 10)
            ).ids.count == 3)
        let count = Task { try await store.count(.posts) }
        try await waitUntil("a count that waits") { store.counts.count == 1 }

        hold.release(busy.count)
        for task in busy { try await task.value }
        for task in waiting { #expect(try await task.value == [2, 1]) }
        #expect(try await count.value == 3)
        #expect(store.slowPages.count == 0 && store.counts.count == 0)
        #expect(try await fixture.page(query).ids == [2, 1])
        try await store.close()
    }
}
