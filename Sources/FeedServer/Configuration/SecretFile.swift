import Foundation

/// A file that holds a secret.
enum SecretFile {
    /// What a file's group and others must not have.
    ///
    /// A file of root's may be read by its group, as PostgreSQL has it for keys: that is how a server gets a secret that
    /// it can't change. As a file of root's alone it could not read it.
    ///
    /// - Parameters:
    ///   - owner: of the file.
    ///   - user: who reads it.
    static func forbidden(owner: uid_t, user: uid_t) -> mode_t {
        owner == 0 && user != 0 ? 0o037 : 0o077
    }

    /// Refuses a file that others than its owner can read or write; links are followed.
    ///
    /// - Parameter user: who reads it.
    /// - Throws: ``ConfigurationError``, with the command that mends it. A file that is not there is none that
    ///   others can read.
    static func check(_ path: String, user: uid_t = geteuid()) throws(ConfigurationError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw ConfigurationError("\(path) can't be looked at: \(String(cString: strerror(errno)))")
        }
        let forbidden = forbidden(owner: status.st_uid, user: user)
        guard status.st_mode & forbidden == 0 else {
            let mode = String(0o677 & ~forbidden, radix: 8)
            throw ConfigurationError(
                "\(path) holds a secret that others can read or change: chmod \(mode) \(quoted(path)), and make "
                    + "another secret if somebody may have read it")
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
