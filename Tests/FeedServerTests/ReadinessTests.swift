import FeedStore
import Foundation
import TestSupport
import Testing

@testable import FeedServer

/// `/readyz` and the metrics say what is wrong with the store.
@Suite struct ReadinessTests {
    @Test func aStoreThatCanNotWriteIsFailingAndTheServerReady() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let store = FailingStore(
            error: StoreError(.unavailable, "there is nothing"), status: StoreStatus(writes: .failing))
        try await TestServer.run(database: folder.path("feed.sqlite"), store: store) { server in
            let reply = try await server.get("/readyz")
            #expect(reply.status == 200)
            #expect(reply.json["status"] as? String == "ready")
            #expect(reply.json["store"] as? String == "failing")
            #expect(try await sample("feed_store_failing", of: server) == "1")
        }
    }

    @Test(arguments: [
        (StoreStatus(clock: .behind, dateLead: .milliseconds(90_500)), "behind", "0", "90.5"),
        (StoreStatus(clock: .ahead, clockLead: .seconds(4_000)), "ahead", "4000", "0"),
        (StoreStatus(clock: .unusable), "unusable", "0", "0"),
    ])
    func aClockThatIsWrongIsSaidAndTheServerReady(
        status: StoreStatus, word: String, clockLead: String, dateLead: String
    ) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let store = FailingStore(error: StoreError(.unavailable, "there is nothing"), status: status)
        try await TestServer.run(database: folder.path("feed.sqlite"), store: store) { server in
            let reply = try await server.get("/readyz")
            #expect(reply.status == 200)
            #expect(reply.json["clock"] as? String == word)
            #expect(reply.json["store"] as? String == "ok")
            #expect(try await sample("feed_store_clock_lead_seconds", of: server) == clockLead)
            #expect(try await sample("feed_store_date_lead_seconds", of: server) == dateLead)
        }
    }

    @Test func aStoreThatIsWellIsOk() async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        try await TestServer.run(database: folder.path("feed.sqlite")) { server in
            let reply = try await server.get("/readyz")
            #expect(reply.status == 200)
            #expect(reply.json["store"] as? String == "ok")
            #expect(reply.json["clock"] as? String == "ok")
            #expect(try await sample("feed_store_failing", of: server) == "0")
            #expect(try await sample("feed_store_commit_failures_total", of: server) == "0")
            for outcome in ["complete", "partial", "failed"] {
                let name = "feed_store_checkpoints_total{outcome=\"\(outcome)\"}"
                #expect(try await sample(name, of: server) == "0")
            }
            #expect(try await Int(sample("feed_store_log_bytes", of: server) ?? "") != nil)
        }
    }

    private func sample(_ name: String, of server: TestServer) async throws -> String? {
        let text = String(decoding: try await server.get("/metrics").body, as: UTF8.self)
        return text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
            .map { String($0.dropFirst(name.count + 1)) }
    }
}
