import Foundation
import Synchronization

/// A few file descriptors that are open for nothing, and given up where the process has no other left.
///
/// Somebody always needs one: libdispatch, on which Swift's concurrency runs, ends the process (`SIGILL`) where it can't
/// open `/proc/self/task/…/stat`, in which it looks once a second, while work waits, whether its threads run.
final class DescriptorReserve: Sendable {
    /// Those that are kept.
    static let count = 2

    private let descriptors = Mutex<[CInt]>([])

    init() {
        _ = take()
    }

    deinit {
        release()
    }

    /// Whether all are there.
    var isFull: Bool { descriptors.withLock { $0.count == Self.count } }

    /// Opens what is missing.
    ///
    /// - Returns: whether all are there.
    func take() -> Bool {
        descriptors.withLock { descriptors in
            while descriptors.count < Self.count {
                let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
                guard descriptor >= 0 else { return false }
                descriptors.append(descriptor)
            }
            return true
        }
    }

    /// Gives them up, until they are taken again.
    func release() {
        descriptors.withLock { descriptors in
            for descriptor in descriptors { close(descriptor) }
            descriptors = []
        }
    }
}
