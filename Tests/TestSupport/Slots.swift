/// Lets a few in at a time; the others wait for their turn.
///
/// Swift Testing starts all tests at once. Some hundreds of servers together have more threads than two
/// cores can serve, and more descriptors than a process may have.
public final class Slots: Sendable {
    /// A test has its turn when others have had theirs, each with waits of its own.
    private static let patience = Patience.standard * 10

    private let free: Watched<Int>

    public init(_ count: Int) {
        free = Watched(count) { "\($0) free" }
    }

    /// - Throws: ``WaitFailure``; what `body` throws.
    public func withSlot<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        try await free.take("a turn", patience: Self.patience) { free -> Void? in
            guard free > 0 else { return nil }
            free -= 1
            return ()
        }
        defer { free.update { $0 += 1 } }
        return try await body()
    }
}
