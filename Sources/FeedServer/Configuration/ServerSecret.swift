import Foundation

/// The secret that a server makes for itself where the operator has given none.
enum ServerSecret {
    private static let byteCount = 32

    /// Reads the secret kept beside a database, or makes it at the first start.
    ///
    /// The file is readable by its owner only, and there as a whole or not at all.
    ///
    /// - Throws: ``ConfigurationError`` where it can't be read or made, and where others can read it.
    /// - Precondition: the database's lock is held, so that no other process does the same.
    static func load(besides databasePath: String) throws -> [UInt8] {
        let path = databasePath + ".secret"
        if let secret = try read(path) { return secret }
        var generator = SystemRandomNumberGenerator()
        let secret = (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let draft = path + ".new"
        unlink(draft)
        try writeDraft(secret, draft)
        guard rename(draft, path) == 0 else { throw failure(draft) }
        try flushFolder(of: path)
        return secret
    }

    private static func writeDraft(_ secret: [UInt8], _ draft: String) throws {
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(draft) }
        defer { close(descriptor) }
        var rest = secret[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(draft) }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw failure(draft) }
    }

    /// Makes the file's name durable.
    private static func flushFolder(of path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(folder) }
    }

    private static func read(_ path: String) throws -> [UInt8]? {
        try SecretFile.check(path)
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
            return nil
        } catch {
            // No reason to make another one: every token and cursor would be void.
            throw ConfigurationError("\(path) can't be read: \(error.localizedDescription)")
        }
        guard data.count >= ServerConfiguration.minimumSecretLength else {
            throw ConfigurationError("\(path) is damaged: remove it, and old cursors become invalid")
        }
        return Array(data)
    }

    private static func failure(_ path: String) -> ConfigurationError {
        ConfigurationError("\(path) can't be used: \(String(cString: strerror(errno)))")
    }
}
