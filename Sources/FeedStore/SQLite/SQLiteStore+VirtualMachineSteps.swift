import GRDB

extension SQLiteStore {
    /// Steps of SQLite's virtual machine (`SQLITE_STMTSTATUS_VM_STEP`,
    /// https://sqlite.org/c3ref/c_stmtstatus_counter.html) that reading a page takes: a cost that does
    /// not depend on the machine, and is the same each time as long as nothing is written.
    ///
    /// It is the read of ``page(_:visitor:)`` with a visitor that looks at nothing. It runs on a thread of
    /// the reader pool whatever the page's cost is, so that a lock only delays it.
    ///
    /// - Throws: ``StoreError``, or `CancellationError` when the task was cancelled.
    public func virtualMachineSteps(reading query: PageQuery) async throws -> Int {
        try await readers.waiting { reader, db in
            _ = reader.takeVirtualMachineSteps()
            var visitor = IgnoringVisitor()
            _ = try reader.page(db, query, visitor: &visitor)
            return reader.takeVirtualMachineSteps()
        }
    }

    /// Steps of SQLite's virtual machine that counting a whole collection takes, see
    /// ``virtualMachineSteps(reading:)``.
    ///
    /// - Throws: ``StoreError``, or `CancellationError` when the task was cancelled.
    public func virtualMachineSteps(counting collection: FeedCollection) async throws -> Int {
        try await readers.waiting { reader, db in
            _ = reader.takeVirtualMachineSteps()
            _ = try reader.count(db, collection, limit: nil)
            return reader.takeVirtualMachineSteps()
        }
    }

    /// Steps of SQLite's virtual machine that reading a single post takes, see
    /// ``virtualMachineSteps(reading:)``.
    ///
    /// - Throws: ``StoreError``, or `CancellationError` when the task was cancelled.
    public func virtualMachineSteps(readingPost id: Int64, visibleTo user: Int64?) async throws -> Int {
        try await readers.waiting { reader, db in
            _ = reader.takeVirtualMachineSteps()
            _ = try reader.post(db, id: id, visibleTo: user)
            return reader.takeVirtualMachineSteps()
        }
    }
}

/// Looks at no row.
private struct IgnoringVisitor: RowVisitor {
    mutating func visit(_ row: borrowing PostRow) {}
    mutating func visit(_ row: borrowing UserRow) {}
    mutating func reverse() {}
}
