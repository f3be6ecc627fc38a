import Logging
import Synchronization

/// Has pictures decoded by a worker, one after another: ``portrait(from:for:)`` is called by one thread.
///
/// A worker is replaced when it has done anything else than answer in time, and after a number of pictures,
/// so that what it may have lost does not add up. It is started for the first picture.
final class PictureDecoder: Sendable {
    private struct State {
        var worker: PictureWorkerProcess?
        var isReady = false
        /// Pictures that the worker has been sent.
        var pictures = 0
        var isClosed = false
    }

    private let program: PictureWorkerProgram
    private let metrics: PictureMetrics
    private let logger: Logger
    private let state = Mutex(State())

    init(_ program: PictureWorkerProgram, metrics: PictureMetrics, logger: Logger) {
        (self.program, self.metrics, self.logger) = (program, metrics, logger)
    }

    private var limits: PictureWorkerLimits { program.limits }

    /// The worker's number, for tests.
    var workerID: Int32? { state.withLock { $0.worker?.processID } }

    /// Makes the portrait of an uploaded file, and blocks meanwhile: for no longer than the limits allow, and
    /// not beyond the job's cancellation or ``close()``.
    ///
    /// - Throws: ``PictureError``, or `CancellationError`.
    func portrait(from file: [UInt8], for job: PictureJob) throws -> [UInt8] {
        do {
            return try job.run(whereCancelled: kill) {
                let worker = try readyWorker()
                return try decode(file, worker)
            }
        } catch let refusal as PictureError {
            if state.withLock({ $0.pictures >= limits.picturesPerWorker }) { discardWorker() }
            throw refusal
        } catch is CancellationError {
            // One that waits for its next picture was not killed.
            if state.withLock({ $0.worker?.isIdle != true }) { discardWorker() }
            throw CancellationError()
        } catch {
            let before = state.withLock { $0 }
            let end = discardWorker()
            if before.isClosed { throw PictureError.busy }
            logger.warning(
                "a picture worker is replaced",
                metadata: [
                    "reason": "\(error)", "end": "\(end ?? "none")", "pictures": "\(before.pictures)",
                ])
            let kind = Self.kind(of: error, wasReady: before.isReady)
            metrics.failed(kind)
            switch kind {
            // It has seen no picture.
            case .start: throw PictureError.unavailable
            case .deadline: throw PictureError.tookTooLong
            // What it has ended of may be another's picture: the next worker has seen none.
            case .crash where before.pictures > 1: return try portrait(from: file, for: job)
            case .crash, .nonsense: throw PictureError.damaged
            }
        }
    }

    private static func kind(of error: any Error, wasReady: Bool) -> PictureMetrics.Failure {
        switch error as? PictureWorkerProcess.Failure {
        case _ where !wasReady: .start
        case .deadline: .deadline
        case .ended: .crash
        case .notStarted, .nonsense, nil: .nonsense
        }
    }

    /// Refuses what comes from now on, and ends what is being decoded. Does not block.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.worker?.kill()
        }
    }

    /// Ends the worker, and returns when it is gone.
    ///
    /// - Returns: how it ended; `nil` where there was none.
    @discardableResult
    func discardWorker() -> String? {
        let worker = state.withLock { state in
            defer { (state.worker, state.isReady, state.pictures) = (nil, false, 0) }
            return state.worker
        }
        return worker?.end()
    }

    private func kill() {
        state.withLock { $0.worker?.kill() }
    }

    /// The worker that is there, or another one.
    private func readyWorker() throws -> PictureWorkerProcess {
        if state.withLock({ $0.isClosed }) { throw PictureError.busy }
        if let worker = state.withLock({ $0.isReady ? $0.worker : nil }) {
            if worker.isIdle { return worker }
            // Killed for want of memory, for instance.
            logger.warning("a picture worker has ended between two pictures")
        }
        discardWorker()
        let worker = try PictureWorkerProcess(program)
        let isWanted = state.withLock { state in
            state.worker = worker
            return !state.isClosed
        }
        guard isWanted else { throw PictureWorkerProcess.Failure.ended }
        let (kind, text) = try worker.receive(by: .now + limits.start) { kind in
            switch kind {
            case .sealed, .unsealed: 0
            case .failed: PictureMessage.maximumTextBytes
            default: nil
            }
        }
        if kind == .failed { throw PictureWorkerProcess.Failure.nonsense(Self.printable(text)) }
        if kind == .unsealed { logger.notice("the kernel can't filter the system calls of picture workers") }
        state.withLock { $0.isReady = true }
        return worker
    }

    private func decode(_ file: [UInt8], _ worker: PictureWorkerProcess) throws -> [UInt8] {
        let deadline = ContinuousClock.now + limits.picture
        state.withLock { $0.pictures += 1 }
        try worker.send(.picture, file, by: deadline)
        let (kind, bytes) = try worker.receive(by: deadline) { kind in
            switch kind {
            case .portrait: PictureMessage.maximumPortraitBytes
            case .failed: PictureMessage.maximumTextBytes
            default: PictureMessage.refusal(kind).map { _ in 0 }
            }
        }
        if let refusal = PictureMessage.refusal(kind) { throw refusal }
        guard kind == .portrait else {
            logger.error("a picture worker fails", metadata: ["reason": "\(Self.printable(bytes))"])
            throw PictureError.unavailable
        }
        guard PictureFormat(sniffing: bytes) == .jpeg else {
            throw PictureWorkerProcess.Failure.nonsense("something else than a portrait")
        }
        if state.withLock({ $0.pictures >= limits.picturesPerWorker }) { discardWorker() }
        return bytes
    }

    /// A text that was written by nobody one can trust, for a log.
    private static func printable(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.map { (0x20...0x7e).contains($0) ? $0 : 0x20 }, as: UTF8.self)
    }
}
