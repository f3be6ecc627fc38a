import Foundation
import GRDB
import TestSupport
import Testing

@testable import FeedStore

/// Acknowledged means durable: a process is killed in the middle of its writes, again and again.
@Suite struct CrashTests {
    /// Posts that are acknowledged before the process is killed; another number each time.
    private static let rounds = 15

    @Test func everyAcknowledgedWriteSurvivesAKill() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("feed.sqlite")
        var acknowledged: Set<Int64> = []
        for round in 0..<Self.rounds {
            // when
            let ids = try await writeUntilKilled(path, acknowledgements: 1 + round * 17)
            #expect(!ids.isEmpty)
            acknowledged.formUnion(ids)
            // then
            let store = try SQLiteStore(path: path)
            let present = try store.writer.read { db in
                #expect(try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"])
                #expect(try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").isEmpty)
                return Set(try Int64.fetchAll(db, sql: "SELECT id FROM posts"))
            }
            #expect(acknowledged.isSubset(of: present))
            try await store.close()
        }
        #expect(acknowledged.count > Self.rounds * Self.rounds)
    }

    /// Runs the writer, kills it after some acknowledgements, and returns all that it gave.
    private func writeUntilKilled(_ path: String, acknowledgements: Int) async throws -> [Int64] {
        let writer = try await ChildProcess.start(ChildProcess.product("crash-writer"), [path])
        try await writer.wait(for: "\(acknowledgements) acknowledgements") {
            $0.lines.count >= acknowledgements
        }
        let report = try await writer.killed()
        #expect(report.end == .signalled(SIGKILL))
        // What it had printed before the kill was acknowledged as well. A line that is not whole was not.
        return try report.lines.map { line in try #require(Int64(line)) }
    }
}
