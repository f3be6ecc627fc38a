import Foundation
import NIOCore
import Synchronization

/// The files of a ``PictureFolder``. Every call blocks.
///
/// A picture appears under its name as a whole or not at all: it is written to a draft, flushed, and renamed.
/// Drafts and files that were taken aside begin with a dot and bear a mark that tells this run of the server
/// from earlier ones, and a number; behind it, those taken aside keep their picture's name.
struct PictureFiles: Sendable {
    /// A file of the folder that is no picture's, or no longer.
    struct Aside: Hashable, Sendable {
        fileprivate let file: String
    }

    /// A system call that failed; its text holds a path: for logs, never for a user.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ what: String, _ number: Int32 = errno) {
            description = "pictures: \(what): \(String(cString: strerror(number)))"
        }
    }

    struct Leftovers: Sendable {
        var drafts: [Aside] = []
        var aside: [(file: Aside, name: PictureName)] = []
        var pictures: [PictureName] = []
    }

    private static let draftPrefix = ".draft-"
    private static let asidePrefix = ".aside-"

    private let folder: String
    private let mark: String
    private let number = Number()

    init(folder: String) throws {
        self.folder = folder
        mark = "\(String(UInt64.random(in: .min ... .max), radix: 16))-"
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue {
            guard access(folder, R_OK | W_OK | X_OK) == 0 else { throw Failure(folder) }
        } else {
            guard mkdir(folder, 0o700) == 0 else { throw Failure(folder) }
            try flush((folder as NSString).deletingLastPathComponent)
        }
    }

    /// Writes a picture if it is absent. It is durable afterwards, also where somebody else has written it.
    ///
    /// - Returns: whether it was absent.
    @discardableResult
    func write(_ picture: [UInt8], as name: PictureName) throws -> Bool {
        let isAbsent = try size(of: name) != picture.count
        if isAbsent {
            let draft = path(next(Self.draftPrefix))
            do {
                try writeDraft(picture, draft)
                guard rename(draft, path(name)) == 0 else { throw Failure(draft) }
            } catch {
                unlink(draft)
                throw error
            }
        }
        try flush(folder)
        return isAbsent
    }

    /// - Returns: `nil` when there is no picture of that name.
    func read(_ name: PictureName) throws -> ByteBuffer? {
        let descriptor = open(path(name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw Failure(path(name))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Failure(path(name)) }
        let size = Int(status.st_size)
        var buffer = ByteBufferAllocator().buffer(capacity: size)
        while buffer.readableBytes < size {
            let missing = size - buffer.readableBytes
            let count = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: missing) { free in
                try uninterrupted(path(name)) { Foundation.read(descriptor, free.baseAddress, missing) }
            }
            guard count > 0 else { throw Failure(path(name), EIO) }
        }
        return buffer
    }

    /// Takes a picture away from its name.
    ///
    /// - Returns: `nil` when there is no picture of that name.
    func takeAside(_ name: PictureName) throws -> Aside? {
        let aside = Aside(file: "\(next(Self.asidePrefix))-\(name)")
        guard rename(path(name), path(aside.file)) == 0 else {
            if errno == ENOENT { return nil }
            throw Failure(path(name))
        }
        return aside
    }

    /// Gives a picture its name back. If somebody has written it again meanwhile, that is the same picture.
    func putBack(_ aside: Aside, as name: PictureName) throws {
        guard rename(path(aside.file), path(name)) == 0 || errno == ENOENT else { throw Failure(path(name)) }
    }

    func delete(_ aside: Aside) throws {
        guard unlink(path(aside.file)) == 0 || errno == ENOENT else { throw Failure(path(aside.file)) }
    }

    /// What the folder holds, apart from what this run of the server is at.
    func leftovers() throws -> Leftovers {
        var leftovers = Leftovers()
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
            if let name = PictureName(file) {
                leftovers.pictures.append(name)
            } else if file.hasPrefix(Self.draftPrefix), !file.hasPrefix(Self.draftPrefix + mark) {
                leftovers.drafts.append(Aside(file: file))
            } else if file.hasPrefix(Self.asidePrefix), !file.hasPrefix(Self.asidePrefix + mark),
                let name = file.split(separator: "-").last.flatMap({ PictureName($0) })
            {
                leftovers.aside.append((Aside(file: file), name))
            }
        }
        return leftovers
    }

    private func path(_ name: PictureName) -> String { path(name.description) }
    private func path(_ file: String) -> String { "\(folder)/\(file)" }
    private func next(_ prefix: String) -> String { "\(prefix)\(mark)\(number.next())" }

    /// - Returns: `nil` when there is no picture of that name.
    private func size(of name: PictureName) throws -> Int? {
        var status = stat()
        guard lstat(path(name), &status) == 0 else {
            if errno == ENOENT { return nil }
            throw Failure(path(name))
        }
        return Int(status.st_size)
    }

    private func writeDraft(_ picture: [UInt8], _ draft: String) throws {
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Failure(draft) }
        defer { close(descriptor) }
        try picture.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                written += try uninterrupted(draft) {
                    Foundation.write(
                        descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                }
            }
        }
        guard fsync(descriptor) == 0 else { throw Failure(draft) }
    }

    /// Repeats a call for as long as a signal interrupts it.
    private func uninterrupted(_ path: String, _ call: () -> Int) throws -> Int {
        while true {
            let count = call()
            if count >= 0 { return count }
            guard errno == EINTR else { throw Failure(path) }
        }
    }

    /// Makes the names in a folder durable.
    private func flush(_ folder: String) throws {
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Failure(folder) }
    }
}

/// Counts the files of a run of the server.
private final class Number: Sendable {
    private let value = Atomic(0)

    func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).newValue }
}
