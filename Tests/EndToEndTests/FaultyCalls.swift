import Foundation
import TestSupport

/// Lets system calls of a `feed-server` fail that concern the files in a folder: see `Tests/FaultyCalls`.
struct FaultyCalls: Sendable {
    /// `io`, `full`, `short` or `kill`.
    static let faults = ["io", "full", "short", "kill"]

    private static let source = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "FaultyCalls/faulty_calls.c")

    /// Where the server's files lie.
    let folder: TemporaryFolder
    private let control: TemporaryFolder
    private var plan: String { control.path("plan") }

    /// Builds the library, with the compiler that comes with Swift's.
    init() async throws {
        folder = try TemporaryFolder(isInMemory: true)
        // A library can't be loaded from every file system in memory.
        control = try TemporaryFolder()
        let report = try await ChildProcess.run(
            "clang",
            ["-shared", "-fPIC", "-O1", "-Wall", "-o", control.path("faulty.so"), Self.source.path])
        guard report.end == .exited(0) else {
            throw ChildProcess.Failure(description: "clang builds no library: \(report.errors)")
        }
    }

    /// Of a server that is to have the faults.
    var environment: [String: String] {
        [
            "LD_PRELOAD": control.path("faulty.so"), "FAULTY_PLAN": plan,
            "FAULTY_FOLDER": folder.url.resolvingSymlinksInPath().path,
        ]
    }

    /// Lets a call fail.
    ///
    /// - Parameters:
    ///   - call: its number from now on, counted from 0.
    ///   - isLasting: whether all from it on fail.
    ///   - part: what the path of the file holds; `-` for any.
    func arm(_ fault: String, call: Int, isLasting: Bool = false, part: String = "-") throws {
        let line = "\(fault) \(call) \(isLasting ? "lasting" : "once") \(part)\n"
        // At once as a whole: a server reads it again and again.
        try Data(line.utf8).write(to: URL(filePath: plan), options: .atomic)
    }

    /// Lets every call succeed from now on.
    ///
    /// - Returns: the call that failed first, or `nil` where none has.
    func heal() throws -> String? {
        try FileManager.default.removeItem(atPath: plan)
        let report = "\(plan).failed"
        guard let text = FileManager.default.contents(atPath: report) else { return nil }
        try FileManager.default.removeItem(atPath: report)
        return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
