import Foundation
import Synchronization

/// A lock on a file beside the database, held until it is released or this object goes.
///
/// One process may write to a database file: SQLite 3.40.1 can corrupt its log when two connections
/// write or checkpoint at once (https://www.sqlite.org/wal.html#walresetbug), and group commit gives
/// a second writer nothing to gain. `flock(2)`: the kernel lets go of it when the process ends,
/// however it ends.
final class FileLock: Sendable {
    /// Bytes, more than any mark has.
    private static let markBytes = 256

    private let descriptor: Mutex<Int32?>

    /// - Throws: ``StoreError/Code/unusable`` when another process holds the lock.
    init(besides path: String) throws {
        let lockPath = path + ".lock"
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(
                .unusable, "\(lockPath) can't be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StoreError(
                .unusable, "\(path) is in use by another process; stop it, or give another --database")
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit {
        release()
    }

    /// Takes away the mark that was left with the lock. There is none behind a crash, which leaves no other.
    ///
    /// - Throws: ``StoreError/Code/unusable`` when the lock's file can't be read or written.
    func takeMark() throws -> FileMark? {
        try descriptor.withLock { descriptor in
            guard let descriptor else { return nil }
            var bytes = [UInt8](repeating: 0, count: Self.markBytes)
            let count = pread(descriptor, &bytes, bytes.count, 0)
            guard count >= 0, ftruncate(descriptor, 0) == 0 else {
                throw StoreError(
                    .unusable,
                    "the lock's file can't be read and emptied: \(String(cString: strerror(errno)))")
            }
            return count > 0 ? FileMark(text: String(decoding: bytes[..<count], as: UTF8.self)) : nil
        }
    }

    /// Leaves a mark for the next one who takes the lock. Where that fails, there is none.
    func leave(_ mark: FileMark) {
        descriptor.withLock { descriptor in
            guard let descriptor else { return }
            let bytes = Array(mark.text.utf8)
            if pwrite(descriptor, bytes, bytes.count, 0) != bytes.count { ftruncate(descriptor, 0) }
        }
    }

    func release() {
        descriptor.withLock { descriptor in
            guard let held = descriptor else { return }
            // A child that is just being started holds a copy of the descriptor until it runs its program;
            // closing this one alone would leave the lock with it.
            flock(held, LOCK_UN)
            close(held)
            descriptor = nil
        }
    }
}
