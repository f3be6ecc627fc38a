import Logging

/// Makes portraits one after another, in a process of their own: decoding takes a core for up to seconds, and
/// one decoder at a time bounds the memory of all of them. A thread waits for it. Pictures that wait take turns by their
/// client's address (``FairThreadPool``).
final class PortraitMaker: Sendable {
    /// Pictures that are being made or wait for it, at the most: one more is refused as busy. Each holds its
    /// upload in memory, and the last of them waits for all the others.
    static let maximumWaiting = 8

    /// Of those that wait, those of one address; an IPv6 network of 64 bits is one.
    static let maximumWaitingForClient = 4

    private let thread = FairThreadPool(
        threads: 1, waitingLimit: maximumWaiting - 1, clientLimit: maximumWaitingForClient)
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
    }

    /// - Parameter make: instead of a worker, for tests.
    init(making make: @escaping @Sendable ([UInt8]) throws -> [UInt8]) {
        decoder = nil
        self.make = { file, _ in try make(file) }
    }

    /// The number of the process that decodes pictures, where there is one.
    var workerID: Int32? { decoder?.workerID }

    /// Pictures that wait and are not being made yet.
    var waitingCount: Int { thread.waitingCount }

    /// Makes the portrait of an uploaded file; see ``Portrait/make(from:)``. One that waits is not begun when
    /// its task is cancelled; one that has begun is ended.
    ///
    /// - Parameter client: whose turn it takes.
    /// - Throws: ``PictureError``, or `CancellationError`.
    func portrait(from file: [UInt8], for client: ClientAddress) async throws -> [UInt8] {
        let job = PictureJob()
        do {
            return try await withTaskCancellationHandler {
                try await thread.run(for: client) { [make] in try make(file, job) }
            } onCancel: {
                job.cancel()
            }
        } catch is FairThreadPool.Failure {
            throw PictureError.busy
        }
    }

    /// Ends the picture that is being made; refuses those that wait and those that come later.
    func close() async throws {
        decoder?.close()
        try await thread.close { [decoder] in decoder?.discardWorker() }
    }
}
