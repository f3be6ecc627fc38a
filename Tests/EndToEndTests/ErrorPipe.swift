import Foundation
import Synchronization
import TestSupport

/// A named pipe for what a program writes to standard error, which is read by nobody. It is as small as a pipe can be.
final class ErrorPipe: Sendable {
    struct Failure: Error {
        var reason = errno
    }

    let path: String
    private let writer: Int32
    private let reader: Mutex<Int32?>

    init(in folder: TemporaryFolder) throws {
        path = folder.path("errors")
        guard mkfifo(path, 0o600) == 0 else { throw Failure() }
        let reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        writer = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        self.reader = Mutex(reader)
        // F_SETPIPE_SZ.
        guard reader >= 0, writer >= 0, fcntl(reader, 1_031, 4_096) == 4_096 else { throw Failure() }
    }

    deinit {
        closeReader()
        close(writer)
    }

    /// Whether there is no room in it.
    var isFull: Bool {
        var events = pollfd(fd: writer, events: Int16(POLLOUT), revents: 0)
        return poll(&events, 1, 0) == 0
    }

    /// Leaves no room in it.
    func fill() {
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 4_096)
        while write(writer, bytes, bytes.count) > 0 {}
    }

    /// Whoever writes to it from now on learns that nobody is there.
    func closeReader() {
        reader.withLock { reader in
            if let open = reader { close(open) }
            reader = nil
        }
    }
}
