import Foundation

/// A thread of the tests' own that does one thing after the other.
///
/// `@unchecked Sendable`: `work` is guarded by `condition`.
final class TestThread: @unchecked Sendable {
    private let condition = NSCondition()
    private var work: [@Sendable () -> Void] = []

    /// The thread lives as long as the process.
    init(name: String) {
        let thread = Thread { [self] in
            while true {
                condition.lock()
                while work.isEmpty { condition.wait() }
                let next = work.removeFirst()
                condition.unlock()
                next()
            }
        }
        thread.name = name
        thread.start()
    }

    func run(_ body: @escaping @Sendable () -> Void) {
        condition.lock()
        work.append(body)
        condition.signal()
        condition.unlock()
    }
}

/// Does something that can wait (a read, a wait for a child) on a thread of its own, never on one of Swift
/// concurrency's, of which two cores have two.
///
/// - Parameter what: what is done, for the message.
/// - Throws: ``WaitFailure`` where it does not end; the thread is then left behind. What `body` throws.
public func onThread<Result: Sendable>(
    _ what: String, patience: Duration = Patience.standard, _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
    let outcome = Watched<Swift.Result<Result, any Error>?>(nil) { _ in "it has not ended" }
    let thread = Thread {
        let result = Swift.Result { try body() }
        outcome.update { $0 = result }
    }
    thread.start()
    return try await outcome.take(what, patience: patience) { $0 }.get()
}
