import CountCache
import FeedStore

extension CountKey {
    /// The key of a collection's total.
    ///
    /// - Parameter database: whose collection it is. Servers of different databases may share a Redis.
    init(_ collection: FeedCollection, of database: DatabaseIdentity) {
        let name =
            switch collection {
            case .posts: "posts:published"
            case .userPosts(let userID, let status): "users:\(userID):posts:\(status.rawValue)"
            case .users: "users"
            }
        do {
            try self.init(collection: "\(database):\(name)")
        } catch {
            preconditionFailure("the names above are valid: \(error)")
        }
    }
}
