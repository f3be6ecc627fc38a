public import Foundation

/// A folder of a test's own, removed with this object.
public final class TemporaryFolder: Sendable {
    public let url: URL

    /// - Parameter isInMemory: for tests that commit tens of thousands of times and do not ask
    ///   whether that is durable. Where the machine has no such file system, the folder is on disk.
    public init(isInMemory: Bool = false) throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let isThere = FileManager.default.isWritableFile(atPath: memory.path)
        let parent = isInMemory && isThere ? memory : FileManager.default.temporaryDirectory
        url = parent.appending(path: "feed-server-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        // What is left in the system's folder for temporary files does no harm.
        try? FileManager.default.removeItem(at: url)
    }

    /// The path of a file in the folder.
    public func path(_ name: String) -> String {
        url.appending(path: name).path
    }
}
