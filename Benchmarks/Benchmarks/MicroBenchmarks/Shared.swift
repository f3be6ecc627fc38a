import Foundation
import MicroOperations

/// Made when it is first asked for, once for all samples.
actor Shared<Value: Sendable> {
    private let make: @Sendable () async throws -> Value
    private var made: Value?

    init(_ make: @escaping @Sendable () async throws -> Value) {
        self.make = make
    }

    /// The benchmark's samples ask for it one after the other.
    func value() async throws -> Value {
        if let made { return made }
        let value = try await make()
        made = value
        return value
    }
}

/// An operation with a folder of its own, made when it is first asked for.
actor PreparedOperation {
    private let operation: MicroOperation
    private let folder = FileManager.default.temporaryDirectory.appending(path: "micro-\(UUID().uuidString)")
    private var prepared: MicroOperation.Prepared?

    init(_ operation: MicroOperation) {
        self.operation = operation
    }

    /// The benchmark's samples ask for it one after the other.
    func value() async throws -> MicroOperation.Prepared {
        if let prepared { return prepared }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let made = try await operation.prepare(folder: folder.path)
        prepared = made
        return made
    }

    /// Lets go of the operation, and removes its folder.
    func close() async throws {
        guard let prepared else { return }
        self.prepared = nil
        try await prepared.close()
        try FileManager.default.removeItem(at: folder)
    }
}
