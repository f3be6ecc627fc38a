import Foundation
import Synchronization

/// Takes the place of `Synchronization.Mutex` where `scripts/sanitize thread` puts it: that one synchronises by the
/// kernel's futex in a library that is not compiled for ThreadSanitizer, which then takes everything that is guarded by
/// it for a race. A lock of pthread is one that the sanitizer knows.
struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    private final class Guarded {
        // In memory of its own: taking the lock is no access to a variable of Swift's.
        let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        var value: Value

        init(_ value: consuming Value) {
            self.value = value
            pthread_mutex_init(lock, nil)
        }

        deinit {
            pthread_mutex_destroy(lock)
            lock.deallocate()
        }
    }

    private let guarded: Guarded

    init(_ value: consuming sending Value) {
        guarded = Guarded(value)
    }

    borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(guarded.lock)
        defer { pthread_mutex_unlock(guarded.lock) }
        // The lock is what makes it right to hand it on.
        nonisolated(unsafe) let unsafe = guarded
        return try body(&unsafe.value)
    }
}
