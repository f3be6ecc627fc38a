import Foundation
import GRDB

/// A new database that is built beside an old one and takes its place when it is finished, and only
/// then: whoever interrupts the building keeps the old database.
public final class DatabaseReplacement {
    /// Files that SQLite and a server put beside a database.
    private static let suffixes = ["", "-wal", "-shm", "-journal", ".lock"]

    /// Where the new database is to be built. Nothing is there at first.
    public let buildPath: String

    /// Of the old database and of the new one, links resolved.
    public let path: String

    private let lock: FileLock
    private var isFinished = false

    /// - Throws: ``StoreError/Code/unusable`` when a process has the old database open, or when it is
    ///   something else than a database of this application.
    public init(of path: String) throws {
        let path = try SQLiteConnection.prepareFolder(of: path)
        self.path = path
        buildPath = path + ".new"
        lock = try FileLock(besides: path)
        try SQLiteConnection.checkUsable(path: path)
        try Self.removeFiles(of: buildPath)
    }

    deinit {
        // What was not finished is of no use; a leftover is removed by the next replacement at the latest.
        if !isFinished { try? Self.removeFiles(of: buildPath) }
    }

    /// Makes the new database durable, puts it in the old one's place and lets go of it.
    ///
    /// The new one must be closed, with nothing left in its log. The replacement is done with then.
    public func finish() throws {
        try Self.flush(buildPath)
        try Self.emptyLog(of: path)
        guard rename(buildPath, path) == 0 else {
            throw StoreError(.unusable, "\(path) can't be replaced: \(String(cString: strerror(errno)))")
        }
        try Self.flush(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        isFinished = true
        // The new database is there. What is left beside the old name is removed by the next replacement at the latest.
        try? Self.removeFiles(of: buildPath)
        lock.release()
    }

    /// Moves what the old database's log holds into its file, so that the log can neither be missed by
    /// the old file, if the replacement does not happen, nor be replayed into the new one.
    private static func emptyLog(of path: String) throws {
        guard try SQLiteConnection.isThere(path) else { return }
        let old = try SQLiteConnection.openWriter(path: path)
        // The last connection to be closed removes the log.
        _ = try old.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try old.close()
    }

    private static func removeFiles(of path: String) throws {
        for suffix in suffixes where try SQLiteConnection.isThere(path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
    }

    private static func flush(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StoreError(.unusable, "\(path) can't be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw StoreError(.unusable, "\(path) can't be flushed: \(String(cString: strerror(errno)))")
        }
    }
}
