import Foundation
import NIOCore
import NIOPosix

/// Where the pictures of users are kept, each under the name of its content.
///
/// Users with equal pictures share a file, so that one of them may be taking it up at the moment when the
/// last of the others lets go of it. There is no lock that spans the files and the database; instead:
///
/// - Who keeps a picture writes the file if it is absent, commits its name to the database, and then looks
///   whether the file is still there; if not, it writes it again.
/// - Who removes one asks the database, and if nobody uses it, takes the file aside under a name of its own
///   and asks again. Only if still nobody uses it the file is deleted; otherwise it is put back, and all
///   begins anew, because the answer may be out of date by then.
///
/// A file is therefore only deleted when it was unused at a time when its name led nowhere. If a commit came
/// before that, the removal's second question has seen it; if it came later, the keeper's second look sees
/// that the file is gone. Nobody waits for anybody, and nothing has to be remembered between two requests:
/// what a crash leaves behind, ``sweep()`` finds. Four points are essential, and each has a test that fails
/// without it: the second look, to ask once more after writing again, the second question, and to begin anew
/// after putting back. A crash can only lose the picture of an upload that was not answered yet.
///
/// File calls block, and run on threads of the folder's own; none is cancelled with its task.
///
/// A folder belongs to one server, which holds a lock on it.
final class PictureFolder: Sendable {
    /// So that a picture can be served while the disk flushes another.
    private static let threads = 2

    private let files: PictureFiles
    /// Another server would remove the pictures that it does not know.
    private let lock: FolderLock
    private let pool: NIOThreadPool
    private let isUsed: @Sendable (PictureName) async throws -> Bool

    /// Opens the folder; it is made when it is absent, for its owner only.
    ///
    /// - Parameter isUsed: whether the database holds the name. It has to see every commit that was made
    ///   before it is called.
    /// - Throws: ``PictureFiles/Failure``.
    init(path: String, isUsed: @escaping @Sendable (PictureName) async throws -> Bool) throws {
        files = try PictureFiles(folder: path)
        lock = try FolderLock(path)
        self.isUsed = isUsed
        pool = NIOThreadPool(numberOfThreads: Self.threads)
        pool.start()
    }

    /// Keeps a picture while `body` commits its name to the database, and from then on as long as the
    /// database holds it. Once this returns, the file is durable. When `body` fails, the file is removed
    /// unless it is used: by others, or because the commit took effect all the same.
    func keep<Result: Sendable>(
        _ picture: [UInt8], whileCommitting body: (PictureName) async throws -> Result
    ) async throws -> Result {
        let name = PictureName(of: picture)
        _ = try await run { files in try files.write(picture, as: name) }
        let result: Result
        do {
            result = try await body(name)
        } catch {
            // What went wrong first is what the caller has to know; the file is left to the sweep.
            try? await uncancelled { try await self.removeIfUnused(name) }
            throw error
        }
        let wasGone = try await run { files in try files.write(picture, as: name) }
        // The user may have let go of it again before it was written again.
        if wasGone { try await uncancelled { try await self.removeIfUnused(name) } }
        return result
    }

    /// Removes a picture unless somebody uses it. To be called after the commit that let go of its name.
    ///
    /// - Throws: what `isUsed` throws, and ``PictureFiles/Failure``. The picture is left to the sweep then.
    func removeIfUnused(_ name: PictureName) async throws {
        while try await !isUsed(name) {
            guard let aside = try await run({ files in try files.takeAside(name) }) else { return }
            let isUsedAfterAll: Bool
            do {
                isUsedAfterAll = try await isUsed(name)
            } catch {
                try await run { files in try files.putBack(aside, as: name) }
                throw error
            }
            if !isUsedAfterAll { return try await run { files in try files.delete(aside) } }
            try await run { files in try files.putBack(aside, as: name) }
        }
    }

    /// A picture's bytes; `nil` when there is none of that name.
    func read(_ name: PictureName) async throws -> ByteBuffer? {
        try await run { files in try files.read(name) }
    }

    /// Removes what an earlier run of the server left behind: drafts, and pictures that nobody uses. To be
    /// called once, at the start; pictures may be kept and removed meanwhile.
    ///
    /// - Throws: `CancellationError`, what `isUsed` throws, and ``PictureFiles/Failure``.
    func sweep() async throws {
        let leftovers = try await run { files in try files.leftovers() }
        for draft in leftovers.drafts {
            try Task.checkCancellation()
            try await run { files in try files.delete(draft) }
        }
        for aside in leftovers.aside {
            try Task.checkCancellation()
            try await run { files in try files.putBack(aside.file, as: aside.name) }
        }
        for name in Set(leftovers.aside.map(\.name)).union(leftovers.pictures) {
            try Task.checkCancellation()
            try await removeIfUnused(name)
        }
    }

    /// Finishes the calls that were accepted; refuses what comes later.
    func close() async throws {
        try await pool.shutdownGracefully()
        lock.release()
    }

    /// Runs file calls on a thread of the folder's.
    private func run<Result: Sendable>(
        _ body: @escaping @Sendable (PictureFiles) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            pool.submit { [files] state in
                switch state {
                case .active: continuation.resume(with: Swift.Result { try body(files) })
                case .cancelled: continuation.resume(throwing: PictureFiles.Failure("closed", ESHUTDOWN))
                }
            }
        }
    }

    /// Runs a body to its end, also in a task that is cancelled: the database would refuse its questions.
    private func uncancelled(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await Task { try await body() }.value
    }
}
