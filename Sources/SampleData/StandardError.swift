#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The process's standard error, unbuffered.
enum StandardError {
    /// Bytes that what is ready takes without blocking: `PIPE_BUF`, at least (POSIX.1-2024, `limits.h`).
    private static let atOnce = 512

    /// Whether a person is likely to read along.
    static var isTerminal: Bool {
        isatty(STDERR_FILENO) == 1
    }

    /// Writes `text`. What cannot be written, or not at once, is dropped: no reader is worth holding up the work for.
    @Sendable
    static func emit(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            var events = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
            guard poll(&events, 1, 0) == 1 else { return }
            let written = rest.withUnsafeBytes {
                write(STDERR_FILENO, $0.baseAddress, min($0.count, atOnce))
            }
            guard written > 0 || (written < 0 && errno == EINTR) else { return }
            rest = rest.dropFirst(max(written, 0))
        }
    }
}
