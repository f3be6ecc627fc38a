/// One step of a request's way, which is timed and counted by repeating it.
public struct MicroOperation: Sendable {
    /// Its name in every report and in the file of thresholds.
    public let name: String

    private let make: @Sendable (_ folder: String) async throws -> Prepared

    /// - Parameters:
    ///   - name: tells the step to a reader who knows the server, not the code.
    ///   - make: makes what the step works on.
    init(_ name: String, make: @escaping @Sendable (_ folder: String) async throws -> Prepared) {
        self.name = name
        self.make = make
    }

    /// Makes what the step works on.
    ///
    /// - Parameter folder: empty, for this operation alone, and there until the operation was closed.
    public func prepare(folder: String) async throws -> Prepared {
        try await make(folder)
    }

    /// An operation with what it works on.
    public struct Prepared: Sendable {
        private let body: @Sendable (_ count: Int) async throws -> Int
        private let end: @Sendable () async throws -> Void

        /// - Parameters:
        ///   - body: does the step a number of times, and returns a sum over the results.
        ///   - end: lets go of what was made.
        init(
            body: @escaping @Sendable (_ count: Int) async throws -> Int,
            end: @escaping @Sendable () async throws -> Void = {}
        ) {
            self.body = body
            self.end = end
        }

        /// Does the step a number of times.
        ///
        /// - Returns: a sum over the results, which is never zero. It depends on every one of them, so that no
        ///   compiler can leave a step out; whoever measures looks at it, to know that the steps did something.
        public func repeated(_ count: Int) async throws -> Int {
            try await body(count)
        }

        /// Lets go of what was made. To be called once, behind the last use.
        public func close() async throws {
            try await end()
        }
    }
}

/// A step did not do what it is there for, so that its cost means nothing.
struct OperationFailed: Error, CustomStringConvertible {
    let description: String
}
