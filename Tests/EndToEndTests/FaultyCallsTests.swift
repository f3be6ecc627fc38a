import FeedStore
import Foundation
import LoopbackClient
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

/// System calls that fail below the shipped binary, in turn, or at which it is killed: while `populate` puts a new
/// database in an old one's place, while the secret's file is made and read, and in the folder of pictures. What
/// SQLite's calls do to a store is `FaultyDiskTests`' matter.
@Suite struct FaultyCallsTests {
    private static let oldPosts = 20
    /// One of them is a draft, and not counted.
    private static let newPosts = 29

    // MARK: populate

    /// There is the old database or the new one, whole; and where it says that it is done, the new one.
    @Test(arguments: FaultyCalls.faults)
    func populateReplacesAllOrNothing(fault: String) async throws {
        let calls = try await FaultyCalls()
        let old = try await Self.oldDatabase(in: calls.folder)
        var failures = 0
        // Other calls than with the other faults.
        var call = Depth.choose((FaultyCalls.faults.firstIndex(of: fault) ?? 0) * 8, long: 0)
        while true {
            // given
            let path = calls.folder.path("\(call).sqlite")
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: old + suffix, toPath: path + suffix)
            }
            // when
            try calls.arm(fault, call: call)
            let outcome = try await FeedServerProcess.outcome(
                of: Self.populate(path, posts: Self.newPosts + 1), environment: calls.environment)
            let failed = try calls.heal()
            // then
            let store = try SQLiteStore(path: path)
            let posts = try await store.count(.posts)
            try await store.close()
            switch outcome.end {
            case .exited(0): #expect(posts == Self.newPosts, "\(failed ?? "nothing") failed")
            case .signalled(SIGKILL): #expect(fault == "kill")
            default: Self.expectOneLine(outcome, failed)
            }
            #expect([Self.oldPosts, Self.newPosts].contains(posts), "\(failed ?? "nothing") failed")
            // And: it can be done again.
            if Depth.isLong || failures == 0 {
                try await FeedServerProcess.run(arguments: Self.populate(path, posts: Self.newPosts + 1))
            }
            guard failed != nil else { break }
            failures += 1
            for name in try FileManager.default.contentsOfDirectory(atPath: calls.folder.url.path)
            where name.hasPrefix("\(call).sqlite") {
                try FileManager.default.removeItem(atPath: calls.folder.path(name))
            }
            call += Depth.choose(90, long: 1)
        }
        #expect(failures > 0)
    }

    /// As a killed server leaves it: its posts lie in the log, which must not be replayed into another database.
    private static func oldDatabase(in folder: TemporaryFolder) async throws -> String {
        let (living, old) = (folder.path("living.sqlite"), folder.path("old.sqlite"))
        let store = try SQLiteStore(path: living)
        let user = try await store.createUser(username: "ann", email: "ann@example.com").author.id
        for _ in 0..<oldPosts {
            _ = try await store.createPost(userID: user, title: "t", content: "c", status: .published)
        }
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: living + suffix, toPath: old + suffix)
        }
        try await store.close()
        return old
    }

    private static func populate(_ path: String, posts: Int) -> [String] {
        ["populate", "--yes", "--posts", "\(posts)", "--users", "2", "--database", path]
    }

    // MARK: Starting

    /// What a start is about.
    enum Start: CaseIterable {
        case newSecret, oldSecret, pictures
    }

    /// It serves, or says in one line why not. The secret is there as a whole or not at all, and never replaced:
    /// everybody's tokens and cursors hang on it.
    @Test(arguments: FaultyCalls.faults, Start.allCases)
    func aStartServesOrSaysWhyNot(fault: String, start: Start) async throws {
        let calls = try await FaultyCalls()
        var failures = 0
        var call = Depth.choose((FaultyCalls.faults.firstIndex(of: fault) ?? 0) % 5, long: 0)
        while true {
            // given
            let path = calls.folder.path("\(call).sqlite")
            let secret = "\(path).secret"
            let known = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) })
            if start == .oldSecret {
                let isMade = FileManager.default.createFile(
                    atPath: secret, contents: known, attributes: [.posixPermissions: 0o600])
                #expect(isMade)
            }
            // when
            try calls.arm(fault, call: call, part: start == .pictures ? ".media" : ".secret")
            let (server, report) = try await FeedServerProcess.attempt(
                arguments: Self.serve(path), environment: calls.environment)
            if let server {
                let end = try await server.stop()
                #expect(end == .exited(0) || (fault == "kill" && end == .signalled(SIGKILL)))
            }
            let failed = try calls.heal()
            // then
            let kept = FileManager.default.contents(atPath: secret)
            if server != nil {
                #expect(kept?.count == 32, "\(failed ?? "nothing") failed")
            } else if report.end != .signalled(SIGKILL) {
                Self.expectOneLine(report, failed)
            }
            if start == .oldSecret { #expect(kept == known, "\(failed ?? "nothing") failed") }
            #expect(kept == nil || kept?.count == 32, "\(failed ?? "nothing") failed")
            // And: it serves when the disk is well, with the secret that was there.
            if failed != nil, server == nil {
                #expect(try await FeedServerProcess.serve(arguments: Self.serve(path)) { _ in } == .exited(0))
                let now = FileManager.default.contents(atPath: secret)
                #expect(now?.count == 32 && (kept == nil || now == kept), "\(failed ?? "nothing") failed")
            }
            guard failed != nil else { break }
            failures += 1
            call += Depth.choose(5, long: 1)
        }
        // What is only read needs no room.
        #expect(failures > 0 || ["full", "short"].contains(fault))
    }

    private static func serve(_ path: String) -> [String] {
        ["serve", "--port", "0", "--database", path, "--redis", "none"]
    }

    /// Beside the progress, where it shows that.
    private static func expectOneLine(_ report: ChildProcess.Report, _ failed: String?) {
        #expect(report.hasFailed, "\(failed ?? "nothing") failed")
        let lines = report.errors.split(whereSeparator: \.isNewline)
        #expect(
            lines.count { $0.hasPrefix("feed-server: ") } == 1
                && lines.last?.hasPrefix("feed-server: ") == true,
            "\(failed ?? "nothing") failed: \(report.errors)")
        // The reason of a call that did not fail.
        #expect(!report.errors.contains("Success"), "\(failed ?? "nothing") failed: \(report.errors)")
    }

    // MARK: Pictures

    /// A picture that was acknowledged is served; one that was not is refused with 503, and can be sent again.
    @Test(arguments: ["io", "full", "short"], [false, true])
    func aPictureIsKeptOrRefused(fault: String, isLasting: Bool) async throws {
        let calls = try await FaultyCalls()
        let path = calls.folder.path("feed.sqlite")
        var failures = 0
        try await FeedServerProcess.serve(arguments: Self.serve(path), environment: calls.environment) {
            server in
            let artist = try await Artist(on: server)
            var call = 0
            while true {
                try calls.arm(fault, call: call, isLasting: isLasting, part: ".media")
                let statuses = try await [artist.upload(.coloured), artist.look(), artist.removePicture()]
                let failed = try calls.heal()
                #expect(
                    statuses.allSatisfy { [nil, .ok, .serviceUnavailable].contains($0) },
                    "\(failed ?? "nothing") failed: \(statuses)")
                // The same server goes on.
                #expect(try await artist.upload(.grey) == .ok, "\(failed ?? "nothing") failed")
                #expect(try await artist.look() == .ok, "\(failed ?? "nothing") failed")
                guard failed != nil else { break }
                failures += 1
                call += Depth.choose(3, long: 1)
            }
        }
        #expect(failures > 0)
        // And: the next start finds what the user has, and leaves nothing else.
        try await FeedServerProcess.serve(arguments: Self.serve(path)) { _ in
            try await waitUntil("a folder that was swept") {
                try FileManager.default.contentsOfDirectory(atPath: "\(path).media").count == 1
            }
        }
    }

    @Test func aPictureThatWasAcknowledgedSurvivesAKill() async throws {
        let calls = try await FaultyCalls()
        let path = calls.folder.path("feed.sqlite")
        var failures = 0
        var call = 0
        var isFirst = true
        while true {
            let server = try await FeedServerProcess.start(
                arguments: Self.serve(path), environment: calls.environment)
            let artist = try await Artist(on: server, isNew: isFirst)
            isFirst = false
            try calls.arm("kill", call: call, part: ".media")
            // It may die at any of them.
            var isAcknowledged = false
            if let status = try? await artist.upload(.coloured) {
                isAcknowledged = status == .ok
                _ = try? await artist.look()
            }
            let failed = try calls.heal()
            if failed == nil {
                #expect(isAcknowledged)
                #expect(try await server.stop() == .exited(0))
                break
            }
            #expect(try await server.ended() == .signalled(SIGKILL))
            try await FeedServerProcess.serve(arguments: Self.serve(path)) { server in
                let artist = try await Artist(on: server, isNew: false)
                #expect(try await artist.look() == .ok || !isAcknowledged, "killed at \(failed ?? "")")
                #expect(try await artist.upload(.grey) == .ok, "killed at \(failed ?? "")")
                #expect(try await artist.look() == .ok, "killed at \(failed ?? "")")
            }
            failures += 1
            call += Depth.choose(4, long: 1)
        }
        #expect(failures > 0)
    }
}
