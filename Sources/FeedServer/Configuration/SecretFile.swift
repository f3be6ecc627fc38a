import Foundation

/// A file that holds a secret.
enum SecretFile {
    /// Everything that a file's group and others may do.
    private static let others: mode_t = 0o077

    /// Refuses a file that others than its owner can read or write; links are followed.
    ///
    /// - Throws: ``ConfigurationError``, with the command that mends it. A file that is not there is none that
    ///   others can read.
    static func check(_ path: String) throws(ConfigurationError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw ConfigurationError("\(path) can't be looked at: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & others == 0 else {
            throw ConfigurationError(
                "\(path) holds a secret that others can read or change: chmod 600 \(quoted(path)), and make another "
                    + "secret if somebody may have read it")
        }
    }

    /// As a word of a shell.
    private static func quoted(_ path: String) -> String {
        let isPlain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/._-+,:@".utf8.contains(byte)
            }
        }
        return isPlain ? path : "'\(path.replacing("'", with: "'\\''"))'"
    }
}
