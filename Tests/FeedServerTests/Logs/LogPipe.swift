import Foundation
import TestSupport

@testable import FeedServer

/// A pipe that logs are written to, and that is read when a test wants it to be.
final class LogPipe: Sendable {
    private let pipe = Pipe()

    init() {
        // As the program does it.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Where logs are written.
    var writer: FileHandle { pipe.fileHandleForWriting }
    var descriptor: Int32 { writer.fileDescriptor }

    /// Returns when it takes no more.
    func isFull() async throws {
        try await waitUntil("a pipe that is full") {
            var events = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            return poll(&events, 1, 0) == 0
        }
    }

    /// What is written until `closeWriter()`.
    func read() async throws -> [UInt8] {
        try await onThread("reading a log") { [pipe] in
            var all: [UInt8] = []
            while let part = try pipe.fileHandleForReading.read(upToCount: 1 << 16), !part.isEmpty {
                all += part
            }
            return all
        }
    }

    func closeReader() throws { try pipe.fileHandleForReading.close() }
    func closeWriter() throws { try writer.close() }
}

extension LogOutput {
    /// Returns when all that was added has been written or given up.
    func flush() async throws {
        try await onThread("the end of a log") { [self] in
            guard flush(within: Patience.standard) else { throw Stuck() }
        }
    }

    private struct Stuck: Error {}
}
