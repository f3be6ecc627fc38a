import Foundation

/// The folder of a run, which nobody else may use meanwhile, with a place for what goes when the run ends.
struct OutputFolder {
    /// For databases and logs.
    let work: URL
    private let lock: Int32

    /// Makes the folder where there is none.
    ///
    /// - Throws: ``BenchmarkFailure`` when another run uses it.
    init(_ folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        lock = open(folder.appending(path: ".lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            if lock >= 0 { Glibc.close(lock) }
            throw BenchmarkFailure("another run writes to \(folder.path), or nobody may")
        }
        // With a name of its own: only what this run has made is removed at its end.
        work = folder.appending(path: ".work-\(ProcessInfo.processInfo.processIdentifier)")
        do {
            try FileManager.default.createDirectory(at: work, withIntermediateDirectories: false)
        } catch {
            Glibc.close(lock)
            throw error
        }
    }

    /// Removes what goes, and lets others use the folder.
    func close() {
        // What can't be removed is in the way of nothing.
        try? FileManager.default.removeItem(at: work)
        // Not by closing it alone: a child that is just being started may have it open a moment longer.
        flock(lock, LOCK_UN)
        Glibc.close(lock)
    }
}
