import NIOPosix
import Synchronization

/// Makes portraits one after another, on a thread of its own: decoding takes a core for up to seconds, and
/// one decoder at a time bounds the memory of all of them.
final class PortraitMaker: Sendable {
    /// Pictures that are being made or wait for it, at the most: one more is refused as busy. Each holds its
    /// upload in memory, and the last of them waits for all the others.
    static let maximumWaiting = 8

    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let waiting = Mutex(0)
    private let make: @Sendable ([UInt8]) throws -> [UInt8]

    /// - Throws: where libvips can't be used.
    convenience init() throws {
        try VipsLibrary.start()
        self.init(making: Portrait.make)
    }

    /// - Parameter make: instead of ``Portrait/make(from:)``, for tests.
    init(making make: @escaping @Sendable ([UInt8]) throws -> [UInt8]) {
        self.make = make
        thread.start()
    }

    /// Makes the portrait of an uploaded file; see ``Portrait/make(from:)``. One that waits is not
    /// begun when its task is cancelled; one that has begun is finished.
    ///
    /// - Throws: ``PictureError``, or `CancellationError`.
    func portrait(from file: [UInt8]) async throws -> [UInt8] {
        let isAccepted = waiting.withLock { waiting in
            guard waiting < Self.maximumWaiting else { return false }
            waiting += 1
            return true
        }
        guard isAccepted else { throw PictureError.busy }
        defer { waiting.withLock { $0 -= 1 } }
        do {
            return try await thread.runIfActive { [make] in try make(file) }
        } catch is CancellationError where !Task.isCancelled {
            // What a pool says that has been shut down.
            throw PictureError.busy
        }
    }

    /// Finishes the picture that is being made; refuses those that wait and those that come later.
    func close() async throws {
        try await thread.shutdownGracefully()
    }
}
