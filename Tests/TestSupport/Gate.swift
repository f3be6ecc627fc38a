/// Shut until it is opened, once and for all.
public final class Gate: Sendable {
    private let isOpen: Watched<Bool>
    private let name: String

    /// - Parameter name: what has happened when it is open, for the message of a wait that fails.
    public init(_ name: String = "a gate") {
        self.name = name
        isOpen = Watched(false) { $0 ? "open" : "shut" }
    }

    public func open() {
        isOpen.update { $0 = true }
    }

    /// Returns when the gate is open, or when the task is cancelled: then it throws ``WaitFailure``.
    public func pass() async throws {
        try await isOpen.wait(for: name) { $0 }
    }
}
