import Logging
import NIOPosix
import Synchronization

/// Makes portraits one after another, in a process of their own: decoding takes a core for up to seconds, and
/// one decoder at a time bounds the memory of all of them. A thread waits for it.
final class PortraitMaker: Sendable {
    /// Pictures that are being made or wait for it, at the most: one more is refused as busy. Each holds its
    /// upload in memory, and the last of them waits for all the others.
    static let maximumWaiting = 8

    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let waiting = Mutex(0)
    private let make: @Sendable ([UInt8], PictureJob) throws -> [UInt8]
    private let decoder: PictureDecoder?

    /// - Parameter program: `nil` where there is none: every picture is refused then.
    convenience init(_ program: PictureWorkerProgram?, metrics: PictureMetrics, logger: Logger) {
        self.init(program.map { PictureDecoder($0, metrics: metrics, logger: logger) })
    }

    init(_ decoder: PictureDecoder?) {
        self.decoder = decoder
        make = { file, job in
            guard let decoder else { throw PictureError.unavailable }
            return try decoder.portrait(from: file, for: job)
        }
        thread.start()
    }

    /// - Parameter make: instead of a worker, for tests.
    init(making make: @escaping @Sendable ([UInt8]) throws -> [UInt8]) {
        decoder = nil
        self.make = { file, _ in try make(file) }
        thread.start()
    }

    /// The number of the process that decodes pictures, where there is one.
    var workerID: Int32? { decoder?.workerID }

    /// Makes the portrait of an uploaded file; see ``Portrait/make(from:)``. One that waits is not begun when
    /// its task is cancelled; one that has begun is ended.
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
        let job = PictureJob()
        do {
            return try await withTaskCancellationHandler {
                try await thread.runIfActive { [make] in try make(file, job) }
            } onCancel: {
                job.cancel()
            }
        } catch is CancellationError where !Task.isCancelled {
            // What a pool says that has been shut down.
            throw PictureError.busy
        }
    }

    /// Ends the picture that is being made; refuses those that wait and those that come later.
    func close() async throws {
        decoder?.close()
        await withCheckedContinuation { continuation in
            // Behind those that wait, which are refused at once.
            thread.submit { [decoder] _ in
                decoder?.discardWorker()
                continuation.resume()
            }
        }
        try await thread.shutdownGracefully()
    }
}
