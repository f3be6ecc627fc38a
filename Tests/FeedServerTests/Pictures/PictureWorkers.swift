import Foundation
import Logging
import Metrics
import TestSupport

@testable import FeedServer

extension PictureWorkerProgram {
    /// The program that was built beside the tests, on a machine that may be very busy.
    static func built() throws -> PictureWorkerProgram {
        var program = feedServer(at: try ChildProcess.product("feed-server"))
        program.limits.start = Patience.standard
        program.limits.picture = Patience.standard
        return program
    }

    /// A shell that plays the worker.
    ///
    /// - Parameters:
    ///   - script: what it does; `$0` is the path of the built program.
    ///   - argument: its `$1`.
    static func script(_ script: String, _ argument: String = "") throws -> PictureWorkerProgram {
        var program = PictureWorkerProgram(
            path: "/bin/sh",
            arguments: ["sh", "-c", script, try ChildProcess.product("feed-server"), argument])
        program.limits = try built().limits
        return program
    }

    /// What a worker says when it is ready, in a script.
    static let ready = "printf '\\001\\000\\000\\000\\000';"
    /// Reads the head of a picture and its first byte, in a script.
    static let readSome = "head -c 6 > /dev/null;"
    /// Never answers, in a script; the shell itself waits.
    static let hang = "sleep 100000; true"

    /// A worker whose first life a script is, and that is the built one from then on.
    ///
    /// - Parameter folder: where it leaves a mark.
    static func built(afterFirst script: String, in folder: TemporaryFolder) throws -> PictureWorkerProgram {
        try .script(
            "if [ -e \"$1\" ]; then exec \"$0\" \(PictureWorker.argument); fi; : > \"$1\"; \(script)",
            folder.path("has-begun"))
    }
}

extension PictureDecoder {
    convenience init(_ program: PictureWorkerProgram) {
        self.init(
            program, metrics: PictureMetrics(factory: NOOPMetricsHandler.instance),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}

extension PortraitMaker {
    /// For a client that nobody else competes with.
    func portrait(from file: [UInt8]) async throws -> [UInt8] {
        try await portrait(from: file, for: .unknown)
    }

    /// One whose pictures are made by the built program.
    static func built() throws -> PortraitMaker {
        PortraitMaker(PictureDecoder(try .built()))
    }
}

extension TestServer {
    /// Instead of the built program, for the servers that a task runs.
    @TaskLocal static var pictureWorker: PictureWorkerProgram?
}

/// Whether there is such a process. One that was killed and not reaped is one, too.
func isProcess(_ number: Int32) -> Bool {
    kill(number, 0) == 0
}
