import Foundation

/// A folder of users' pictures, held while pictures are brought into it from outside: of no running server.
public struct MediaFolder {
    private let path: String
    private let lock: FolderLock

    /// Opens the folder; it is made when it is absent, for its owner only.
    ///
    /// - Throws: an error with a text for the operator, when it can't be used or a server uses it.
    public init(path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        self.path = path
        lock = try FolderLock(path)
    }

    /// Moves the pictures of another folder into this one.
    public func takeIn(picturesOf source: String) throws {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: source) {
            let target = "\(path)/\(name)"
            // A name tells the content: what is there already is the same picture.
            if files.fileExists(atPath: target) { continue }
            try files.moveItem(atPath: "\(source)/\(name)", toPath: target)
        }
    }
}
