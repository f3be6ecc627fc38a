import Foundation
public import Subprocess
import SystemPackage

/// A program that ended otherwise than with 0, or not in time.
public struct ChildFailure: Error, Equatable, CustomStringConvertible {
    /// With its arguments.
    public var child: String
    /// How it ended, and the end of what it said.
    public var reason: String

    public var description: String { "\(child) failed: \(reason)" }
}

/// The most that is kept of what a child says: far more than any of them does.
private let outputLimit = 8 << 20

/// How much of a child's complaint is repeated, in characters.
private let complaintLimit = 500

/// Runs a program to its end.
///
/// It has a process group of its own, so that an interrupt from the keyboard reaches this process alone. Cancelling
/// the task kills it with all that it has started.
///
/// - Parameters:
///   - environment: what it gets besides this process's own; `nil` takes a variable away.
///   - input: what it reads from standard input.
///   - limit: after this time it is killed.
/// - Returns: what it wrote to standard output.
/// - Throws: ``ChildFailure``; `SubprocessError` with the code `executableNotFound` where there is no such program;
///   `CancellationError`.
public func runChild(
    _ executable: Executable, arguments: [String] = [], environment: [Environment.Key: String?] = [:],
    input: String = "", limit: Duration
) async throws -> String {
    let child = ([executable.description] + arguments).joined(separator: " ")
    var options = PlatformOptions()
    options.processGroupID = 0
    let childOptions = options
    return try await withThrowingTaskGroup(of: String.self) { group in
        group.addTask {
            let result: ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>
            do {
                result = try await run(
                    executable, arguments: Arguments(arguments),
                    environment: .inherit.updating(environment), platformOptions: childOptions,
                    input: .string(input), output: .string(limit: outputLimit),
                    error: .string(limit: outputLimit))
            } catch {
                // One that is killed before it has read its input has not failed.
                try Task.checkCancellation()
                throw error
            }
            endProcessGroup(result.processIdentifier.value)
            try Task.checkCancellation()
            guard result.terminationStatus.isSuccess else {
                throw ChildFailure(
                    child: child,
                    reason: reason(
                        result.terminationStatus,
                        complaint: result.standardError.isEmpty ? result.standardOutput : result.standardError
                    ))
            }
            return result.standardOutput
        }
        group.addTask {
            try await Task.sleep(for: limit)
            throw ChildFailure(child: child, reason: "it took more than \(limit)")
        }
        defer { group.cancelAll() }
        guard let output = try await group.next() else { throw CancellationError() }
        return output
    }
}

/// Kills what is left of a group whose leader has ended: without it, nobody would.
public func endProcessGroup(_ leader: Int32) {
    // Mostly there is nothing left, and that is right.
    _ = kill(-leader, SIGKILL)
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
