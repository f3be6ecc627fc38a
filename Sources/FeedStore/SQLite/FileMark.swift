import Foundation

/// What the system says of a file: another file has another mark, and so has the same one once it was written to.
///
/// A store leaves it in its lock's file when it has closed the database. Whoever opens the database next sees by it
/// whether this is the file as it was left, and not a backup, a copy, or another database in its place. No program can
/// set the time of a file's last change (`ctime`), whatever it copies or restores.
struct FileMark: Hashable, Sendable {
    /// One line.
    let text: String

    /// - Returns: `nil` where there is no file.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        func nanoseconds(_ time: timespec) -> Int { time.tv_sec * 1_000_000_000 + time.tv_nsec }
        text =
            "\(status.st_ino) \(status.st_size) \(nanoseconds(status.st_mtim)) \(nanoseconds(status.st_ctim))\n"
    }

    /// - Parameter text: as it was read; whatever it is, it equals no mark but the one that it was.
    init(text: String) {
        self.text = text
    }
}
