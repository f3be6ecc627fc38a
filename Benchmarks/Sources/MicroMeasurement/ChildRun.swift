import Foundation
import Subprocess
import SystemPackage

/// The most that is kept of what a child says: far more than any of them does.
private let outputLimit = 8 << 20

/// How much of a child's complaint is repeated, in characters.
private let complaintLimit = 500

/// Runs a program to its end, with the same order of Swift's sets and dictionaries each time. Cancelling the task
/// kills it.
///
/// - Parameters:
///   - environment: what it gets besides this process's own; `nil` takes a variable away.
///   - limit: after this time it is killed.
/// - Returns: what it wrote to standard output.
/// - Throws: ``MicroMeasurementError/childFailed(_:reason:)`` where it ends otherwise than with 0, or not in time.
func runChild(
    _ executable: Executable, arguments: [String] = [], environment: [Environment.Key: String?] = [:],
    limit: Duration
) async throws -> String {
    let child = ([executable.description] + arguments).joined(separator: " ")
    let environment = Environment.inherit.updating(environment)
        .updating(["SWIFT_DETERMINISTIC_HASHING": "1"])
    return try await withThrowingTaskGroup(of: String.self) { group in
        group.addTask {
            let result = try await run(
                executable, arguments: Arguments(arguments), environment: environment,
                output: .string(limit: outputLimit), error: .string(limit: outputLimit))
            // A child that was killed with this task has not failed.
            try Task.checkCancellation()
            guard result.terminationStatus.isSuccess else {
                throw MicroMeasurementError.childFailed(
                    child, reason: reason(result.terminationStatus, complaint: result.standardError))
            }
            return result.standardOutput
        }
        group.addTask {
            try await Task.sleep(for: limit)
            throw MicroMeasurementError.childFailed(child, reason: "it took more than \(limit)")
        }
        defer { group.cancelAll() }
        guard let output = try await group.next() else { throw CancellationError() }
        return output
    }
}

private func reason(_ status: TerminationStatus, complaint: String) -> String {
    let end =
        switch status {
        case .exited(let code): "it ended with \(code)"
        case .signaled(let signal): "it was ended by signal \(signal)"
        }
    let last = complaint.trimmingCharacters(in: .whitespacesAndNewlines).suffix(complaintLimit)
    return last.isEmpty ? end : "\(end): \(last)"
}
