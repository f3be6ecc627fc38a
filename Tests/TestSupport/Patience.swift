import Foundation

/// How long the tests wait for anything before they say that it does not come.
///
/// It is a guard against hanging, not a claim about speed: minutes, because a busy machine is slow and has not failed.
public enum Patience {
    /// Three minutes, or as many seconds as `TEST_PATIENCE` says.
    public static let standard: Duration = {
        let seconds = ProcessInfo.processInfo.environment["TEST_PATIENCE"].flatMap { Int64($0) }
        return .seconds(seconds ?? 180)
    }()
}

/// What was waited for did not come.
public struct WaitFailure: Error, CustomStringConvertible {
    public enum Reason: Sendable {
        case patienceIsOver(Duration)
        /// By the test's time limit, or because another part of the test has failed.
        case cancelled
    }

    public let what: String
    public let reason: Reason
    /// What was seen at the end: a child's last output, for instance.
    public let last: String

    public var description: String {
        let end =
            switch reason {
            case .patienceIsOver(let patience): "\(what): not within \(patience)"
            case .cancelled: "\(what): cancelled while waiting for it"
            }
        return last.isEmpty ? end : "\(end); last seen: \(last)"
    }

    init(_ what: String, _ reason: Reason, last: String) {
        self.what = what
        self.reason = reason
        self.last = String(last.suffix(3_000))
    }
}

/// Waits for a condition that can only be asked for again and again: another process's state, for instance. What can
/// tell of its change is waited for with ``Watched``.
///
/// - Parameters:
///   - what: what is waited for, for the message.
///   - last: what is seen at the end, for the message.
/// - Throws: ``WaitFailure``, also when the task is cancelled; what `condition` throws.
public func waitUntil(
    _ what: String, patience: Duration = Patience.standard, last: () -> String = { "" },
    isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + patience
    var pause = Duration.milliseconds(1)
    while try await !condition() {
        guard ContinuousClock.now < end else {
            throw WaitFailure(what, .patienceIsOver(patience), last: last())
        }
        do {
            try await Task.sleep(for: pause)
        } catch {
            throw WaitFailure(what, .cancelled, last: last())
        }
        pause = min(pause * 2, .milliseconds(50))
    }
}
