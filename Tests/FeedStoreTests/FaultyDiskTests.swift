import Foundation
import GRDB
import TestSupport
import Testing

@testable import FeedStore

/// A disk that fails below SQLite, at every call in turn: while a store is opened, brought up to date, written to,
/// checkpointed, read and closed. Whatever fails says so with a clear error; what was acknowledged is there
/// afterwards, what was refused is not; and when the disk is well, the same store goes on. See `Tests/FaultyStore`.
@Suite struct FaultyDiskTests {
    /// A database of the second version, which is brought up to date, or a new one.
    enum Start: CaseIterable {
        case new, old
    }

    /// How a call fails, and for how long.
    struct Fault: CustomTestStringConvertible {
        var name: String
        var span: String

        var testDescription: String { "\(name) \(span)" }

        static let all: [Fault] = ["io", "full", "short", "lost"].flatMap { name in
            ["once", "healed", "lasting"].map { Fault(name: name, span: $0) }
        }
    }

    /// `make soak` tries every call.
    private static let stride = Depth.choose(53, long: 1)
    private static let deaths = Depth.choose(8, long: .max)

    @Test(arguments: Fault.all, Start.allCases)
    func nothingIsLostAndServiceResumes(fault: Fault, start: Start) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let template = try await Self.template(start, in: folder)
        // There are few flushes.
        let stride = fault.name == "lost" ? 1 : Self.stride
        // Others than those of the next fault.
        let number = Fault.all.firstIndex { $0.name == fault.name && $0.span == fault.span } ?? 0
        let first = number * 7 % stride
        let child = try await ChildProcess.start(
            ChildProcess.product("faulty-store"),
            ["errors", folder.url.path, template, fault.name, fault.span, "\(first)", "\(stride)"])
        let report = try await child.ended(patience: Depth.choose(Patience.standard, long: .seconds(3_600)))
        #expect(report.end == .exited(0), "\(report.errors)")
        for line in report.lines.filter({ $0.hasPrefix("violation: ") }).prefix(20) {
            Issue.record("\(line)")
        }
        // Or nothing has been shown.
        let failed = report.lines.first { $0.hasPrefix("failed ") }?.split(separator: " ").last.flatMap {
            Int($0)
        }
        #expect(try #require(failed) > 0)
    }

    /// The process is killed at a call, in the middle of its bytes where it is a write; or the power goes, and what was
    /// not flushed is lost with it.
    @Test(arguments: ["kill", "power"], Start.allCases)
    func whatWasAcknowledgedSurvivesTheEnd(fault: String, start: Start) async throws {
        let folder = try TemporaryFolder(isInMemory: true)
        let template = try await Self.template(start, in: folder)
        let calls = try await Self.calls(fault, template, in: folder)
        #expect(calls > 100)
        var acknowledgements = 0
        var deaths = 0
        for death in 0..<min(Self.deaths, calls) {
            let call = calls * death / min(Self.deaths, calls)
            let place = folder.url.appending(path: "\(call)")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            // when
            let report = try await ChildProcess.run(
                ChildProcess.product("faulty-store"), ["dies", place.path, template, fault, "\(call)"])
            // How many calls there are depends on which writes share a commit: the last ones may not be reached.
            #expect([.signalled(SIGKILL), .exited(0)].contains(report.end), "call \(call): \(report.errors)")
            deaths += report.end == .signalled(SIGKILL) ? 1 : 0
            // then
            let acknowledged = report.lines.map(String.init).filter { $0.hasPrefix("post ") }
            acknowledgements += acknowledged.count
            let store = try SQLiteStore(
                path: place.appending(path: "feed.sqlite").path, configuration: .patient)
            let present = try store.writer.read { db in
                #expect(try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"], "call \(call)")
                #expect(try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").isEmpty, "call \(call)")
                return try String.fetchAll(db, sql: "SELECT title FROM posts WHERE title LIKE 'post %'")
            }
            let lost = Set(acknowledged).subtracting(present)
            #expect(lost.isEmpty, "call \(call)")
            #expect(Set(present).count == present.count, "call \(call)")
            _ = try await store.createUser(username: "late", email: "late@example.com")
            try await store.close()
            try FileManager.default.removeItem(at: place)
        }
        #expect(acknowledgements > 0 && deaths > min(Self.deaths, calls) / 2)
    }

    /// How many calls there are that a fault can happen to.
    private static func calls(
        _ fault: String, _ template: String, in folder: TemporaryFolder
    ) async throws -> Int {
        let place = folder.url.appending(path: "all")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let report = try await ChildProcess.run(
            ChildProcess.product("faulty-store"), ["dies", place.path, template, fault, "\(Int32.max)"])
        let last = try #require(
            report.lines.last { $0.hasPrefix("calls ") }, "\(report.output) \(report.errors)")
        return try #require(last.split(separator: " ").last.flatMap { Int($0) })
    }

    /// A path, or `-` for none.
    private static func template(_ start: Start, in folder: TemporaryFolder) async throws -> String {
        guard start == .old else { return "-" }
        let path = folder.path("template.sqlite")
        let queue = try SQLiteConnection.openWriter(path: path)
        try Schema.migrator.migrate(queue, upTo: "2: accounts")
        try await queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO users (username, email) VALUES ('ann', 'ann@example.com');
                    INSERT INTO sessions VALUES (x'01', 1, 4102444800000000);
                    """)
            for id in 1...50 {
                try db.execute(
                    sql: "INSERT INTO posts VALUES ('published', ?, ?, 1, NULL, 'old', ?)",
                    arguments: [id, id, String(repeating: "y", count: 500)])
            }
            try db.execute(sql: "UPDATE feed_state SET last_post_id = 50, last_date_posted = 50")
        }
        try queue.close()
        return path
    }
}
