#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The process's standard error, unbuffered.
enum StandardError {
    /// Whether a person is likely to read along.
    static var isTerminal: Bool {
        isatty(STDERR_FILENO) == 1
    }

    /// Writes all of `text`. What cannot be written is dropped: there is no better place to report it.
    @Sendable
    static func emit(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                return
            }
        }
    }
}
