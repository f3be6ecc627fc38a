import CFaultyDisk
import FeedStore
import Foundation
import GRDB

/// A store's life on a disk that fails, and what must hold of it.
final class Trial {
    /// How long the disk fails.
    enum Span: String {
        /// At one call.
        case once
        /// From a call on, until all has been written.
        case healed
        /// From a call on, until the store has been closed.
        case lasting
    }

    /// Longer than a page of the file has room for, so that a commit writes some of them.
    private static let content = String(repeating: "x", count: 10_000)

    private let path: String
    private var store: SQLiteStore?
    private var lastNumber = 0
    /// Titles of posts whose writes were acknowledged.
    private var acknowledged: Set<String> = []
    /// Of those whose commit failed: nobody knows whether they are there.
    private var doubtful: Set<String> = []
    private(set) var violations: [String] = []

    init(folder: URL, template: URL?) throws {
        path = folder.appending(path: "feed.sqlite").path
        if let template { try FileManager.default.copyItem(atPath: template.path, toPath: path) }
    }

    private var hasFailed: Bool { faulty_disk_failed() != nil }

    /// Opens, migrates, writes with checkpoints, reads, and closes.
    ///
    /// - Parameter acknowledge: is told of each write that was acknowledged.
    func run(_ span: Span, _ acknowledge: @Sendable (String) -> Void) async {
        open(mustSucceed: false)
        if store == nil {
            // Whoever starts it again when the disk is well finds it well.
            faulty_disk_heal()
            open(mustSucceed: true)
        }
        guard let store else { return }
        await addUser(store)
        for _ in 0..<3 {
            await write(store, acknowledge)
            await writeTogether(store, acknowledge)
            await read(store)
        }
        if span == .healed { faulty_disk_heal() }
        // The same store is of use again, without a restart.
        let isWell = hasFailed && span != .lasting
        await addUser(store)
        await write(store, acknowledge, mustSucceed: isWell)
        await read(store, mustSucceed: isWell)
        do {
            try await store.close()
        } catch {
            if !hasFailed { violations.append("it can't be closed: \(error)") }
        }
        self.store = nil
    }

    /// Looks at what has come of it, on a disk that is well.
    func check() async {
        open(mustSucceed: true)
        guard let store else { return }
        await addUser(store)
        await write(store, { _ in }, mustSucceed: true)
        do {
            try await store.close()
            self.store = nil
            let queue = try DatabaseQueue(path: path)
            let (integrity, foreignKeys, posts) = try await queue.read { db in
                (
                    try String.fetchAll(db, sql: "PRAGMA integrity_check"),
                    try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").count,
                    try Row.fetchAll(
                        db, sql: "SELECT title, date_posted FROM posts WHERE title LIKE 'post %' ORDER BY id"
                    )
                    .map { (title: $0[0] as String, date: $0[1] as Int64) }
                )
            }
            try queue.close()
            if integrity != ["ok"] || foreignKeys > 0 {
                violations.append("integrity: \(integrity) \(foreignKeys)")
            }
            let present = Set(posts.map(\.title))
            let lost = acknowledged.subtracting(present)
            if !lost.isEmpty { violations.append("acknowledged, and lost: \(lost.sorted())") }
            let strange = present.subtracting(acknowledged).subtracting(doubtful)
            if !strange.isEmpty { violations.append("refused, and there: \(strange.sorted())") }
            if posts.count != present.count { violations.append("a post is there twice") }
            for (one, next) in zip(posts, posts.dropFirst()) where one.date >= next.date {
                violations.append("dates do not ascend")
            }
        } catch {
            violations.append("it can't be looked at: \(error)")
        }
    }

    // MARK: Parts

    private func open(mustSucceed: Bool) {
        do {
            store = try SQLiteStore(path: path)
        } catch let error as StoreError where error.code == .unusable && error.message.contains(path) {
            if mustSucceed || !hasFailed { violations.append("it can't be opened: \(error.message)") }
        } catch {
            violations.append("opening fails without a clear word: \(String(reflecting: error))")
        }
    }

    private func addUser(_ store: SQLiteStore) async {
        // A second time where the disk fails only once.
        for _ in 0..<2 {
            do {
                if try await store.user(id: 1) != nil { return }
                _ = try await store.createUser(username: "ann", email: "ann@example.com")
            } catch {
                expectClear(error)
            }
        }
    }

    private func write(
        _ store: SQLiteStore, _ acknowledge: @Sendable (String) -> Void, mustSucceed: Bool = false
    ) async {
        lastNumber += 1
        let title = "post \(lastNumber)"
        take(title, await Self.outcome(of: title, store), acknowledge, mustSucceed: mustSucceed)
    }

    /// Some at a time, which share commits.
    private func writeTogether(_ store: SQLiteStore, _ acknowledge: @Sendable (String) -> Void) async {
        let titles = (1...3).map { "post \(lastNumber + $0)" }
        lastNumber += titles.count
        await withTaskGroup(of: (String, Result<Bool, any Error>).self) { group in
            for title in titles { group.addTask { (title, await Self.outcome(of: title, store)) } }
            for await (title, outcome) in group { take(title, outcome, acknowledge, mustSucceed: false) }
        }
    }

    /// Whether there was a user who could write it, or what went wrong.
    private static func outcome(of title: String, _ store: SQLiteStore) async -> Result<Bool, any Error> {
        do {
            let post = try await store.createPost(
                userID: 1, title: title, content: content, status: .published)
            return .success(post != nil)
        } catch {
            return .failure(error)
        }
    }

    private func take(
        _ title: String, _ outcome: Result<Bool, any Error>, _ acknowledge: @Sendable (String) -> Void,
        mustSucceed: Bool
    ) {
        switch outcome {
        case .success(true):
            acknowledge(title)
            acknowledged.insert(title)
        case .success(false):
            if mustSucceed { violations.append("the user is not there") }
        case .failure(let error):
            doubtful.insert(title)
            if mustSucceed {
                violations.append("a write fails on a disk that is well: \(String(reflecting: error))")
            }
            expectClear(error)
        }
    }

    private func read(_ store: SQLiteStore, mustSucceed: Bool = false) async {
        do {
            let count = try await store.count(.posts)
            if count < acknowledged.count {
                violations.append("\(acknowledged.count) acknowledged, \(count) seen")
            }
            _ = try await store.post(id: 1, visibleTo: nil)
        } catch {
            if mustSucceed {
                violations.append("a read fails on a disk that is well: \(String(reflecting: error))")
            }
            expectClear(error)
        }
    }

    /// A client is told to try again later: 503.
    private func expectClear(_ error: any Error) {
        if !hasFailed { violations.append("fails on a disk that is well: \(String(reflecting: error))") }
        if (error as? StoreError)?.code != .unavailable {
            violations.append("no clear word: \(String(reflecting: error))")
        }
    }
}
