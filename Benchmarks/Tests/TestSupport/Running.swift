/// Something that goes on beside a test, which can wait for its end. It is cancelled when the test lets go of it.
public final class Running<Value: Sendable>: Sendable {
    private let what: String
    private let outcome: Watched<Result<Value, any Error>?>
    private let task: Task<Void, Never>

    /// - Parameter what: what goes on, for the message.
    public init(_ what: String, _ body: @escaping @Sendable () async throws -> Value) {
        let outcome = Watched<Result<Value, any Error>?>(nil) { $0 == nil ? "it goes on" : "it has ended" }
        self.what = what
        self.outcome = outcome
        task = Task {
            do {
                let value = try await body()
                outcome.update { $0 = .success(value) }
            } catch {
                outcome.update { $0 = .failure(error) }
            }
        }
    }

    deinit {
        task.cancel()
    }

    public var hasEnded: Bool { outcome.value != nil }

    public func cancel() {
        task.cancel()
    }

    /// What came of it, when it has ended.
    ///
    /// - Throws: ``WaitFailure`` where it does not end; what it has thrown.
    public func value() async throws -> Value {
        try await outcome.take("the end of \(what)") { $0 }.get()
    }
}
