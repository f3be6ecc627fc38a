import Foundation
import Synchronization

/// A lock on a folder, `flock(2)`, held until it is released or this object goes. The kernel lets go of it
/// when the process ends, however it ends.
final class FolderLock: Sendable {
    private let descriptor: Mutex<Int32?>

    /// - Throws: ``PictureFiles/Failure`` when somebody else holds it.
    init(_ folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw PictureFiles.Failure(folder) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw PictureFiles.Failure("\(folder) is used by another server", EWOULDBLOCK)
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit {
        release()
    }

    func release() {
        descriptor.withLock { descriptor in
            guard let held = descriptor else { return }
            // A child that is just being started holds a copy of the descriptor until it runs its program.
            flock(held, LOCK_UN)
            close(held)
            descriptor = nil
        }
    }
}
