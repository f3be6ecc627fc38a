import FeedStore

/// A store whose every call throws.
struct FailingStore: Store {
    let error: any Error
    var status = StoreStatus()
    let identity = DatabaseIdentity()

    func pageIfImmediate<Visitor: RowVisitor>(_ query: PageQuery, visitor: inout Visitor) throws -> PageEdges?
    {
        throw error
    }

    func page<Visitor: RowVisitor & Sendable>(
        _ query: PageQuery, visitor: Visitor
    ) async throws -> (visitor: Visitor, edges: PageEdges) { throw error }

    func count(_ collection: FeedCollection, limit: Int?) async throws -> Int { throw error }
    func post(id: Int64, visibleTo reader: Int64?) async throws -> Post? { throw error }
    func user(id: Int64) async throws -> User? { throw error }
    func createPost(userID: Int64, title: String, content: String, status: PostStatus) async throws -> Post? {
        throw error
    }
    func updatePost(id: Int64, changes: PostChanges) async throws -> Post? { throw error }
    func deletePost(id: Int64) async throws -> Bool { throw error }
}
