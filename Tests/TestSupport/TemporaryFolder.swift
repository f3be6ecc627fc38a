public import Foundation

/// A folder of a test's own, removed with this object.
public final class TemporaryFolder: Sendable {
    public let url: URL

    /// - Parameter isInMemory: for tests that do not ask whether what they write is durable: on the memory file
    ///   system, or what `TEST_MEMORY` names. Where there is none, the folder is on disk.
    public init(isInMemory: Bool = false) throws {
        let memory = ProcessInfo.processInfo.environment["TEST_MEMORY"] ?? "/dev/shm"
        let isThere = FileManager.default.isWritableFile(atPath: memory)
        let parent =
            isInMemory && isThere ? URL(filePath: memory) : FileManager.default.temporaryDirectory
        url = parent.appending(path: "feed-server-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        // What is left behind is named by `scripts/run-tests`.
        try? FileManager.default.removeItem(at: url)
    }

    /// The path of a file in the folder.
    public func path(_ name: String) -> String {
        url.appending(path: name).path
    }
}
