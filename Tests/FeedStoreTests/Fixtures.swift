import Foundation
import TestSupport

@testable import FeedStore

/// A store in a folder of its own: in memory, unless a test asks for files that are really written.
struct StoreFixture {
    let folder: TemporaryFolder
    let store: SQLiteStore

    init(configuration: SQLiteStore.Configuration = .patient, isInMemory: Bool = true) throws {
        folder = try TemporaryFolder(isInMemory: isInMemory)
        var configuration = configuration
        configuration.firstCredentialVersion = { 1 }
        store = try SQLiteStore(path: folder.path("feed.sqlite"), configuration: configuration)
    }

    /// A store filled with posts of the dates given, in that order; ids ascend from 1, users alternate.
    init(
        dates: [Int64], users: Int = 2, isInMemory: Bool = true, isDraft: (Int) -> Bool = { _ in false }
    ) throws {
        folder = try TemporaryFolder(isInMemory: isInMemory)
        let path = folder.path("feed.sqlite")
        let loader = try BulkLoader(replacing: path)
        try loader.add(users: (1...users).map(Self.user))
        try loader.addPosts { add in
            let text = Array("text".utf8)
            for (index, date) in dates.enumerated() {
                try text.withUnsafeBufferPointer { text in
                    try add(
                        BulkPostColumns(
                            id: Int64(index + 1), userID: Int64(index % users + 1),
                            status: isDraft(index) ? .draft : .published,
                            datePosted: Timestamp(microseconds: date), updatedAt: nil, title: text,
                            content: text))
                }
            }
        }
        try loader.finish()
        store = try SQLiteStore(path: path, configuration: .patient)
    }

    static func user(_ number: Int) -> User {
        User(
            author: Author(id: Int64(number), username: "user\(number)", imageFile: nil),
            email: "user\(number)@example.com")
    }

    func page(_ query: PageQuery) async throws -> (ids: [Int64], edges: PageEdges) {
        let (rows, edges) = try await store.page(query, visitor: RowCollector())
        return (rows.posts.map(\.id) + rows.users.map(\.id), edges)
    }

    /// Steps of the virtual machine that one page costs.
    func virtualMachineSteps(_ query: PageQuery) throws -> Int {
        let steps = try store.readers.immediate { reader, db in
            _ = reader.takeVirtualMachineSteps()
            var rows = RowCollector()
            _ = try reader.page(db, query, visitor: &rows)
            return reader.takeVirtualMachineSteps()
        }
        guard let steps else { throw StoreError(.unavailable, "the store was locked") }
        return steps
    }
}

extension SQLiteStore.Configuration {
    /// For stores of the tests: a read that a busy machine holds up has not failed.
    static var patient: Self {
        var configuration = Self()
        configuration.readDeadline = Patience.standard
        return configuration
    }
}

extension SQLiteStore {
    /// Runs `body` while the writer is held up inside a write of its own. It goes on whatever comes of `body`, and
    /// first with what waits by then.
    func holdingTheWriter<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        let hold = ThreadHold()
        let held = Task { try await writer.write { _ in hold.hold() } }
        let result: Result
        do {
            try await hold.arrived()
            result = try await body()
        } catch {
            hold.release()
            throw error
        }
        hold.release()
        try await held.value
        return result
    }

    /// Returns when so many writes wait for the writer.
    func waitForWaitingWrites(_ count: Int) async throws {
        try await waitUntil("\(count) waiting writes", last: { "\(writer.waitingCount)" }) {
            writer.waitingCount >= count
        }
    }
}
